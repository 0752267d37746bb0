"""Blob storage for build sources and logs: signed addresses that run out, whole and block uploads, ranged reads.

A blob is a file below ``<home>/acr/_blobs/<container>/``; its metadata is a document of the table ``acr_blobs``.
The protocol is Azure Storage's as far as its Python client uses it (x-ms-version 2025 and earlier).
"""

import base64
import hashlib
import hmac
import re
import secrets
import shutil
import time
from pathlib import Path
from urllib.parse import quote, urlencode

from sandbox.acr.contents import digest_of
from sandbox.home import Home
from sandbox.world import World

_SAFE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*(?:/[A-Za-z0-9][A-Za-z0-9._-]*)*")


def _key(world: World) -> bytes:
    table = world.store.table("acr_secrets", quiet=True)
    if "blobs" not in table:
        table["blobs"] = {"key": secrets.token_hex(32)}
    return bytes.fromhex(table["blobs"]["key"])


def _signature(world: World, path: str, expiry: str, permissions: str) -> str:
    text = "\n".join((permissions, expiry, path)).encode()
    return base64.b64encode(hmac.new(_key(world), text, hashlib.sha256).digest()).decode()


def signed_url(world: World, container: str, name: str, permissions: str, lifetime_s: int = 3600) -> str:
    """An address of the blob that works for ``lifetime_s``; ``permissions`` of ``r`` (read) and ``w`` (write)."""
    path = f"{container}/{name}"
    expiry = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + lifetime_s))
    query = {
        "sv": "2024-11-04", "se": expiry, "sr": "b", "sp": permissions,
        "sig": _signature(world, path, expiry, permissions),
    }  # fmt: skip
    return f"{world.url}/blobs/{quote(path)}?{urlencode(query)}"


def permitted(world: World, path: str, query: dict[str, str], permission: str) -> bool:
    """Whether the query carries a signature for ``path`` that still holds and gives ``permission``."""
    expiry, permissions = query.get("se", ""), query.get("sp", "")
    right = hmac.compare_digest(query.get("sig", ""), _signature(world, path, expiry, permissions))
    now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    return right and expiry > now and permission in permissions


class Blob:
    """One blob, there or not. ``name`` may have folders; it cannot leave its container."""

    def __init__(self, world: World, path: str) -> None:
        if not _SAFE.fullmatch(path):
            raise ValueError(f"no blob can be called {path!r}")
        self._table = world.store.table("acr_blobs", quiet=True)
        self._path = path
        self.file: Path = Home(world.home).registries / "_blobs" / path
        self._blocks = self.file.with_name(self.file.name + ".blocks")

    @property
    def exists(self) -> bool:
        return self.file.is_file()

    @property
    def metadata(self) -> dict[str, str]:
        return dict(self._table.get(self._path, {}))

    def write(self, content: bytes, **metadata: str) -> None:
        """Replace the blob and its metadata."""
        self.file.parent.mkdir(parents=True, exist_ok=True)
        self.file.write_bytes(content)
        self._table[self._path] = metadata

    def put_block(self, block_id: str, content: bytes) -> None:
        """Keep a part of the blob to come."""
        self._blocks.mkdir(parents=True, exist_ok=True)
        (self._blocks / digest_of(block_id.encode())[7:]).write_bytes(content)

    def commit(self, block_ids: list[str]) -> bool:
        """Make the blob of its blocks, in this order. False if one of them was never put."""
        parts = [self._blocks / digest_of(block_id.encode())[7:] for block_id in block_ids]
        if not all(part.is_file() for part in parts):
            return False
        self.write(b"".join(part.read_bytes() for part in parts))
        if self._blocks.exists():
            shutil.rmtree(self._blocks)
        return True

    def delete(self) -> None:
        self.file.unlink(missing_ok=True)
        self._table.pop(self._path, None)

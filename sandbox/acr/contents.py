"""What a registry holds: blobs by digest on disk, manifests and tags by repository in the store.

A manifest's document: digest, mediaType, imageSize, createdTime, lastUpdateTime, architecture, os, configMediaType
(the keys of ACR's own metadata API). A tag's: name, digest, createdTime, lastUpdateTime. Times are UTC, ISO 8601.
"""

import hashlib
import json
import shutil
from datetime import UTC, datetime
from pathlib import Path

from sandbox.acr.references import is_digest
from sandbox.home import Home
from sandbox.store import Document
from sandbox.world import World

OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"


class MissingBlob(LookupError):
    """A manifest names a blob (``args[0]``: its digest) that the registry does not have."""


def digest_of(content: bytes) -> str:
    return "sha256:" + hashlib.sha256(content).hexdigest()


def now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def folder_of(world: World, registry: str) -> Path:
    """The registry's folder on disk: blobs, uploads, and a folder for each image built here."""
    return Home(world.home).registries / registry.lower()


class Contents:
    """The repositories of the registry called ``registry``."""

    def __init__(self, world: World, registry: str) -> None:
        self._prefix = f"{registry.lower()}/"
        self.folder = folder_of(world, registry)
        self._manifests = world.store.table("acr_manifests")
        self._tags = world.store.table("acr_tags")

    # blobs

    def blob(self, digest: str) -> Path | None:
        """The blob's file, None when there is none of that digest."""
        path = self._blob_path(digest)
        return path if is_digest(digest) and path.is_file() else None

    @property
    def size(self) -> int:
        """Bytes of all blobs."""
        return sum(path.stat().st_size for path in (self.folder / "blobs").glob("*"))

    def put_blob(self, content: bytes) -> str:
        digest = digest_of(content)
        path = self._blob_path(digest)
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            partial = path.with_suffix(".partial")
            partial.write_bytes(content)
            partial.rename(path)
        return digest

    def _blob_path(self, digest: str) -> Path:
        return self.folder / "blobs" / digest.replace(":", "-")

    def image_folder(self, digest: str) -> Path:
        """Where an image that was built here keeps its ``context`` and its files (``root``)."""
        return self.folder / digest.replace(":", "-")

    # manifests and tags

    def put_manifest(self, repository: str, content: bytes, media_type: str, tag: str = "") -> str:
        """Keep a manifest, tag it when ``tag`` is given, and return its digest. Raises MissingBlob."""
        manifest = json.loads(content)
        config = manifest.get("config") or {}
        parts = [part for part in [config, *manifest.get("layers", [])] if part]
        for part in parts:
            if self.blob(part["digest"]) is None:
                raise MissingBlob(part["digest"])
        digest = self.put_blob(content)
        key = f"{self._prefix}{repository}@{digest}"
        if key not in self._manifests:
            self._manifests[key] = {
                "repository": repository, "digest": digest, "mediaType": media_type,
                "imageSize": len(content) + sum(part.get("size", 0) for part in parts),
                "createdTime": now(), "lastUpdateTime": now(),
                "configMediaType": config.get("mediaType", ""), **self._platform(config),
            }  # fmt: skip
        if tag:
            tag_key = f"{self._prefix}{repository}:{tag}"
            created = self._tags.get(tag_key, {}).get("createdTime", now())
            self._tags[tag_key] = {
                "repository": repository, "name": tag, "digest": digest,
                "createdTime": created, "lastUpdateTime": now(),
            }  # fmt: skip
        return digest

    def _platform(self, config: Document) -> Document:
        if "image" not in config.get("mediaType", ""):
            return {"architecture": "", "os": ""}
        described = json.loads(self._blob_path(config["digest"]).read_bytes())
        return {"architecture": described.get("architecture", ""), "os": described.get("os", "")}

    def manifest(self, repository: str, reference: str) -> Document | None:
        """The manifest's document by digest or by tag."""
        digest = reference
        if not is_digest(reference):
            tag = self._tags.get(f"{self._prefix}{repository}:{reference}")
            digest = tag["digest"] if tag else ""
        return self._manifests.get(f"{self._prefix}{repository}@{digest}")

    def content(self, digest: str) -> bytes:
        """The bytes of a blob or manifest that is known to be there."""
        return self._blob_path(digest).read_bytes()

    def repositories(self) -> list[str]:
        return sorted({manifest["repository"] for key, manifest in self._manifests.items() if self._mine(key)})

    def manifests(self, repository: str) -> list[Document]:
        """Its manifests with their tags under ``tags``, by digest."""
        tags = self.tags(repository)
        held = [m for key, m in self._manifests.items() if self._mine(key) and m["repository"] == repository]
        return [
            manifest | {"tags": [tag["name"] for tag in tags if tag["digest"] == manifest["digest"]]}
            for manifest in sorted(held, key=lambda manifest: manifest["digest"])
        ]

    def tags(self, repository: str) -> list[Document]:
        held = [tag for key, tag in self._tags.items() if self._mine(key) and tag["repository"] == repository]
        return sorted(held, key=lambda tag: tag["name"])

    def untag(self, repository: str, tag: str) -> bool:
        """Take the tag away, keep its manifest. False when there is no such tag."""
        return self._tags.pop(f"{self._prefix}{repository}:{tag}", None) is not None

    def delete_manifest(self, repository: str, digest: str) -> bool:
        """Take a manifest and its tags away. False when there is no such manifest."""
        for tag in self.tags(repository):
            if tag["digest"] == digest:
                self.untag(repository, tag["name"])
        return self._manifests.pop(f"{self._prefix}{repository}@{digest}", None) is not None

    def clear(self) -> None:
        """Forget everything: the registry is deleted."""
        for table in (self._manifests, self._tags):
            for key in [key for key in table if self._mine(key)]:
                del table[key]
        if self.folder.exists():
            shutil.rmtree(self.folder)

    def _mine(self, key: str) -> bool:
        return key.startswith(self._prefix)

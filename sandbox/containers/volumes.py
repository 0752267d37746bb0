"""A pod's volumes as folders on this machine, kept up to date: its tokens, secrets, config maps and empty folders."""

import posixpath
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sandbox import tls
from sandbox.containers import sources
from sandbox.controllers.controller import Cluster
from sandbox.home import Home
from sandbox.kube import issuer
from sandbox.store import Document

#: After which share of its life a token is replaced, as the kubelet does.
RENEWED_AFTER = 0.8
#: Volumes whose files come from the cluster; the others are folders that the pod fills.
_FILLED = ("projected", "secret", "configMap", "downwardAPI")


@dataclass(frozen=True)
class Mounts:
    """Where a container's mount paths are on this machine. ``scratch`` is a folder of the pod's own."""

    places: tuple[tuple[str, Path], ...]
    scratch: Path

    def real(self, text: str) -> str:
        """A path at or below a mount as it is here; any other text as it is."""
        for mount, place in self.places:
            if text == mount or text.startswith(f"{mount}/"):
                return f"{place}{text[len(mount) :]}"
        return text


@dataclass(frozen=True)
class _Token:
    text: bytes
    renewed_at: float


class Volumes:
    """The volumes of one pod below ``<home>/pods/<uid>``. Files can be read by their owner alone."""

    def __init__(self, cluster: Cluster, pod: Document) -> None:
        self._cluster, self._pod = cluster, pod
        self.folder = Home(cluster.world.home).pods / pod["metadata"]["uid"]
        self._tokens: dict[tuple[str, str], _Token] = {}

    def mounts(self, container: Document) -> Mounts:
        """Where the container finds them; the deepest mount path first."""
        places = [
            (mount["mountPath"].rstrip("/"), self._of(mount["name"]) / mount.get("subPath", "").lstrip("/"))
            for mount in container.get("volumeMounts") or []
        ]
        return Mounts(tuple(sorted(places, key=lambda place: -len(place[0]))), self.folder / "scratch")

    def write(self) -> None:
        """Bring all files up to date; renew tokens that are old enough."""
        (self.folder / "scratch").mkdir(parents=True, exist_ok=True)
        self.folder.chmod(0o700)
        for volume in self._pod["spec"].get("volumes") or []:
            place = self._of(volume["name"])
            place.mkdir(parents=True, exist_ok=True)
            wanted = dict(self._contents(volume))
            if any(kind in volume for kind in _FILLED):
                _bring(place, wanted)

    def remove(self) -> None:
        """Take everything away: the pod is gone."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _of(self, volume: str) -> Path:
        return self.folder / "volumes" / volume

    def _contents(self, volume: Document) -> Iterator[tuple[str, bytes]]:
        """(path, content) of what a volume is made from."""
        projected = (volume.get("projected") or {}).get("sources") or []
        for source in (volume, *projected):
            for kind, resource in (("secret", "secrets"), ("configMap", "configmaps")):
                if part := source.get(kind):
                    yield from self._copied(resource, part)
            for item in (source.get("downwardAPI") or {}).get("items") or []:
                if item.get("fieldRef"):
                    yield item["path"], sources.field(self._pod, item["fieldRef"]["fieldPath"]).encode()
            if token := source.get("serviceAccountToken"):
                yield from self._token(volume["name"], token)

    def _copied(self, resource: str, part: Document) -> Iterator[tuple[str, bytes]]:
        name = part.get("secretName") or part.get("name", "")
        held = sources.values(self._cluster, resource, self._pod["metadata"]["namespace"], name)
        paths = {item["key"]: item["path"] for item in part.get("items") or []} or {key: key for key in held}
        yield from ((path, held[key]) for key, path in paths.items() if key in held)

    def _token(self, volume: str, asked: Document) -> Iterator[tuple[str, bytes]]:
        key, cluster = (volume, asked["path"]), self._cluster
        held = self._tokens.get(key)
        namespace, name = self._pod["metadata"]["namespace"], self._pod["spec"].get("serviceAccountName", "default")
        account = cluster.objects.find("serviceaccounts", namespace, name)
        if account and (held is None or time.time() >= held.renewed_at):
            lifetime_s = asked.get("expirationSeconds") or 3600
            audiences = [asked["audience"]] if asked.get("audience") else []
            signed, expiry = issuer.service_account_token(
                cluster.world, cluster.record, account, audiences=audiences, lifetime_s=lifetime_s, pod=self._pod
            )
            held = _Token(signed.encode(), expiry - lifetime_s * (1 - RENEWED_AFTER))
            self._tokens[key] = held
        if held:
            yield asked["path"], held.text


def _bring(place: Path, wanted: dict[str, bytes]) -> None:
    """Make a folder hold these files and no others."""
    files = {place / posixpath.normpath(f"/{path}").lstrip("/"): content for path, content in wanted.items()}
    for stale in [path for path in place.rglob("*") if path.is_file() and path not in files]:
        stale.unlink()
    for path, content in files.items():
        if not path.exists() or path.read_bytes() != content:
            path.parent.mkdir(parents=True, exist_ok=True)
            tls.private(path, content)

"""The folder of one sandbox: what lies where. Only the standard library, so that ``status`` is quick."""

import os
import shutil
from dataclasses import dataclass
from pathlib import Path


def lab_home() -> Path:
    """``$AKS_LAB_HOME``, else ``.lab`` in the working folder."""
    return Path(os.environ.get("AKS_LAB_HOME") or ".lab").absolute()


@dataclass(frozen=True)
class Home:
    """Paths below ``root``, which is absolute."""

    root: Path

    @property
    def state(self) -> Path:
        """The SQLite file of all tables."""
        return self.root / "state.db"

    @property
    def endpoint(self) -> Path:
        """Where the running process answers: ``{"url", "pid", "identity_header"}``; there while it runs."""
        return self.root / "endpoint.json"

    @property
    def log(self) -> Path:
        """Standard output and error of a detached sandbox."""
        return self.root / "sandbox.log"

    @property
    def requests(self) -> Path:
        return self.root / "requests.jsonl"

    @property
    def tls(self) -> Path:
        return self.root / "tls"

    @property
    def bin(self) -> Path:
        """Programs for whoever talks to it."""
        return self.root / "bin"

    @property
    def azure(self) -> Path:
        """az's configuration folder, signed in as the operator."""
        return self.root / "azure"

    @property
    def kubeconfig(self) -> Path:
        return self.root / "kubeconfig"

    @property
    def kube_cache(self) -> Path:
        return self.root / "kube-cache"

    @property
    def helm(self) -> Path:
        return self.root / "helm"

    @property
    def registries(self) -> Path:
        """What container registries hold, and the blobs of their builds."""
        return self.root / "acr"

    @property
    def pods(self) -> Path:
        """Volumes of the pods that have processes."""
        return self.root / "pods"

    @property
    def starting(self) -> Path:
        """Locked by who starts, stops or resets the sandbox."""
        return self.root / ".starting.lock"

    @property
    def serving(self) -> Path:
        """Locked by the sandbox's process for as long as it lives."""
        return self.root / ".serving.lock"

    def clear(self) -> None:
        """Delete what a sandbox has written, and nothing else that may lie in the folder."""
        for path in (self.tls, self.bin, self.azure, self.kube_cache, self.helm, self.registries, self.pods):
            if path.exists():
                shutil.rmtree(path)
        files = [self.endpoint, self.log, self.requests, self.kubeconfig]
        for path in [*files, *self.root.glob(f"{self.state.name}*")]:
            path.unlink(missing_ok=True)

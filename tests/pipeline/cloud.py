"""A sandbox reached as one reaches Azure: a cloud that az is told of, a service connection, an entrance."""

from __future__ import annotations

import json
import os
import random
import shutil
import socket
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from agents import Agents, Connection
from client_shell import PROJECT, kubelogin_in, sandbox


@dataclass(frozen=True)
class Cloud:
    """``ingress`` is where the hosts of its clusters are served, ``shell`` what an operator's shell has set."""

    home: Path
    url: str
    ingress: str
    shell: dict[str, str]

    @classmethod
    def start(cls, home: Path, pace: float = 0) -> Cloud:
        port = _free_port()
        described = json.loads(sandbox("start", "--home", home, "--ingress-port", str(port), "--pace", str(pace)))
        assert described["ingress"] == {"port": port}
        return cls(home, described["url"], f"127.0.0.1:{port}", described["env"])

    def stop(self) -> None:
        sandbox("stop", "--home", self.home)

    def environment(self, name: str) -> dict[str, Any]:
        """The sandbox's environment as one on Azure."""
        given = yaml.safe_load((PROJECT / "config/sandbox.yaml").read_text())
        del given["sandbox"]
        entrance = {"address": self.ingress, "roots": str(self.home / "tls/letsencrypt-staging.pem")}
        return given | {"name": name, "entrance": entrance}

    def agents(self, repository: Path, folder: Path) -> Agents:
        """Agents that have the clients, trust this cloud, and sign in as its operator."""
        trust = str(self.home / "tls/ca-bundle.pem")
        environ = {
            **{name: value for name, value in os.environ.items() if name != "AKS_LAB_HOME"},
            "AZURE_CORE_INSTANCE_DISCOVERY": "false",
            "AZURE_CORE_COLLECT_TELEMETRY": "0",
            "REQUESTS_CA_BUNDLE": trust,
            "SSL_CERT_FILE": trust,
        }
        pool = Agents(repository, folder, environ, self._connection())
        kubelogin_in(pool.image)
        return pool

    def _connection(self) -> Connection:
        """Its operator, whom its own issuer vouches for."""
        (operator,) = json.loads((self.home / "azure/service_principal_entries.json").read_text())
        (subscription,) = json.loads((self.home / "azure/azureProfile.json").read_text())["subscriptions"]
        client, assertion = operator["client_id"], operator["client_assertion"]
        name = yaml.safe_load((PROJECT / "config/pipeline.yaml").read_text())["connection"]
        return Connection(name, self.url, client, operator["tenant"], subscription["id"], assertion)


@dataclass(frozen=True)
class Repository:
    """A copy of the project, whose files in config/ are one's own."""

    root: Path

    @classmethod
    def at(cls, root: Path) -> Repository:
        left = (".git", ".lab", ".venv", "tests", "__pycache__", ".*_cache", ".hypothesis", "build")
        shutil.copytree(PROJECT, root, ignore=shutil.ignore_patterns(*left))
        return cls(root)

    def config(self, name: str, content: dict[str, Any]) -> None:
        (self.root / "config" / f"{name}.yaml").write_text(yaml.safe_dump(content, sort_keys=False))

    def inv(self, *words: str) -> str:
        """What `inv` says; it has to succeed."""
        command = [sys.executable, "-m", "invoke", *words]
        ended = subprocess.run(command, cwd=self.root, stdin=subprocess.DEVNULL, capture_output=True, text=True)
        assert ended.returncode == 0, ended.stdout + ended.stderr
        return ended.stdout


def _free_port() -> int:
    """Below those that systems give to outgoing connections: it has to be free until there is an ingress."""
    for port in random.sample(range(10_000, 20_000), 50):
        with socket.socket() as tried:
            if tried.connect_ex(("127.0.0.1", port)):
                return port
    raise AssertionError("fifty ports are taken")

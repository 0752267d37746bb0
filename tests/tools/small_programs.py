"""Programs small enough to be fetched in a test, an index of packages on disk, and a project that wants them."""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[2]

TASKS = """
from engine.step import step
from steps import toolbox

tools = step(toolbox.tools)
"""

#: What each of them prints when it is asked for its version, as the real ones do.
SAYS = {
    "az": '{{"azure-cli": "{0}"}}',
    "kubectl": '{{"clientVersion": {{"gitVersion": "v{0}"}}}}',
    "helm": "v{0}+g05fa379",
}


def script(name: str, version: str) -> bytes:
    """A program that knows nothing but its version."""
    return f"#!/bin/sh\ncat <<'END'\n{SAYS[name].format(version)}\nEND\n".encode()


def nested(programs: dict[str, bytes]) -> bytes:
    """A .tgz that holds layer.zip, which holds the programs: as the wheel of kubectl and helm does."""
    layer, outer = io.BytesIO(), io.BytesIO()
    with zipfile.ZipFile(layer, "w") as zipped:
        for name, content in programs.items():
            zipped.writestr(f"{name}/{name}", content)
    with tarfile.open(fileobj=outer, mode="w:gz") as tar:
        member = tarfile.TarInfo("package/layer.zip")
        member.size = len(layer.getvalue())
        tar.addfile(member, io.BytesIO(layer.getvalue()))
    return outer.getvalue()


class Index:
    """A package index in a folder, in the form that pip and uv read from file:// addresses."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.url = f"{folder.as_uri()}/simple"
        (folder / "simple").mkdir(parents=True)

    def add(self, name: str, version: str, files: dict[str, bytes]) -> str:
        """A wheel with these files; returns its SHA-256."""
        info = f"{name}-{version}.dist-info"
        files = files | {
            f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n".encode(),
            f"{info}/WHEEL": b"Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        }
        record = "".join(f"{path},,\n" for path in [*files, f"{info}/RECORD"])
        page = self.folder / "simple" / name
        page.mkdir()
        wheel = page / f"{name}-{version}-py3-none-any.whl"
        with zipfile.ZipFile(wheel, "w") as zipped:
            for path, content in {**files, f"{info}/RECORD": record.encode()}.items():
                zipped.writestr(path, content)
        (page / "index.html").write_text(f'<!doctype html><a href="{wheel.name}">{wheel.name}</a>')
        return hashlib.sha256(wheel.read_bytes()).hexdigest()


class SmallProject:
    """A project with a `tools` step, whose az, kubectl and helm come from an index of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.lab = folder / "project", folder / "lab"
        self.index = Index(folder / "index")
        self.path: list[Path] = []
        (self.folder / "config").mkdir(parents=True)
        # A PATH on which the machine's own az, kubectl and helm are not.
        self.basics = folder / "basics"
        self.basics.mkdir()
        for name in ("sh", "cat", "sleep"):
            (self.basics / name).symlink_to(str(shutil.which(name)))
        (self.folder / "tasks.py").write_text(TASKS)
        for name in ("invoke.yaml", "config/sandbox.yaml"):
            (self.folder / name).write_text((ROOT / name).read_text())
        self.releases = self._releases()

    def _releases(self) -> dict[str, dict]:
        releases = yaml.safe_load((ROOT / "config/tools.yaml").read_text())
        az = {"azcli/__init__.py": b"", "azcli/__main__.py": b"""print('{"azure-cli": "2.91.0"}')\n"""}
        programs = {"kubectl": script("kubectl", "1.34.5"), "helm": script("helm", "4.1.4")}
        az_sha256 = self.index.add("azcli", "2.91.0", az)
        layer_sha256 = self.index.add("layer", "1.0", {"layer/layer.tgz": nested(programs)})
        (self.folder / "config/az.lock").write_text(f"azcli==2.91.0 --hash=sha256:{az_sha256}\n")
        releases["az"]["copies"] = {"any": {"lock": "config/az.lock", "module": "azcli", "compiled": ["azcli"]}}
        for name, content in programs.items():
            releases[name]["copies"] = {
                "any": {
                    "wheel": "layer==1.0",
                    "wheel_sha256": layer_sha256,
                    "member": ["layer/layer.tgz", "package/layer.zip", f"{name}/{name}"],
                    "sha256": hashlib.sha256(content).hexdigest(),
                }
            }
        return releases

    def put_on_path(self, name: str, content: bytes) -> Path:
        """A folder more on PATH, before the system's, with this program in it."""
        folder = self.folder / f"path{len(self.path)}"
        folder.mkdir()
        program = folder / name
        program.write_bytes(content)
        program.chmod(0o755)
        self.path.append(folder)
        return program

    def command(self, *words: str, **env: str) -> dict:
        """What subprocess needs for `inv`, in an environment with nothing else in it."""
        (self.folder / "config/tools.yaml").write_text(yaml.safe_dump(self.releases))
        clean = {
            "PATH": os.pathsep.join(map(str, [*self.path, self.basics])),
            "HOME": str(self.folder.parent / "home"),
            "AKS_LAB_HOME": str(self.lab),
            "PYTHONPATH": str(ROOT),
            "PIP_INDEX_URL": self.index.url,
            "PIP_CONFIG_FILE": os.devnull,
        }
        argv = [sys.executable, "-m", "invoke", *words]
        return {"args": argv, "cwd": self.folder, "env": clean | env, "text": True, "stdin": subprocess.DEVNULL}

    def inv(self, *words: str, **env: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(**self.command(*words, **env), capture_output=True, timeout=120)

    def says(self, name: str, *words: str) -> str:
        """What the lab's own program prints, started with nothing in its environment but a PATH."""
        argv = [str(self.lab / "tools/bin" / name), *words]
        return subprocess.run(argv, env={"PATH": str(self.basics)}, capture_output=True, text=True, check=True).stdout

    def commands(self, environment: str = "sandbox") -> list[str]:
        """The command lines of the newest run, as its journal has them."""
        newest = max((self.lab / "environments" / environment / "runs").iterdir())
        events = [json.loads(line) for line in (newest / "journal.jsonl").read_text().splitlines()]
        return [event["command"] for event in events if event.get("event") == "command.started"]

    def left(self, folder: str) -> list[str]:
        """Names in a folder of the toolbox."""
        where = self.lab / "tools" / folder
        return sorted(one.name for one in where.iterdir()) if where.exists() else []

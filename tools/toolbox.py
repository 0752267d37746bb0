"""The folder with the lab's own az, kubectl and helm: what stands in it, and how it gets there whole.

bin/kubectl         two lines of shell that start the chosen program
stamps/kubectl.json which one that is, so that the next run need not ask it for its version
copies/             the pinned ones, a folder each, named after version and origin; never changed
staging/            what is being fetched: renamed into copies/ once it is complete
"""

from __future__ import annotations

import json
import os
import shlex
import shutil
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from filelock import FileLock

from engine.errors import Absent

#: The origin of a program that was found on PATH.
PATH = "PATH"


@dataclass(frozen=True)
class Stamp:
    """What bin/<name> starts. `origin` is "PATH" or the name of a copy."""

    version: str
    origin: str
    file: str
    size: int
    mtime_ns: int

    @classmethod
    def of(cls, version: str, origin: str, file: Path) -> Stamp:
        seen = file.stat()
        return cls(version, origin, str(file), seen.st_size, seen.st_mtime_ns)

    @property
    def true(self) -> bool:
        """The file is the one that was stamped. Its size and time tell; its content is not read again."""
        try:
            seen = Path(self.file).stat()
        except OSError:
            return False
        return (seen.st_size, seen.st_mtime_ns) == (self.size, self.mtime_ns)


@dataclass(frozen=True)
class Toolbox:
    """One such folder. Several processes may fill it at once: everything in it appears by a rename."""

    root: Path

    @property
    def bin(self) -> Path:
        return self.root / "bin"

    def stamp(self, name: str) -> Stamp:
        """What bin/<name> starts.

        :raises Absent: nothing, or something that is no longer as it was
        """
        try:
            stamp = Stamp(**json.loads((self.root / "stamps" / f"{name}.json").read_text()))
        except (FileNotFoundError, ValueError, TypeError):
            raise Absent(f"{name} has not been chosen yet") from None
        if not stamp.true or not os.access(self.bin / name, os.X_OK):
            raise Absent(f"{stamp.file} is not as it was when it was chosen")
        return stamp

    def staging(self) -> Path:
        """The path of a folder to fetch something into, which no other process uses. It is not made."""
        return self.root / "staging" / f"{os.getpid()}-{uuid.uuid4().hex[:8]}"

    def place(
        self, staged: Path, copy: str, name: str, version: str, file: str, words: Sequence[str] = (), **env: str
    ) -> Path:
        """Moves a complete copy to where it stays and chooses it; returns its `file`, which bin/<name> starts.

        One that another process has brought meanwhile is kept: its programs may run already."""
        kept = self.root / "copies" / copy
        with self._alone():
            if not self._stands(name, copy):
                if kept.exists():  # and is damaged, or it would stand
                    shutil.rmtree(kept.rename(staged.with_name("damaged")))
                kept.parent.mkdir(parents=True, exist_ok=True)
                staged.rename(kept)
                stamp = Stamp.of(version, copy, kept / file)
                self._choose(name, stamp, (stamp.file, *words), env)
        return kept / file

    def adopt(self, name: str, version: str, file: Path) -> None:
        """Chooses a program that is not ours, where it is."""
        with self._alone():
            self._choose(name, Stamp.of(version, PATH, file), (str(file),), {})

    def sweep(self) -> None:
        """Removes what processes that are gone have left half fetched."""
        with self._alone():
            for leftover in list((self.root / "staging").glob("*-*")):
                if not _alive(int(leftover.name.partition("-")[0])):
                    shutil.rmtree(leftover)

    def _stands(self, name: str, copy: str) -> bool:
        try:
            return self.stamp(name).origin == copy
        except Absent:
            return False

    def _choose(self, name: str, stamp: Stamp, words: Sequence[str], env: Mapping[str, str]) -> None:
        settings = "".join(f"export {key}={shlex.quote(value)}\n" for key, value in env.items())
        script = f'#!/bin/sh\n# {name} {stamp.version}\n{settings}exec {shlex.join(words)} "$@"\n'
        _written(self.bin / name, script, 0o755)
        _written(self.root / "stamps" / f"{name}.json", json.dumps(asdict(stamp), indent=2) + "\n", 0o644)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        self.root.mkdir(parents=True, exist_ok=True)
        with FileLock(self.root / "lock"):
            yield


def _written(path: Path, text: str, mode: int) -> None:
    """A whole file or none: written beside its place, then renamed to it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}")
    draft.write_text(text)
    draft.chmod(mode)
    draft.replace(path)


def _alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True

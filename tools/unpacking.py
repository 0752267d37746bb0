"""Files out of archives, archives in archives too, and their SHA-256."""

from __future__ import annotations

import hashlib
import shutil
import tarfile
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from engine.errors import StepFailed

ZIP, TAR = (".zip", ".whl"), (".tgz", ".tar.gz")


def member(source: Path, path: Sequence[str], target: Path) -> Path:
    """Writes a file out of `source` to `target`: each of `path` is looked up in the one before.

    `source` is a folder or an archive, and so is all of `path` but its last. No path is `source` itself.
    Only the named file is read, so what else an archive holds cannot be written anywhere.

    :raises StepFailed: there is no such file in it
    """
    if not path:
        shutil.copyfile(source, target)
        return target
    name, *rest = path
    if source.is_dir():
        return member(source / name, rest, target)
    # Archives are read from a file, because an archive inside a compressed one cannot be sought in.
    unpacked = target.with_name(f"{target.name}.{len(path)}{_suffix(name)}")
    try:
        with _opened(source, name) as stream, unpacked.open("wb") as out:
            shutil.copyfileobj(stream, out, 1 << 20)
        if rest:
            return member(unpacked, rest, target)
        return unpacked.replace(target)
    finally:
        unpacked.unlink(missing_ok=True)


@contextmanager
def _opened(archive: Path, name: str) -> Iterator[IO[bytes]]:
    try:
        if archive.name.endswith(ZIP):
            with zipfile.ZipFile(archive) as zipped, zipped.open(name) as stream:
                yield stream
            return
        with tarfile.open(archive) as tar:
            stream_or_none = tar.extractfile(name)
            if stream_or_none is None:
                raise StepFailed(f"{name} in {archive.name} is not a file")
            with stream_or_none as stream:
                yield stream
    except (KeyError, OSError, EOFError, tarfile.TarError, zipfile.BadZipFile) as error:
        raise StepFailed(f"{name} cannot be taken out of {archive.name}: {error}") from error


def _suffix(name: str) -> str:
    return next((suffix for suffix in (*ZIP, *TAR) if name.endswith(suffix)), "")


def sha256(path: Path) -> str:
    """The file's SHA-256 in hexadecimal digits."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def verified(path: Path, expected: str, what: str) -> None:
    """Nothing, when the file is what it should be.

    :raises StepFailed: it is something else; it is removed, so that nobody takes it for good
    """
    found = sha256(path)
    if found != expected:
        path.unlink()
        raise StepFailed(
            f"{what} has the SHA-256 {found}, not {expected}",
            meaning="it was changed on the way, or a proxy answered with something else",
            advice="look at what its address answers; the hash is from config/tools.yaml or from beside the file",
        )

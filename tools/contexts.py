"""Build contexts: the folders that images are built from."""

import hashlib
from pathlib import Path

#: Enough of a SHA-256 to tell sources apart, short enough to read.
TAG_LENGTH = 12


def content_tag(context: Path) -> str:
    """A tag that follows from the folder's files alone: names, contents and whether they can be executed.

    Folders that Python and its checkers leave behind (.mypy_cache) make no other image of it."""
    digest = hashlib.sha256()
    for path in sorted(path for path in context.rglob("*") if path.is_file() and not _left_behind(path, context)):
        executable = bool(path.stat().st_mode & 0o100)
        content = path.read_bytes()
        digest.update(f"{path.relative_to(context).as_posix()}\0{executable}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()[:TAG_LENGTH]


def _left_behind(path: Path, context: Path) -> bool:
    folders = path.relative_to(context).parent.parts
    return any(folder == "__pycache__" or folder.startswith(".") for folder in folders)

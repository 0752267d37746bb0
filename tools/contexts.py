"""Build contexts: the folders that images are built from."""

import hashlib
from pathlib import Path

#: Enough of a SHA-256 to tell sources apart, short enough to read.
TAG_LENGTH = 12


def content_tag(context: Path) -> str:
    """A tag that follows from the folder's files alone: names, contents and whether they can be executed."""
    digest = hashlib.sha256()
    for path in sorted(path for path in context.rglob("*") if path.is_file() and "__pycache__" not in path.parts):
        executable = bool(path.stat().st_mode & 0o100)
        content = path.read_bytes()
        digest.update(f"{path.relative_to(context).as_posix()}\0{executable}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()[:TAG_LENGTH]

"""A file tree in memory: an image's files while it is built, taken from folders and tar layers, given as tar layers.

Paths are absolute and normalised (``/app/main.py``). Owners and times are left out, so that the same sources always
make the same layer.
"""

import io
import posixpath
import tarfile
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Entry:
    """A file (``content``), a symbolic link (``target``), or a folder (neither)."""

    mode: int
    content: bytes | None = None
    target: str | None = None

    @property
    def is_folder(self) -> bool:
        return self.content is None and self.target is None


Tree = dict[str, Entry]


def normal(path: str, folder: str = "/") -> str:
    """``path`` as seen from ``folder``, without ``.``, ``..`` and double slashes; it cannot leave the root."""
    return posixpath.normpath("/" + posixpath.join(folder, path)).replace("//", "/")


def from_folder(folder: Path) -> Tree:
    """The folder's content with ``/`` standing for the folder itself."""
    tree: Tree = {}
    for path in sorted(folder.rglob("*")):
        name = "/" + path.relative_to(folder).as_posix()
        if path.is_symlink():
            tree[name] = Entry(0o777, target=str(path.readlink()))
        elif path.is_dir():
            tree[name] = Entry(0o755)
        elif path.is_file():
            executable = path.stat().st_mode & 0o100
            tree[name] = Entry(0o755 if executable else 0o644, path.read_bytes())
    return tree


def from_tar(archive: bytes) -> Tree:
    """A layer's (or any tar's) content. Special files are left out."""
    tree: Tree = {}
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        for member in tar:
            name = normal(member.name)
            if member.isdir():
                tree[name] = Entry(member.mode)
            elif member.issym():
                tree[name] = Entry(0o777, target=member.linkname)
            elif member.isfile() and (stream := tar.extractfile(member)):
                tree[name] = Entry(member.mode, stream.read())
    tree.pop("/", None)
    return tree


def to_layer(tree: Tree) -> bytes:
    """The tree as an image layer: an uncompressed tar, byte for byte the same for the same tree."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for path, entry in sorted(tree.items()):
            member = tarfile.TarInfo(path.lstrip("/"))
            member.mode, member.mtime = entry.mode, 0
            if entry.content is not None:
                member.size = len(entry.content)
                tar.addfile(member, io.BytesIO(entry.content))
            else:
                member.type = tarfile.SYMTYPE if entry.target is not None else tarfile.DIRTYPE
                member.linkname = entry.target or ""
                tar.addfile(member)
    return stream.getvalue()


def write(tree: Tree, folder: Path) -> None:
    """Lay the tree out in an existing folder, links last. Links that lead out of it are left out."""
    root = folder.resolve()
    for path, entry in sorted(tree.items(), key=lambda item: (item[1].target is not None, item[0])):
        place = root / path.lstrip("/")
        if entry.target is not None and place.exists():
            continue  # files lie below the link's name: they were copied there later
        if entry.target is not None:
            inside = normal(entry.target, posixpath.dirname(path)) if entry.target.startswith("/") else None
            target = root / inside.lstrip("/") if inside else place.parent / entry.target
            if not target.resolve().is_relative_to(root):
                continue
            place.parent.mkdir(parents=True, exist_ok=True)
            place.symlink_to(target if inside else entry.target)
        elif entry.content is None:
            place.mkdir(parents=True, exist_ok=True)
        else:
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(entry.content)
            place.chmod(entry.mode)


def children(tree: Tree, folder: str) -> list[str]:
    """The paths below a folder, at any depth."""
    prefix = folder.rstrip("/") + "/"
    return [path for path in tree if path.startswith(prefix)]


def exists(tree: Tree, path: str) -> bool:
    return path == "/" or path in tree or bool(children(tree, path))

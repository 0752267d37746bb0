"""COPY and ADD: which files a line takes and where they land, by the classic builder's rules."""

import fnmatch
import posixpath
import re

from sandbox.acr import filesystem
from sandbox.acr.dockerfile import DockerfileError
from sandbox.acr.filesystem import Entry, Tree


class NotInSource(DockerfileError):
    """A source path that is not there."""


def copied(source: Tree, sources: list[str], destination: str, workdir: str, target: Tree) -> Tree:
    """What a COPY adds: the new entries by their path in the image.

    ``source`` is the build context or another stage's files, ``target`` the image as it stands (whether the
    destination is a folder there matters). Raises DockerfileError.
    """
    found = [path for pattern in sources for path in _matches(source, pattern)]
    into_folder = destination.endswith(("/", "/.")) or destination in (".", "./", "..")
    place = filesystem.normal(destination, workdir)
    if (len(sources) > 1 or len(found) > 1) and not into_folder:
        raise DockerfileError(
            "When using COPY with more than one source file, the destination must be a directory and end with a /"
        )
    standing = target.get(place)
    into_folder = into_folder or place == "/" or (standing is not None and standing.is_folder)
    added: Tree = {}
    for path in found:
        entry = source.get(path)
        if entry is None or entry.is_folder:
            added |= {
                place.rstrip("/") + below[len(path.rstrip("/")) :]: source[below]
                for below in filesystem.children(source, path)
            }
            if place != "/":
                added.setdefault(place, Entry(0o755))
        else:
            name = posixpath.join(place, posixpath.basename(path)) if into_folder else place
            added[name] = entry
    return _with_folders(added)


def _matches(source: Tree, pattern: str) -> list[str]:
    """The source paths that a COPY source means: itself, or what the wildcards match."""
    if any(part == ".." for part in posixpath.normpath(pattern.lstrip("/")).split("/")):
        raise DockerfileError(f"COPY failed: forbidden path outside the build context: {pattern} ()")
    wanted = filesystem.normal(pattern)
    if not any(character in pattern for character in "*?["):
        if not filesystem.exists(source, wanted):
            raise NotInSource(
                f"COPY failed: file not found in build context or excluded by .dockerignore: stat "
                f"{wanted.lstrip('/')}: file does not exist"
            )
        return [wanted]
    expression = "/".join(_expression(part) for part in wanted.split("/"))
    matching = [path for path in source if re.fullmatch(expression, path)]
    if not matching:
        raise NotInSource("COPY failed: no source files were specified")
    return matching


def _expression(part: str) -> str:
    """One path segment's wildcards as a regular expression that stays within the segment."""
    return fnmatch.translate(part).removesuffix(r"\Z").removesuffix(r"\z").replace(".*", "[^/]*")


def _with_folders(added: Tree) -> Tree:
    """The entries with the folders above them, so that the layer is whole."""
    folders: Tree = {}
    for path in added:
        above = posixpath.dirname(path)
        while above not in ("", "/"):
            folders.setdefault(above, Entry(0o755))
            above = posixpath.dirname(above)
    return folders | added

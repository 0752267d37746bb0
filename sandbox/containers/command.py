"""Which command a container runs, and where: the image's words and the pod's, found on this machine."""

import re
import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from sandbox.acr.images import Image
from sandbox.containers.environment import expanded
from sandbox.containers.volumes import Mounts
from sandbox.store import Document

_PYTHON = re.compile(r"(?:.*/)?python(?:3(?:\.\d+)?)?")


class CannotStart(Exception):
    """There is nothing to run; the message is the container runtime's."""


def argv(image: Image, container: Document, env: Mapping[str, str], mounts: Mounts) -> list[str]:
    """The command with its paths as they are here. ``python`` is the sandbox's own: RUN steps are not executed, so
    the image has none. Raises CannotStart."""
    said: Sequence[str] = container.get("command") or image.entrypoint
    rest = container.get("args") or (() if container.get("command") else image.command)
    words = [expanded(word, env) for word in (*said, *rest)]
    if not words:
        raise CannotStart("failed to create containerd container: no command specified")
    if _PYTHON.fullmatch(words[0]):
        program = sys.executable
    else:
        wanted = _here(words[0], image, mounts)
        found = shutil.which(wanted, path=env.get("PATH"))
        if found is None:
            why = "executable file not found in $PATH" if "/" not in wanted else "no such file or directory"
            if "/" in wanted and Path(wanted).exists():
                why = "permission denied"
            raise CannotStart(
                "failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create "
                "failed: unable to start container process: error during container init: exec: "
                f'"{words[0]}": {why if "/" not in wanted else f"stat {words[0]}: {why}"}'
            )
        program = found
    return [program, *(_here(word, image, mounts) for word in words[1:])]


def folder(image: Image, container: Document) -> Path:
    """The working folder among the image's files; its build context where the image has no such folder."""
    assert image.root and image.context
    place = image.root / (container.get("workingDir") or image.workdir).lstrip("/")
    return place if place.is_dir() else image.context


def _here(word: str, image: Image, mounts: Mounts) -> str:
    """A path in the container as a path on this machine, if it is one."""
    mounted = mounts.real(word)
    if mounted != word or not word.startswith("/") or image.root is None:
        return mounted
    own = image.root / word.lstrip("/")
    return str(own) if word.strip("/") and own.exists() else word

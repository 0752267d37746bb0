"""Image references (``host/repository:tag@digest``) taken apart, with Docker's defaults filled in."""

import re
from dataclasses import dataclass

_REPOSITORY = re.compile(r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*")
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


class InvalidReference(ValueError):
    """The text is no image reference; the message is Docker's."""


@dataclass(frozen=True)
class Reference:
    """``tag`` is empty only when a digest was given without one."""

    host: str
    repository: str
    tag: str
    digest: str

    @property
    def wanted(self) -> str:
        """What to look up in the repository: a digest wins over a tag."""
        return self.digest or self.tag

    def __str__(self) -> str:
        tag = f":{self.tag}" if self.tag else ""
        return f"{self.host}/{self.repository}{tag}" + (f"@{self.digest}" if self.digest else "")


def is_digest(text: str) -> bool:
    return _DIGEST.fullmatch(text) is not None


def is_repository(text: str) -> bool:
    return _REPOSITORY.fullmatch(text) is not None


def is_tag(text: str) -> bool:
    return _TAG.fullmatch(text) is not None


def parse(text: str, host: str = "docker.io") -> Reference:
    """The reference that ``text`` means; ``host`` is where a name without a host lives.

    A first part with a dot, a colon, or ``localhost`` is a host, as for Docker. Raises InvalidReference.
    """
    rest, _, digest = text.partition("@")
    first, slash, remainder = rest.partition("/")
    if slash and ("." in first or ":" in first or first == "localhost"):
        host, rest = first, remainder
    repository, _, tag = rest.partition(":")
    if host == "docker.io" and "/" not in repository:
        repository = f"library/{repository}"
    if repository != repository.lower():
        raise InvalidReference(f'invalid argument "{text}": repository name must be lowercase')
    if not is_repository(repository) or (tag and not is_tag(tag)) or (digest and not is_digest(digest)):
        raise InvalidReference(f'invalid argument "{text}": invalid reference format')
    return Reference(host, repository, tag or ("" if digest else "latest"), digest)

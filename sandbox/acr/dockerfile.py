"""A Dockerfile read into instructions, refused with the words of the classic builder (the one that ACR runs)."""

import json
import re
from dataclasses import dataclass, field

#: Instructions whose arguments may be a JSON array.
_EXEC_FORMS = frozenset({"ADD", "CMD", "COPY", "ENTRYPOINT", "RUN", "SHELL", "VOLUME"})
_KNOWN = _EXEC_FORMS | {
    "ARG", "ENV", "EXPOSE", "FROM", "HEALTHCHECK", "LABEL", "MAINTAINER", "ONBUILD", "STOPSIGNAL", "USER", "WORKDIR",
}  # fmt: skip
_FLAGS: dict[str, frozenset[str]] = {
    "ADD": frozenset({"chown"}),
    "COPY": frozenset({"chown", "from"}),
    "FROM": frozenset({"platform"}),
    "HEALTHCHECK": frozenset({"interval", "timeout", "start-period", "start-interval", "retries"}),
}
#: Flags that the classic builder names only to say that it cannot do them.
_BUILDKIT_FLAGS = {
    "ADD": {"chmod", "link", "checksum", "keep-git-dir", "exclude"},
    "COPY": {"chmod", "link", "parents", "exclude"},
    "RUN": {"mount", "network", "security"},
}
_DIRECTIVE = re.compile(r"#\s*(\w+)\s*=\s*(\S+)\s*")
_FLAG = re.compile(r"--([a-z][a-z-]*)(?:=(\S*))?(?:\s+|$)")


class DockerfileError(ValueError):
    """The Dockerfile cannot be built; the message is the daemon's."""


@dataclass(frozen=True)
class Instruction:
    """``text`` is the instruction as written (continuation lines joined); ``arguments`` is what follows the flags;
    ``words`` is set when the arguments are a JSON array."""

    line: int
    name: str
    text: str
    arguments: str
    flags: dict[str, str] = field(default_factory=dict)
    words: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Dockerfile:
    instructions: list[Instruction]
    escape: str = "\\"


def parse(text: str, name: str = "Dockerfile") -> Dockerfile:
    """The file's instructions in order. Raises DockerfileError."""
    lines = text.removeprefix("\ufeff").splitlines()
    escape = _escape(lines)
    instructions = [_instruction(number, statement) for number, statement in _statements(lines, escape)]
    if not instructions:
        raise DockerfileError(f"the Dockerfile ({name}) cannot be empty")
    for instruction in instructions:
        if instruction.name == "FROM":
            break
        if instruction.name != "ARG":
            raise DockerfileError("no build stage in current context")
    else:
        raise DockerfileError("No build stage in current context")
    return Dockerfile(instructions, escape)


def _escape(lines: list[str]) -> str:
    for line in lines:
        directive = _DIRECTIVE.fullmatch(line.strip())
        if not directive:
            break
        if directive[1].lower() == "escape":
            if directive[2] not in ("\\", "`"):
                raise DockerfileError(f"invalid ESCAPE '{directive[2]}'. Must be ` or \\")
            return directive[2]
    return "\\"


def _statements(lines: list[str], escape: str) -> list[tuple[int, str]]:
    """(first line's number, statement) with continuation lines joined, comments and blank lines left out."""
    statements: list[tuple[int, str]] = []
    pending, start = "", 0
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        start = start if pending else number
        stripped = line.rstrip()
        if stripped.endswith(escape):
            pending += stripped[:-1]
            continue
        statements.append((start, (pending + stripped).strip()))
        pending = ""
    if pending.strip():
        statements.append((start, pending.strip()))
    return statements


def _instruction(line: int, statement: str) -> Instruction:
    word, _, rest = statement.partition(" ") if " " in statement else statement.partition("\t")
    name, rest = word.upper(), rest.strip()
    if name not in _KNOWN:
        raise DockerfileError(f"dockerfile parse error on line {line}: unknown instruction: {word}")
    flags: dict[str, str] = {}
    while flag := _FLAG.match(rest):
        if flag[1] in _BUILDKIT_FLAGS.get(name, ()):
            raise DockerfileError(
                f"the --{flag[1]} option requires BuildKit. Refer to https://docs.docker.com/go/buildkit/"
                " to learn how to build images with BuildKit enabled"
            )
        if flag[1] not in _FLAGS.get(name, ()):
            raise DockerfileError(f"dockerfile parse error on line {line}: unknown flag: {flag[1]}")
        flags[flag[1]] = flag[2] or ""
        rest = rest[flag.end() :]
    words = _array(rest) if name in _EXEC_FORMS else None
    _check(line, name, rest, words)
    return Instruction(line, name, f"{name} {statement[len(word) :].strip()}".strip(), rest, flags, words)


def _array(text: str) -> tuple[str, ...] | None:
    """The JSON array of strings that ``text`` is, None when it is none (Docker then takes it for a shell command)."""
    if not text.startswith("["):
        return None
    try:
        words = json.loads(text)
    except json.JSONDecodeError:
        return None
    return tuple(words) if isinstance(words, list) and all(isinstance(word, str) for word in words) else None


def _check(line: int, name: str, rest: str, words: tuple[str, ...] | None) -> None:
    """The rules that need no file: enough arguments, and not too many."""
    count = len(words) if words is not None else len(rest.split())
    where = f"dockerfile parse error on line {line}"
    if name in ("COPY", "ADD") and count == 1:
        raise DockerfileError(
            f"{where}: {name} requires at least two arguments, but only one was provided."
            " Destination could not be determined."
        )
    if name in ("COPY", "ADD") and count == 0:
        raise DockerfileError(f"{where}: {name} requires at least two arguments")
    if name == "FROM" and count != 1 and not (count == 3 and rest.split()[1].upper() == "AS"):
        raise DockerfileError(f"{where}: FROM requires either one or three arguments")
    if name in ("WORKDIR", "USER", "STOPSIGNAL") and (not rest or (name != "WORKDIR" and count != 1)):
        raise DockerfileError(f"{where}: {name} requires exactly one argument")
    if name == "SHELL" and words is None:
        raise DockerfileError(f"{where}: SHELL requires the arguments to be in JSON form")
    if not rest and name not in ("CMD", "ENTRYPOINT"):
        raise DockerfileError(f"{where}: {name} requires at least one argument")

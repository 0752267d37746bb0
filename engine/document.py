"""A YAML file that knows on which line each of its keys stands. Strict: what could be a slip is a mistake."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from engine.errors import Problem, SettingsError

LIMIT_BYTES = 256 * 1024
"""No settings file is that long; a longer one is something else."""

LIMIT_DEPTH = 50
"""No settings file is that deep; PyYAML takes seconds over a thousand brackets before it gives up."""

KeyPath = tuple[str | int, ...]


@dataclass
class Document:
    """The file's data (a mapping), the line of each key path, and how each plain value was written."""

    path: str
    data: dict[str, Any]
    lines: dict[KeyPath, int] = field(default_factory=dict)
    written: dict[KeyPath, str] = field(default_factory=dict)

    def line(self, key: KeyPath) -> int:
        """The line of this key path, or of the nearest part above it that is in the file."""
        while key and key not in self.lines:
            key = key[:-1]
        return self.lines.get(key, 1)


def read(path: str | Path) -> Document:
    """The file as a document.

    :raises SettingsError: it cannot be read, is no YAML mapping, has a key twice, an alias or a tag
    """
    name = str(path)
    text = _text(Path(path), name)
    try:
        node = yaml.compose(text, Loader=_Loader)
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise _refusal(name, line, f"the character {chr(error.character)!r} is not allowed in YAML") from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        what = " ".join(part for part in (error.context, error.problem) if part)
        raise _refusal(name, mark.line + 1 if mark else 0, f"not YAML: {what}") from None
    if node is None:
        raise _refusal(name, 0, "the file is empty")
    if not isinstance(node, yaml.MappingNode):
        raise _refusal(name, node.start_mark.line + 1, "a settings file is a mapping (key: value)")
    reader = _Reader(name)
    data = reader.value(node, ())
    if reader.problems:
        raise SettingsError(reader.problems)
    return Document(name, data, reader.lines, reader.written)


def _text(path: Path, name: str) -> str:
    try:
        mode = path.stat().st_mode
        if not stat.S_ISREG(mode):
            raise _refusal(name, 0, "is a folder" if stat.S_ISDIR(mode) else "not a regular file")
        # Not blocking: some of /proc are regular files and wait for what is never written.
        with open(os.open(path, os.O_RDONLY | os.O_NONBLOCK), "rb") as file:  # noqa: PTH123 - a descriptor
            raw = file.read(LIMIT_BYTES + 1) or b""
    except FileNotFoundError:
        raise _refusal(name, 0, "no such file") from None
    except (OSError, ValueError) as error:
        raise _refusal(name, 0, f"cannot be read: {getattr(error, 'strerror', None) or error}") from None
    if len(raw) > LIMIT_BYTES:
        raise _refusal(name, 0, f"longer than {LIMIT_BYTES // 1024} KiB, which no settings file is")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise _refusal(name, line, f"not UTF-8 (byte 0x{raw[error.start]:02x})") from None


def _refusal(name: str, line: int, what: str) -> SettingsError:
    return SettingsError([Problem(name, line, "", what)])


class _Loader(yaml.SafeLoader):
    """Composes nodes, and gives up where they are nested too deeply."""

    depth = 0

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        self.depth += 1
        if self.depth > LIMIT_DEPTH:
            raise yaml.MarkedYAMLError(problem="nested too deeply", problem_mark=self.peek_event().start_mark)
        try:
            return super().compose_node(parent, index)
        finally:
            self.depth -= 1


class _Reader:
    """Makes Python values of YAML nodes and notes where they stand."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.problems: list[Problem] = []
        self.lines: dict[KeyPath, int] = {}
        self.written: dict[KeyPath, str] = {}
        self._seen: set[int] = set()
        self._scalars = yaml.constructor.SafeConstructor()

    def value(self, node: yaml.Node, key: KeyPath) -> Any:
        line = node.start_mark.line + 1
        self.lines.setdefault(key, line)
        if id(node) in self._seen:
            return self._problem(line, key, "an alias (*name) is not supported here: write the value out")
        self._seen.add(id(node))
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, key)
        if isinstance(node, yaml.SequenceNode):
            return [self.value(item, (*key, index)) for index, item in enumerate(node.value)]
        self.written[key] = node.value
        try:
            return self._scalars.construct_object(node)
        except (yaml.YAMLError, ValueError, OverflowError) as error:
            return self._problem(line, key, f"cannot be understood: {getattr(error, 'problem', None) or error}")

    def _mapping(self, node: yaml.MappingNode, key: KeyPath) -> dict[str, Any]:
        result: dict[str, Any] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            if not isinstance(key_node, yaml.ScalarNode):
                self._problem(line, key, "a key is a plain word")
                continue
            word = key_node.value
            inner = (*key, word)
            if key_node.tag == "tag:yaml.org,2002:merge":
                self._problem(line, inner, "a merge key (<<) is not supported here: write the values out")
                continue
            if word in result:
                self._problem(line, inner, f"stands here twice (first in line {self.lines[inner]})")
                continue
            self.lines[inner] = line
            result[word] = self.value(value_node, inner)
        return result

    def _problem(self, line: int, key: KeyPath, what: str) -> None:
        self.problems.append(Problem(self.name, line, dotted(key), what))


def dotted(key: KeyPath) -> str:
    """The key path as it is written in messages: dns.zones[0].name"""
    text = ""
    for part in key:
        word = f"[{part}]" if isinstance(part, int) else part or '""'
        text += word if isinstance(part, int) or not text else f".{word}"
    return text

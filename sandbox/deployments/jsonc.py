"""JSON as template authors write it: comments, strings over several lines; and where in the text each object starts."""

import re
from dataclasses import dataclass, field
from json.decoder import scanstring  # type: ignore[attr-defined]
from typing import Any

#: Where a value is: the keys and indexes on the way to it.
Path = tuple[str | int, ...]

_BLANK = re.compile(r"(?:\s+|//[^\n]*|/\*.*?\*/)*", re.DOTALL)
_NUMBER = re.compile(r"-?(?:0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?")
_WORDS = {"true": True, "false": False, "null": None}


class JsonFault(Exception):
    """Text that is not JSON, in the words of the parser that Azure uses."""


@dataclass
class Parsed:
    """The value and, by path, (line, column) of the opening bracket of each object and array, both counted from 1."""

    value: Any
    places: dict[Path, tuple[int, int]] = field(default_factory=dict)

    def part(self, *path: str | int) -> "Parsed":
        """The value at a path with the places below it. Raises KeyError if there is none."""
        value = self.value
        for key in path:
            value = value[key]
        places = {at[len(path) :]: place for at, place in self.places.items() if at[: len(path)] == path}
        return Parsed(value, places)


def parse(text: str) -> Parsed:
    """Raises JsonFault."""
    reader = _Reader(text)
    value, end = reader.value(reader.skip(0), ())
    end = reader.skip(end)
    if end != len(text):
        raise reader.fault(f"Additional text encountered after finished reading JSON content: {text[end]}", (), end)
    return Parsed(value, reader.places)


def dotted(path: Path) -> str:
    """``resources[0].properties``."""
    shown = "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in path)
    return shown.removeprefix(".")


class _Reader:
    def __init__(self, text: str) -> None:
        self._text = text
        self.places: dict[Path, tuple[int, int]] = {}

    def skip(self, at: int) -> int:
        found = _BLANK.match(self._text, at)
        assert found is not None  # it matches the empty text
        return found.end()

    def _place(self, at: int) -> tuple[int, int]:
        return self._text.count("\n", 0, at) + 1, at - self._text.rfind("\n", 0, at)

    def fault(self, message: str, path: Path, at: int) -> JsonFault:
        line, column = self._place(at)
        return JsonFault(f"{message}. Path '{dotted(path)}', line {line}, position {column}.")

    def value(self, at: int, path: Path) -> tuple[Any, int]:
        """The value that starts at ``at`` and where it ends."""
        if at >= len(self._text):
            raise self.fault("Unexpected end when reading JSON", path, at)
        match self._text[at]:
            case "{":
                return self._object(at, path)
            case "[":
                return self._array(at, path)
            case '"':
                return self._string(at, path)
        number = _NUMBER.match(self._text, at)
        if number:
            exact = number.group(1) is None and number.group(2) is None
            return (int if exact else float)(number.group()), number.end()
        for word, value in _WORDS.items():
            if self._text.startswith(word, at):
                return value, at + len(word)
        raise self.fault(f"Unexpected character encountered while parsing value: {self._text[at]}", path, at)

    def _string(self, at: int, path: Path) -> tuple[str, int]:
        try:
            return scanstring(self._text, at + 1, False)
        except ValueError:
            raise self.fault('Unterminated string. Expected delimiter: "', path, len(self._text)) from None

    def _object(self, at: int, path: Path) -> tuple[dict[str, Any], int]:
        self.places[path] = self._place(at)
        result: dict[str, Any] = {}
        at = self.skip(at + 1)
        while self._text[at : at + 1] != "}":
            if self._text[at : at + 1] != '"':
                found = self._text[at : at + 1] or "end of content"
                raise self.fault(f"Invalid property identifier character: {found}", path, at)
            key, at = self._string(at, path)
            at = self.skip(at)
            if self._text[at : at + 1] != ":":
                found = self._text[at : at + 1] or "end of content"
                message = f"Invalid character after parsing property name. Expected ':' but got: {found}"
                raise self.fault(message, (*path, key), at)
            result[key], at = self.value(self.skip(at + 1), (*path, key))
            at = self._next(at, "}", path)
        return result, at + 1

    def _array(self, at: int, path: Path) -> tuple[list[Any], int]:
        self.places[path] = self._place(at)
        result: list[Any] = []
        at = self.skip(at + 1)
        while self._text[at : at + 1] != "]":
            one, at = self.value(at, (*path, len(result)))
            result.append(one)
            at = self._next(at, "]", path)
        return result, at + 1

    def _next(self, at: int, close: str, path: Path) -> int:
        """Behind a member: over a comma (a trailing one is let pass, as by Azure) or at the closing bracket."""
        at = self.skip(at)
        if self._text[at : at + 1] == ",":
            return self.skip(at + 1)
        if self._text[at : at + 1] != close:
            found = self._text[at : at + 1] or "end of content"
            raise self.fault(f"After parsing a value an unexpected character was encountered: {found}", path, at)
        return at

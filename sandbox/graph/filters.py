"""The part of OData's ``$filter`` that Graph's directory understands.

``a eq 'v'``, ``a ne 'v'``, ``startswith(a,'v')``, ``a/any(x:x eq 'v')``, joined by ``and``, ``or``, ``not`` and
parentheses. Strings are compared without case, as the directory does.
"""

import re
from collections.abc import Callable, Set
from typing import Any

from sandbox.graph.errors import bad_query
from sandbox.store import Document

Predicate = Callable[[Document], bool]

_TOKEN = re.compile(r"\s*(?:(?P<text>'(?:[^']|'')*')|(?P<word>[A-Za-z_][\w.@-]*|\d[\w-]*)|(?P<mark>[(),:/]))")
_CONSTANTS = {"true": True, "false": False, "null": None}


def parse(text: str, properties: Set[str]) -> Predicate:
    """The filter as a predicate on documents. Raises GraphError 400: not a filter, or of an unknown property."""
    return _Parser(text, properties).whole()


class _Parser:
    def __init__(self, text: str, properties: Set[str]) -> None:
        self._text, self._properties = text, properties
        self._tokens = self._split()
        self._next = 0

    def _split(self) -> list[str]:
        tokens, at, text = [], 0, self._text.rstrip()
        while at < len(text):
            match = _TOKEN.match(text, at)
            if match is None:
                raise self._refused(f"Syntax error at position {at} in '{text}'.")
            tokens.append(match[match.lastgroup or 0])
            at = match.end()
        return tokens

    def _refused(self, why: str) -> Exception:
        return bad_query(f"Invalid filter clause: {why}")

    def _peek(self) -> str:
        return self._tokens[self._next] if self._next < len(self._tokens) else ""

    def _take(self, wanted: str = "") -> str:
        token = self._peek()
        if not token or (wanted and token != wanted):
            raise self._refused(f"Syntax error: '{wanted or 'an expression'}' expected in '{self._text}'.")
        self._next += 1
        return token

    def whole(self) -> Predicate:
        predicate = self._either()
        if self._peek():
            raise self._refused(f"Syntax error at '{self._peek()}' in '{self._text}'.")
        return predicate

    def _either(self) -> Predicate:
        parts = [self._both()]
        while self._peek() == "or":
            self._take()
            parts.append(self._both())
        return lambda document: any(part(document) for part in parts)

    def _both(self) -> Predicate:
        parts = [self._single()]
        while self._peek() == "and":
            self._take()
            parts.append(self._single())
        return lambda document: all(part(document) for part in parts)

    def _single(self) -> Predicate:
        token = self._take()
        if token == "not":
            inner = self._single()
            return lambda document: not inner(document)
        if token == "(":
            inner = self._either()
            self._take(")")
            return inner
        if token.lower() == "startswith" and self._peek() == "(":
            return self._startswith()
        name = self._property(token)
        if self._peek() == "/":
            return self._any(name)
        return self._comparison(lambda document: document.get(name))

    def _startswith(self) -> Predicate:
        self._take("(")
        name = self._property(self._take())
        self._take(",")
        start = str(self._value()).casefold()
        self._take(")")
        return lambda document: str(document.get(name) or "").casefold().startswith(start)

    def _any(self, name: str) -> Predicate:
        self._take("/")
        self._take("any")
        self._take("(")
        variable = self._take()
        self._take(":")
        self._take(variable)
        inner = self._comparison(lambda item: item)
        self._take(")")
        return lambda document: any(inner(item) for item in document.get(name) or [])

    def _comparison(self, read: Callable[[Any], Any]) -> Callable[[Any], bool]:
        operator = self._take()
        if operator not in ("eq", "ne"):
            raise self._refused(f"The operator '{operator}' is not supported.")
        value = self._value()
        return lambda item: (_folded(read(item)) == value) == (operator == "eq")

    def _property(self, name: str) -> str:
        if name not in self._properties:
            raise self._refused(f"Could not find a property named '{name}'.")
        return name

    def _value(self) -> Any:
        token = self._take()
        if token.startswith("'"):
            return token[1:-1].replace("''", "'").casefold()
        if token in _CONSTANTS:
            return _CONSTANTS[token]
        return token.casefold()  # a bare guid or number


def _folded(value: Any) -> Any:
    return value.casefold() if isinstance(value, str) else value

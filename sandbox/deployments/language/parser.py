"""From the text of a ``[...]`` value to its syntax tree, refusing what is malformed in Azure's words."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from sandbox.deployments.language.expressions import Access, Call, Expression, Literal
from sandbox.deployments.language.faults import ExpressionFault

_TOKENS = re.compile(
    r"""\s+
    | (?P<Literal>'(?:[^']|'')*')
    | (?P<Integer>[+-]?\d+)
    | (?P<Identifier>[A-Za-z_$][A-Za-z0-9_$]*)
    | (?P<LeftParenthesis>\()
    | (?P<RightParenthesis>\))
    | (?P<LeftSquareBracket>\[)
    | (?P<RightSquareBracket>\])
    | (?P<Comma>,)
    | (?P<Dot>\.)
    """,
    re.VERBOSE,
)


@dataclass(frozen=True)
class Token:
    kind: str
    text: str


def is_expression(value: object) -> bool:
    """Whether a template's value is to be evaluated: text in square brackets that does not start with two of them."""
    return isinstance(value, str) and value.startswith("[") and value.endswith("]") and value[1:2] != "["


def literal(value: str) -> str:
    """The text that a value which is no expression stands for: ``[[x]`` is the escaped ``[x]``."""
    return value[1:] if value.startswith("[[") and value.endswith("]") else value


@lru_cache(maxsize=4096)
def parse(text: str) -> Expression:
    """The tree of an expression given without its outer brackets. Raises ExpressionFault."""
    return _Parser(text).whole()


def _tokens(text: str) -> Iterator[Token]:
    position = 0
    while position < len(text):
        found = _TOKENS.match(text, position)
        if not found:
            character = text[position]
            if character == "'":
                raise ExpressionFault(
                    f"The language expression '{text}' is not valid: the string literal that starts at position "
                    f"'{position}' has no terminating quote."
                )
            raise ExpressionFault(
                f"The language expression '{text}' is not valid: the string character '{character}' at position "
                f"'{position}' is not expected."
            )
        if found.lastgroup:
            yield Token(found.lastgroup, found.group())
        position = found.end()
    yield Token("EndOfData", "")


class _Parser:
    """Recursive descent over: term = (string | integer | name(.name)* "(" terms ")") ("." name | "[" term "]")*."""

    def __init__(self, text: str) -> None:
        self._text, self._tokens, self._at = text, list(_tokens(text)), 0

    def whole(self) -> Expression:
        expression = self._term()
        self._take("EndOfData")
        return expression

    @property
    def _kind(self) -> str:
        return self._tokens[self._at].kind

    def _take(self, kind: str) -> str:
        token = self._tokens[self._at]
        if token.kind != kind:
            raise ExpressionFault(
                f"Unable to parse language expression '{self._text}': expected token '{kind}' "
                f"and actual '{token.kind}'."
            )
        self._at += 1
        return token.text

    def _term(self) -> Expression:
        expression: Expression
        if self._kind == "Literal":
            expression = Literal(self._take("Literal")[1:-1].replace("''", "'"))
        elif self._kind == "Integer":
            expression = Literal(int(self._take("Integer")))
        else:
            expression = self._call()
        return self._accessed(expression)

    def _call(self) -> Expression:
        name = self._take("Identifier")
        while self._kind == "Dot":
            self._take("Dot")
            name += "." + self._take("Identifier")
        self._take("LeftParenthesis")
        arguments: list[Expression] = []
        while self._kind != "RightParenthesis":
            if arguments:
                self._take("RightParenthesis" if self._kind != "Comma" else "Comma")
            arguments.append(self._term())
        self._take("RightParenthesis")
        return Call(name, tuple(arguments))

    def _accessed(self, expression: Expression) -> Expression:
        while True:
            if self._kind == "Dot":
                self._take("Dot")
                expression = Access(expression, Literal(self._take("Identifier")))
            elif self._kind == "LeftSquareBracket":
                self._take("LeftSquareBracket")
                expression = Access(expression, self._term())
                self._take("RightSquareBracket")
            else:
                return expression

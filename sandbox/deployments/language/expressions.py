"""The syntax tree of an expression. ``str()`` of a node is its text, so that parsing it again gives the same tree."""

import re
from dataclasses import dataclass

_IDENTIFIER = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]*")


@dataclass(frozen=True)
class Literal:
    """A string or an integer. ``true()``, ``false()`` and ``null()`` are calls."""

    value: str | int

    def __str__(self) -> str:
        return str(self.value) if isinstance(self.value, int) else "'" + self.value.replace("'", "''") + "'"


@dataclass(frozen=True)
class Call:
    """``name(arguments)``; a template's own functions are called ``namespace.name``."""

    name: str
    arguments: tuple["Expression", ...]

    def __str__(self) -> str:
        return f"{self.name}({', '.join(map(str, self.arguments))})"


@dataclass(frozen=True)
class Access:
    """``target.name`` and ``target[index]`` are one thing: the key is an expression, a literal after a dot."""

    target: "Expression"
    key: "Expression"

    def __str__(self) -> str:
        match self.key:
            case Literal(str(name)) if _IDENTIFIER.fullmatch(name):
                return f"{self.target}.{name}"
        return f"{self.target}[{self.key}]"


Expression = Literal | Call | Access

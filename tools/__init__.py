"""Verbs for az, kubectl and helm: what to ask and what to run. They hold no state and run nothing themselves.

`from tools import helm` brings that file in when something of it is first used: `inv --list` needs none of them.
"""

from importlib import import_module
from types import ModuleType
from typing import Any


class _Verbs(ModuleType):
    """Stands for one file of this folder."""

    def __getattr__(self, name: str) -> Any:
        return getattr(import_module(self.__name__), name)


def __getattr__(name: str) -> ModuleType:
    if name.startswith("__"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return _Verbs(f"{__name__}.{name}")

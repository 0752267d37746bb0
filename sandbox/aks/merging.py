"""How a body is laid over what stands: AKS keeps what a body leaves out."""

from typing import Any


def merged(old: Any, new: Any) -> Any:
    """``new`` over ``old``: objects member by member, everything else replaced."""
    if isinstance(old, dict) and isinstance(new, dict):
        return old | {name: merged(old.get(name), value) for name, value in new.items()}
    return new

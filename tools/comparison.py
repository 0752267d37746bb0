"""Two documents compared: the paths at which they differ, in lines that a person can read."""

import json
from collections.abc import Iterator
from typing import Any

_LONGEST = 100


def differences(wanted: Any, found: Any, path: tuple[str, ...] = ()) -> Iterator[str]:
    """A line for each thing that is missing, that is there too, or that is another: ``wanted -> found``."""
    where = ": ".join(path)
    if isinstance(wanted, dict) and isinstance(found, dict):
        for key in sorted({*wanted, *found}):
            here = (*path, str(key))
            if key not in found:
                yield f"{': '.join(here)}: is missing ({_short(wanted[key])})"
            elif key not in wanted:
                yield f"{': '.join(here)}: is there too ({_short(found[key])})"
            else:
                yield from differences(wanted[key], found[key], here)
    elif isinstance(wanted, list) and isinstance(found, list) and len(wanted) == len(found):
        for number, (one, other) in enumerate(zip(wanted, found, strict=True)):
            yield from differences(one, other, (*path[:-1], f"{path[-1]}[{number}]") if path else (f"[{number}]",))
    elif wanted != found or type(wanted) is not type(found):  # to Python, 1 is True
        yield f"{where}: {_short(wanted)} -> {_short(found)}"


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."

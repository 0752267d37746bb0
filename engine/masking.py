"""What nobody shall read in a log, on the screen or in the journal: known secrets, and what looks like one."""

from __future__ import annotations

import re
import threading

HIDDEN = "***"

_SHAPES = re.compile(
    r"eyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]*"  # a JSON web token
    r"|(?<=[?&]sig=)[^&\s\"']+"  # the signature of a storage URL
    r"|(?<=Bearer )[\w.~+/=-]{8,}"
    r"|(?<=client-key-data: )[\w+/=]{8,}|(?<=client-key-data\": \")[\w+/=]{8,}"  # the key in a kubeconfig
    r"|(?<=[Tt]oken: )[\w.~+/=-]{16,}|(?<=[Tt]oken\": \")[^\"]{8,}"
    r"|(?<=[Pp]assword\": \")[^\"]+|(?<=_secret\": \")[^\"]+|(?<=_secret=)[^&\s\"']+"
    r"|-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)",
    re.DOTALL,
)

_SIGNS = re.compile(r"eyJ|sig=|Bearer |key-data|oken|ssword|_secret|PRIVATE KEY")
"""Each of the shapes has one of these in it. To look for them first is thirty times as quick."""

_ORDERS = re.compile(
    r"(\r\n?)|\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\))|([\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f])"
)
"""Returns of the carriage; escape sequences of a terminal, colours mostly; other control characters."""

_values: set[str] = set()
_registered: re.Pattern[str] | None = None
_lock = threading.Lock()


def mask(value: str) -> str:
    """Hides this value from now on, wherever it would be shown; gives it back. Short values would hide too much."""
    global _registered
    if len(value) >= 6:
        with _lock:
            _values.add(value)
            longest_first = sorted(_values, key=len, reverse=True)
            _registered = re.compile("|".join(map(re.escape, longest_first)))
    return value


def clean(text: str) -> str:
    """The text as it may be shown: without secrets, and without what a terminal would take for an order."""
    text = _ORDERS.sub(lambda order: "\n" if order[1] else "\N{REPLACEMENT CHARACTER}" if order[2] else "", text)
    if _registered is not None:
        text = _registered.sub(HIDDEN, text)
    return _SHAPES.sub(HIDDEN, text) if _SIGNS.search(text) else text

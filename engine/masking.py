"""What nobody shall read in a log, on the screen or in the journal: known secrets, and what looks like one."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable

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

_UNSEEN = "[\u00ad\u034f\u180e\u200b-\u200f\u2060-\u2064\ufeff]*"
"""Letters that nobody sees, and that a comparison of texts by a language's rules passes over."""

_COMMANDS = re.compile(
    rf"#(?={_UNSEEN}#{_UNSEEN}(?:v{_UNSEEN}s{_UNSEEN}o{_UNSEEN})?\[)|^([^\S\n]*{_UNSEEN}:)(?={_UNSEEN}:.*::)",
    re.MULTILINE | re.IGNORECASE,
)
"""Where a space makes words of what a pipeline's agent takes for a command: `##vso[` and `##[` wherever they stand,
`::name ...::` at the beginning of a line."""

_values: set[str] = set()
_listeners: list[Callable[[str], None]] = []
_longest_first: tuple[str, ...] | None = None
_lock = threading.Lock()


def mask(value: str) -> str:
    """Hides this value from now on, wherever it would be shown; gives it back. Short values would hide too much."""
    global _longest_first
    if len(value) < 6:
        return value
    with _lock:
        if value in _values:
            return value
        _values.add(value)
        _longest_first = None
        news = list(_listeners)
    for listener in news:
        listener(value)
    return value


def tell_secrets(listener: Callable[[str], None]) -> None:
    """Tells the listener, in whatever thread, each value that is hidden so far, and each later one once."""
    with _lock:
        _listeners.append(listener)
        known = list(_values)
    for value in known:
        listener(value)


def _known() -> tuple[str, ...]:
    """All values, those first that others may be a part of; put in order when it is needed: many may come before."""
    global _longest_first
    known = _longest_first
    if known is None:
        with _lock:
            known = _longest_first = tuple(sorted(_values, key=len, reverse=True))
    return known


def clean(text: str) -> str:
    """The text as it may be shown: no secret is in it, and nothing that a terminal or an agent would obey."""
    text = _ORDERS.sub(lambda order: "\n" if order[1] else "\N{REPLACEMENT CHARACTER}" if order[2] else "", text)
    for value in _known() if _values else ():
        if value in text:
            text = text.replace(value, HIDDEN)
    if _SIGNS.search(text):
        text = _SHAPES.sub(HIDDEN, text)
    return _COMMANDS.sub(lambda found: f"{found[0]} ", text) if "#" in text or "::" in text else text

"""What the programs themselves complain of: conditions of cert-manager's objects, and lines in logs."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

#: Letters of a complaint that are shown; the object or the log has the rest.
LETTERS = 200

#: A line of a log that is about this: an error's level, Entra's code, Resource Manager's or Graph's refusal.
COMPLAINT = re.compile(r"level=(error|fatal)|AADSTS\d+|AuthorizationFailed|Authorization_RequestDenied|NotInjected")


def in_objects(found: Any) -> tuple[str, ...]:
    """The reasons that issuers, certificates, orders and challenges give for not being ready."""
    return tuple(_objects(found)) if isinstance(found, list) else ()


def _objects(found: list[Mapping[str, Any]]) -> Iterator[str]:
    for one in found:
        status, what = one.get("status", {}), f"{one['kind']} {one['metadata']['name']}"
        if one["kind"] in ("Order", "Challenge"):
            if status.get("state") not in ("valid", "ready", None):
                yield _short(f"{what} {status['state']}: {status.get('reason', 'no reason given')}")
            continue
        for condition in status.get("conditions", []):
            if condition["type"] == "Ready" and condition["status"] != "True":
                yield _short(f"{what}: {condition.get('message', 'not ready')}")


def in_logs(lines: Any) -> tuple[str, ...]:
    """The last line that complains, from its complaint on."""
    for line in reversed(lines if isinstance(lines, list) else []):
        if COMPLAINT.search(line):
            code = re.search(r"(AADSTS\d+|AuthorizationFailed|Authorization_RequestDenied).*", line)
            return (_short(code[0] if code else line),)
    return ()


def _short(text: str) -> str:
    text = " ".join(text.replace("\\n", " ").split())
    return text if len(text) <= LETTERS else f"{text[: LETTERS - 1]}…"

"""The journal's format as a JSON Schema: `python -m engine.schema > docs/journal.schema.json` writes it anew."""

from __future__ import annotations

import json
from typing import Any

from engine.events import EVENTS, VERSION, Event

_EVERY_LINE: dict[str, Any] = {
    "v": {"const": VERSION, "description": "The version of the format."},
    "at": {"type": "string", "format": "date-time", "description": "When it was written, in UTC."},
    "t": {"type": "number", "minimum": 0, "description": "Seconds since the journal began."},
}


def journal_schema() -> dict[str, Any]:
    """The schema of one line. Unknown events and fields are valid: readers skip them."""
    definitions: dict[str, Any] = {}
    for event in EVENTS:
        definitions |= _definitions(event)
    of_event = [
        {"if": {"properties": {"event": {"const": event.event}}}, "then": {"$ref": f"#/$defs/{event.__name__}"}}
        for event in EVENTS
    ]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A line of a run's journal",
        "type": "object",
        "required": [*_EVERY_LINE, "event"],
        "properties": {**_EVERY_LINE, "event": {"type": "string", "examples": [event.event for event in EVENTS]}},
        "allOf": of_event,
        "$defs": definitions,
    }


def _definitions(event: type[Event]) -> dict[str, Any]:
    from pydantic import TypeAdapter

    schema = TypeAdapter(event).json_schema(ref_template="#/$defs/{model}")
    inner = schema.pop("$defs", {})
    return {event.__name__: _plain(schema), **{name: _plain(one) for name, one in inner.items()}}


def _plain(schema: dict[str, Any]) -> dict[str, Any]:
    """Without what only repeats: titles made from names, and defaults, which are never written."""
    kept = {key: value for key, value in schema.items() if key not in ("title", "default")}
    if "properties" in kept:
        kept["properties"] = {name: _plain(one) for name, one in kept["properties"].items()}
    if "description" in kept:
        kept["description"] = " ".join(kept["description"].split())
    return kept


if __name__ == "__main__":
    print(json.dumps(journal_schema(), indent=2))

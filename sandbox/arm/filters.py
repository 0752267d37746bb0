"""The few OData filters that Azure's lists are asked with."""

import re
from collections.abc import Callable
from typing import Any

from sandbox.errors import AzureError
from sandbox.store import Document

_CLAUSE = re.compile(r"\s*([\w/]+)\s+(eq|ne)\s+'((?:[^']|'')*)'\s*", re.IGNORECASE)
_FUNCTION = re.compile(r"\s*at\w*Scope\w*\(\)\s*|\s*assignedTo\('[^']*'\)\s*", re.IGNORECASE)
_STARTS = re.compile(r"\s*startswith\(\s*(\w+)\s*,\s*'([^']*)'\s*\)\s*", re.IGNORECASE)


def applied(text: str, documents: list[Document]) -> list[Document]:
    """The documents that an ``$filter`` lets through: ``name eq 'x'`` clauses joined by and/or, without case, on
    top-level fields or properties. Raises InvalidFilterInQueryString for any other."""
    if not text.strip():
        return documents
    tests = [
        [_test(clause) for clause in re.split(r"\s+and\s+", choice, flags=re.IGNORECASE)]
        for choice in re.split(r"\s+or\s+", text, flags=re.IGNORECASE)
    ]
    by_tag = _tagged(text)
    if by_tag:
        return [document for document in documents if by_tag(document)]
    return [document for document in documents if any(all(test(document) for test in group) for group in tests)]


def _test(clause: str) -> Callable[[Document], bool]:
    clause = clause.strip().strip("()") if clause.strip().startswith("(") else clause
    if _FUNCTION.fullmatch(clause):
        return lambda document: True  # the scope is the list's own business
    match = _STARTS.fullmatch(clause)
    if match:
        field, start = match.groups()
        return lambda document: str(value(document, field)).lower().startswith(start.lower())
    match = _CLAUSE.fullmatch(clause)
    if match is None:
        raise AzureError(
            400,
            "InvalidFilterInQueryString",
            f"Invalid $filter '{clause.strip()}' specified in the query string.",
        )
    field, operator, text = match.groups()
    wanted = text.replace("''", "'").lower()
    if operator.lower() == "ne":
        return lambda document: str(value(document, field)).lower() != wanted
    return lambda document: str(value(document, field)).lower() == wanted


def _tagged(text: str) -> Callable[[Document], bool] | None:
    """``tagName eq 'a' [and tagValue eq 'b']``: the two belong together."""
    clauses = {match[1].lower(): match[3] for match in _CLAUSE.finditer(text)}
    name, wanted = clauses.get("tagname"), clauses.get("tagvalue")
    if name is None:
        return None
    return lambda document: (
        name.lower() in {key.lower() for key in document.get("tags") or {}}
        and (wanted is None or wanted in {v for k, v in document["tags"].items() if k.lower() == name.lower()})
    )


def value(document: Document, field: str) -> Any:
    """A field by its OData name, without case: the document's own or one of its properties."""
    wanted = {"resourcetype": "type", "resourcegroup": "group"}.get(field.lower(), field.lower())
    if wanted == "group":
        parts = document["id"].split("/")
        return parts[4] if len(parts) > 4 else ""
    for fields in (document, document.get("properties") or {}):
        for name, content in fields.items():
            if name.lower() == wanted:
                return content
    return ""

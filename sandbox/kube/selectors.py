"""Label and field selectors: ``app=web,tier in (a, b),!old`` and ``metadata.name=web,status.phase!=Running``."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from sandbox.kube.errors import bad_request
from sandbox.store import Document

Test = Callable[[Document], bool]

_TERM = re.compile(
    r"\s*(?:(?P<absent>!)\s*(?P<gone>[\w./-]+)"
    r"|(?P<key>[\w./-]+)\s*(?:(?P<sign>==|=|!=|>|<)\s*(?P<value>[\w.-]*)|\s(?P<word>in|notin)\s*\((?P<values>[^)]*)\))?)"
    r"\s*(?:,|$)"
)

#: Fields that objects of a resource can be selected by, beside ``metadata.name`` and ``metadata.namespace``.
FIELDS: Mapping[str, tuple[str, ...]] = {
    "pods": (
        "spec.nodeName", "spec.restartPolicy", "spec.schedulerName", "spec.serviceAccountName",
        "spec.hostNetwork", "status.phase", "status.podIP", "status.nominatedNodeName",
    ),
    "events": (
        "involvedObject.kind", "involvedObject.namespace", "involvedObject.name", "involvedObject.uid",
        "involvedObject.apiVersion", "involvedObject.resourceVersion", "involvedObject.fieldPath",
        "reason", "reportingComponent", "source", "type",
    ),
    "secrets": ("type",),
    "namespaces": ("status.phase",),
    "nodes": ("spec.unschedulable",),
    "services": ("spec.clusterIP", "spec.type"),
    "replicationcontrollers": ("status.replicas",),
    "apps/replicasets": ("status.replicas",),
    "batch/jobs": ("status.successful",),
    "certificates.k8s.io/certificatesigningrequests": ("spec.signerName",),
}  # fmt: skip


def labels(selector: str) -> Test:
    """The test that a label selector stands for; raises ApiError 400 for one that cannot be read."""
    tests: list[Callable[[Mapping[str, str]], bool]] = []
    position = 0
    while position < len(selector):
        term = _TERM.match(selector, position)
        if term is None or term.end() == position:
            raise bad_request(f"unable to parse requirement: found '{selector[position:]}'")
        position = term.end()
        tests.append(_requirement(term))
    return lambda document: all(test(document["metadata"].get("labels") or {}) for test in tests)


def _requirement(term: re.Match[str]) -> Callable[[Mapping[str, str]], bool]:
    key, sign, value = term["key"], term["sign"], term["value"]
    if term["absent"]:
        gone = term["gone"]
        return lambda found: gone not in found
    if term["word"]:
        values = {one.strip() for one in term["values"].split(",")}
        if term["word"] == "in":
            return lambda found: found.get(key) in values
        return lambda found: found.get(key) not in values
    if sign in ("=", "=="):
        return lambda found: found.get(key) == value
    if sign == "!=":
        return lambda found: found.get(key) != value
    if sign in (">", "<"):
        if not value.isdecimal():
            raise bad_request(f"for 'Gt', 'Lt' operators, the value must be an integer: {value}")
        greater = sign == ">"
        return lambda found: found.get(key, "").isdecimal() and (int(found[key]) > int(value)) is greater
    return lambda found: key in found


def fields(selector: str, resource: str, extra: tuple[str, ...] = ()) -> Test:
    """The test that a field selector on a resource stands for; raises ApiError 400 for a field that it lacks."""
    tests: list[tuple[str, bool, str]] = []
    for term in filter(None, selector.split(",")):
        parts = re.match(r"([^=!]+)(==|=|!=)(.*)", term)
        if parts is None:
            raise bad_request(f"invalid selector: '{term}'; can't understand '{term}'")
        path, sign, value = parts.groups()
        if path not in ("metadata.name", "metadata.namespace", *FIELDS.get(resource, ()), *extra):
            raise bad_request(f"field label not supported: {path}")
        tests.append((path, sign != "!=", value.replace("\\,", ",").replace("\\=", "=")))
    return lambda document: all((_text(document, path) == value) is wanted for path, wanted, value in tests)


def _text(document: Document, path: str) -> str:
    value: Any = document
    for name in path.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    if path == "status.successful":
        value = document.get("status", {}).get("succeeded", 0)
    if path == "source":
        value = document.get("source", {}).get("component")
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value)


def matches(selector: Document | None, found: Mapping[str, str]) -> bool:
    """Whether labels satisfy a ``LabelSelector`` object (``matchLabels``, ``matchExpressions``). None matches none."""
    if selector is None:
        return False
    if any(found.get(key) != value for key, value in (selector.get("matchLabels") or {}).items()):
        return False
    for term in selector.get("matchExpressions") or []:
        key, values = term["key"], term.get("values") or []
        held = {
            "In": found.get(key) in values,
            "NotIn": found.get(key) not in values,
            "Exists": key in found,
            "DoesNotExist": key not in found,
        }
        if not held.get(term["operator"], False):
            return False
    return True


def as_text(selector: Document | None) -> str:
    """A ``LabelSelector`` object in the notation of queries: ``app=web,tier in (a,b)``."""
    selector = selector or {}
    terms = [f"{key}={value}" for key, value in sorted((selector.get("matchLabels") or {}).items())]
    for term in selector.get("matchExpressions") or []:
        listed = ",".join(sorted(term.get("values") or []))
        terms.append(
            {
                "In": f"{term['key']} in ({listed})",
                "NotIn": f"{term['key']} notin ({listed})",
                "Exists": term["key"],
                "DoesNotExist": f"!{term['key']}",
            }[term["operator"]]
        )
    return ",".join(terms)

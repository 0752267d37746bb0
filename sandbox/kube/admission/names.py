"""How names, labels and annotations are written, and what the API server says to those that are not."""

import re

from sandbox.kube.errors import Cause, invalid_value
from sandbox.kube.kinds import Kind
from sandbox.store import Document

LABEL = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?"
SUBDOMAIN = rf"{LABEL}(\.{LABEL})*"
_1035 = r"[a-z]([-a-z0-9]*[a-z0-9])?"
_QUALIFIED = r"([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]"
_VALUE = rf"({_QUALIFIED})?"

LABEL_RULE = (
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end "
    f"with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '{LABEL}')"
)
SUBDOMAIN_RULE = (
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start "
    f"and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '{SUBDOMAIN}')"
)
_1035_RULE = (
    "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, "
    f"and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '{_1035}')"
)
_VALUE_RULE = (
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and "
    "end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is "
    f"'{_VALUE}')"
)
_KEY_RULE = (
    "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric "
    "character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is "
    f"'{_QUALIFIED}')"
)

#: How names of a resource are written, where not as subdomains: pattern, longest, rule.
_NAMES: dict[str, tuple[str, int, str]] = {
    "namespaces": (LABEL, 63, LABEL_RULE),
    "services": (_1035, 63, _1035_RULE),
    "rbac": (r"[^/%]+", 253, "may not contain '/' or '%'"),
}


def name_error(name: str, resource: str) -> str | None:
    """What is wrong with an object's name, or None."""
    rule = "rbac" if resource.startswith("rbac.authorization.k8s.io/") else resource
    pattern, longest, said = _NAMES.get(rule, (SUBDOMAIN, 253, SUBDOMAIN_RULE))
    if len(name) > longest:
        return f"must be no more than {longest} characters"
    return None if re.fullmatch(pattern, name) and name not in (".", "..") else said


def metadata(document: Document, kind: Kind) -> list[Cause]:
    """What is wrong with the metadata of any object."""
    causes = []
    own = document["metadata"]
    if said := name_error(own.get("name", ""), kind.resource):
        causes.append(invalid_value("metadata.name", own.get("name", ""), said))
    causes += labels(own.get("labels") or {}, "metadata.labels")
    for key in own.get("annotations") or {}:
        causes += _key(key, "metadata.annotations")
    return causes


def labels(found: dict[str, str], path: str) -> list[Cause]:
    causes = []
    for key, value in found.items():
        causes += _key(key, path)
        if len(value) > 63:
            causes.append(invalid_value(path, value, "must be no more than 63 bytes"))
        elif not re.fullmatch(_VALUE, value):
            causes.append(invalid_value(path, value, _VALUE_RULE))
    return causes


def _key(key: str, path: str) -> list[Cause]:
    prefix, slash, name = key.rpartition("/")
    if slash and not re.fullmatch(SUBDOMAIN, prefix.lower()):
        return [invalid_value(path, key, f"prefix part {SUBDOMAIN_RULE}")]
    if not name or len(name) > 63:
        said = "name part must be non-empty" if not name else "name part must be no more than 63 bytes"
        return [invalid_value(path, key, said)]
    return [] if re.fullmatch(_QUALIFIED, name) else [invalid_value(path, key, _KEY_RULE)]

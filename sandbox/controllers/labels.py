"""Label selectors: which objects a Service, a ReplicaSet or a namespace selector means."""

from collections.abc import Mapping

from sandbox.store import Document


def labels_of(document: Document) -> dict[str, str]:
    return document["metadata"].get("labels") or {}


def equal(wanted: Mapping[str, str], labels: Mapping[str, str]) -> bool:
    """Whether ``labels`` has all of ``wanted``."""
    return all(labels.get(name) == value for name, value in wanted.items())


def selected(selector: Document | None, labels: Mapping[str, str]) -> bool:
    """Whether a LabelSelector (``matchLabels``, ``matchExpressions``) takes these labels. {} takes all, None none."""
    if selector is None:
        return False
    return equal(selector.get("matchLabels") or {}, labels) and all(
        _holds(expression, labels) for expression in selector.get("matchExpressions") or ()
    )


def _holds(expression: Document, labels: Mapping[str, str]) -> bool:
    value, values = labels.get(expression["key"]), expression.get("values") or []
    match expression["operator"]:
        case "In":
            return value in values
        case "NotIn":
            return value not in values
        case "Exists":
            return value is not None
        case "DoesNotExist":
            return value is None
        case "Gt":
            return value is not None and int(value) > int(values[0])
        case "Lt":
            return value is not None and int(value) < int(values[0])
    return False

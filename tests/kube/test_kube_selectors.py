"""Label and field selectors."""

from typing import Any

import pytest

from sandbox.kube import selectors
from sandbox.kube.errors import ApiError


def pod(**labels: str) -> dict[str, Any]:
    return {"metadata": {"name": "p", "namespace": "ns", "labels": labels}, "status": {"phase": "Running"}}


@pytest.mark.parametrize(
    ("selector", "selected"),
    [
        ("", True),
        ("app=web", True),
        ("app==web,tier=front", True),
        ("app!=web", False),
        ("app in (api, web)", True),
        ("app notin (api,web)", False),
        ("app,!old", True),
        ("!app", False),
        ("missing notin (x)", True),
        ("example.com/a=1", False),
    ],
)
def test_label_selectors(selector: str, selected: bool) -> None:
    assert selectors.labels(selector)(pod(app="web", tier="front")) is selected


def test_an_unreadable_label_selector_is_refused() -> None:
    with pytest.raises(ApiError, match="unable to parse requirement"):
        selectors.labels("app in")(pod())


@pytest.mark.parametrize(
    ("selector", "selected"),
    [
        ("metadata.name=p", True),
        ("status.phase=Running,metadata.namespace=ns", True),
        ("status.phase!=Running", False),
        ("spec.nodeName=", True),
    ],
)
def test_field_selectors(selector: str, selected: bool) -> None:
    assert selectors.fields(selector, "pods")(pod()) is selected


def test_a_field_that_nobody_selects_by_is_refused() -> None:
    with pytest.raises(ApiError, match=r"field label not supported: spec\.replicas"):
        selectors.fields("spec.replicas=1", "apps/deployments")


def test_a_selector_object_reads_as_a_query() -> None:
    terms = [{"key": "tier", "operator": "In", "values": ["b", "a"]}, {"key": "old", "operator": "DoesNotExist"}]
    selector = {"matchLabels": {"app": "web"}, "matchExpressions": terms}
    assert selectors.as_text(selector) == "app=web,tier in (a,b),!old"
    assert selectors.matches(selector, {"app": "web", "tier": "a"})
    assert not selectors.matches(selector, {"app": "web", "tier": "a", "old": ""})
    assert not selectors.matches(None, {"app": "web"})

"""Differences of two documents, in lines that a person can read."""

import pytest

from tools.comparison import differences

LAB = {"records": {"www": {"ttl": 300, "to": ["203.0.113.2"]}}, "pods": {"web": {"ready": 1}}}


def test_the_same_has_none() -> None:
    assert list(differences(LAB, {"pods": {"web": {"ready": 1}}, "records": LAB["records"]})) == []


@pytest.mark.parametrize(
    ("found", "line"),
    [
        ({**LAB, "pods": {}}, 'pods: web: is missing ({"ready": 1})'),
        ({**LAB, "pods": {"web": {"ready": 1}, "job": 1}}, "pods: job: is there too (1)"),
        ({**LAB, "pods": {"web": {"ready": True}}}, "pods: web: ready: 1 -> true"),
        (
            {**LAB, "records": {"www": {"ttl": 300, "to": ["203.0.113.9"]}}},
            'records: www: to[0]: "203.0.113.2" -> "203.0.113.9"',
        ),
        (
            {**LAB, "records": {"www": {"ttl": 300, "to": []}}},
            'records: www: to: ["203.0.113.2"] -> []',
        ),
    ],
)
def test_each_is_said_with_its_place(found: object, line: str) -> None:
    assert list(differences(LAB, found)) == [line]

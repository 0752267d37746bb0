"""Forms: what the command line says is checked, all of what is missing or wrong is told, the rest is asked for."""

from __future__ import annotations

import io
import sys

import pytest

from engine.errors import UsageError
from tools.form import Blank, Form
from tools.offers import Offer, chosen

ZONES = [
    Offer("rg-a/lab.contoso.com", names=("lab.contoso.com",)),
    Offer("rg-b/lab.contoso.com", names=("lab.contoso.com",)),
    Offer("rg-b/contoso.com", names=("contoso.com",)),
]
ZONE = Blank("--zone", "DNS zone", lambda typed: chosen(typed, ZONES, "DNS zone"), ZONES)


def test_one_is_chosen_by_any_of_its_names() -> None:
    assert chosen("rg-b/contoso.com", ZONES, "DNS zone") == chosen("Contoso.com", ZONES, "DNS zone")


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("lab.contoso.com", "2 are called 'lab.contoso.com': say rg-a/lab.contoso.com or rg-b/lab.contoso.com"),
        ("contosso.com", "there is no DNS zone 'contosso.com' - did you mean 'contoso.com'?"),
    ],
)
def test_what_is_none_or_more_than_one_is_told(typed: str, told: str) -> None:
    with pytest.raises(ValueError) as raised:
        chosen(typed, ZONES, "DNS zone")
    assert str(raised.value) == told


def test_all_that_is_missing_and_all_that_is_wrong_is_told_at_once() -> None:
    with pytest.raises(UsageError, match=r"no terminal to ask at: say --zone, --location too$"):
        Form({"--zone": "", "--location": "", "--email": ""}, optional=["--email"])
    form = Form({"--zone": "x", "--other": "1"}, optional=())
    form.fill(ZONE)
    form.fill(Blank("--other", "Another", lambda typed: chosen(typed, ZONES, "zone")))  # no number of an offer either
    with pytest.raises(UsageError) as raised:
        form.check()
    assert str(raised.value) == "--zone: there is no DNS zone 'x'\n--other: there is no zone '1'"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_is_asked_until_it_is_right(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = Terminal()
    monkeypatch.setattr(sys, "stdin", Terminal("nowhere\n\n4\n3\n"))
    monkeypatch.setattr(sys, "stdout", shown)
    form = Form({"--zone": "nothing"}, optional=())
    assert form.fill(ZONE) == "rg-b/contoso.com"
    form.check()
    said = shown.getvalue()
    assert "--zone: there is no DNS zone 'nothing'" in said and "there is no DNS zone 'nowhere'" in said
    assert said.count("DNS zone: ") == 4


def test_an_empty_line_is_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", Terminal("\n"))
    monkeypatch.setattr(sys, "stdout", Terminal())
    blank = Blank(ZONE.flag, ZONE.what, ZONE.accept, ZONES, default="rg-a/lab.contoso.com")
    assert Form({"--zone": ""}, optional=()).fill(blank) == "rg-a/lab.contoso.com"


def test_a_terminal_that_is_closed_ends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", Terminal("nowhere\n"))
    monkeypatch.setattr(sys, "stdout", Terminal())
    with pytest.raises(UsageError, match="nothing was done"):
        Form({"--zone": ""}, optional=()).fill(ZONE)

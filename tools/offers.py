"""What there is to make an environment of, as az lists it: subscriptions, regions, DNS zones, groups, one's e-mail."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from engine.errors import Absent
from engine.goal import Completed, Question
from engine.settings import nearest
from tools import az


@dataclass(frozen=True)
class Offer:
    """One of several. ``value`` is what is written down, ``about`` tells it from the others; ``names`` it has too."""

    value: str
    about: str = ""
    names: tuple[str, ...] = ()


def chosen(typed: str, offers: list[Offer], what: str) -> str:
    """The value of the one that is meant; capitals do not matter.

    :raises ValueError: none is, or more than one
    """
    word = typed.casefold()
    found = [one.value for one in offers if word in (name.casefold() for name in (one.value, *one.names))]
    if not found:
        known = [name for one in offers for name in (one.value, *one.names)]
        raise ValueError(f"there is no {what} '{typed}'{nearest(typed, known)}")
    if len(found) > 1:
        which = "they cannot be told apart" if len(set(found)) == 1 else f"say {' or '.join(found)}"
        raise ValueError(f"{len(found)} are called '{typed}': {which}")
    return found[0]


def subscriptions() -> Question:
    """Those that whoever is signed in may use, az's default first. Empty where nobody is signed in."""

    def read(found: list[dict[str, Any]]) -> list[Offer]:
        enabled = (one for one in found if one["state"] == "Enabled")
        return [
            Offer(one["id"], one["name"], (one["name"],))
            for one in sorted(enabled, key=lambda one: not one["isDefault"])
        ]

    return _listed(az.az("account", "list"), "account", read)


def regions(subscription: str) -> Question:
    """The regions that a subscription may use. `az account list-locations` only knows the default subscription's."""

    def read(found: dict[str, Any]) -> list[Offer]:
        physical = (one for one in found["value"] if one["metadata"]["regionType"] == "Physical")
        return sorted((Offer(one["name"], one["displayName"], (one["displayName"],)) for one in physical), key=str)

    url = f"/subscriptions/{subscription}/locations?api-version=2022-12-01"
    return _listed(az.az("rest", "--method", "get", "--url", url), "locations", read)


def zones(subscription: str) -> Question:
    """The public DNS zones, each as <resource group>/<zone>."""

    def read(found: list[dict[str, Any]]) -> list[Offer]:
        public = (one for one in found if one["zoneType"] == "Public")
        return [Offer(f"{one['resourceGroup']}/{one['name']}", names=(one["name"],)) for one in public]

    return _listed(az.az("network", "dns", "zone", "list", "--subscription", subscription), "dns", read)


def groups() -> Question:
    """The security groups of the directory; absent where the caller may not list them."""
    command = az.az("ad", "group", "list", "--filter", "securityEnabled eq true", "--query", "[].displayName")
    refused = az.absent_where("Authorization_RequestDenied", "Insufficient privileges")

    def read(completed: Completed) -> list[Offer]:
        return [Offer(name) for name in sorted(refused(completed))]

    return Question(command=command, read=read, topic="az/directory/groups", accepts=frozenset({0, 1}))


def mail() -> Question:
    """The e-mail address of who is signed in; absent for who has none, such as a service principal."""
    command = az.az("ad", "signed-in-user", "show", "--query", "mail")
    none = az.absent_where("/me request is only valid", "Authorization_RequestDenied", "Insufficient privileges")

    def read(completed: Completed) -> str:
        if found := none(completed):
            return str(found)
        raise Absent("the signed-in user has no e-mail address")

    return Question(command=command, read=read, topic="az/directory/caller", accepts=frozenset({0, 1}))


def _listed(command: Any, topic: str, read: Callable[[Any], list[Offer]]) -> Question:
    return az.question(command, topic, lambda completed: read(az.answer(completed)))

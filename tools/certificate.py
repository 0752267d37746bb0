"""Certificates from an ACME server: issuers that are registered there, and certificates that it has issued."""

from collections.abc import Iterable
from typing import Any

from engine.errors import Absent
from engine.goal import Differs, Goal, Holds, Missing, Settle, State
from tools import kubectl
from tools.complaints import in_objects
from tools.outcomes import CERTIFICATES

Object = dict[str, Any]


def issuer_ready(name: str, within_s: float = 300) -> Goal:
    """Waits until the cluster issuer has its account; an address that the ACME server refuses ends the wait."""

    def judge(found: Object | Absent) -> State:
        return Missing(f"clusterissuer {name}") if isinstance(found, Absent) else _ready(found, [found])

    what = f"clusterissuer {name} ready"
    wait = Settle(within_s, what, every_s=1, signs=CERTIFICATES)
    return Goal(what, asks=(kubectl.shown("clusterissuer", name),), judge=judge, settle=wait)


def issued(name: str, namespace: str, within_s: float = 900) -> Goal:
    """Waits until the certificate is there; tells how far its order has come meanwhile. cert-manager tries a failed
    order again after an hour only, so that what the ACME server has refused ends the wait."""

    def judge(objects: list[Object] | Absent) -> State:
        found = [] if isinstance(objects, Absent) else objects
        certificate = next((one for one in found if (one["kind"], _name(one)) == ("Certificate", name)), None)
        if certificate is None:
            return Missing(f"certificate {name}")
        return _ready(certificate, [certificate, *_newest_order(name, found)])

    what = f"certificate {name} ready"
    wait = Settle(within_s, what, every_s=1, usually="1 to 5 min", signs=CERTIFICATES)
    return Goal(what, asks=(kubectl.listed("certificates,orders,challenges", namespace),), judge=judge, settle=wait)


def _ready(one: Object, about: Iterable[Object]) -> State:
    conditions = one.get("status", {}).get("conditions", [])
    if any(condition["type"] == "Ready" and condition["status"] == "True" for condition in conditions):
        return Holds()
    return Differs(in_objects([*about]) or (f"{one['kind']} {_name(one)} is not ready",))


def _newest_order(certificate: str, objects: list[Object]) -> list[Object]:
    """The newest order for the certificate, and its challenges: each has the name that it comes from, and more."""
    orders = [one for one in objects if one["kind"] == "Order" and _name(one).startswith(f"{certificate}-")]
    newest = max(orders, key=lambda order: order["metadata"]["creationTimestamp"], default=None)
    if newest is None:
        return []
    begin = f"{_name(newest)}-"
    return [newest, *(one for one in objects if one["kind"] == "Challenge" and _name(one).startswith(begin))]


def _name(one: Object) -> str:
    return str(one["metadata"]["name"])

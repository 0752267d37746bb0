"""The columns of accounts, roles, bindings, definitions and webhooks."""

from collections.abc import Callable

from sandbox.kube.tables.column import Column, number, wide
from sandbox.store import Document


def _moment(one: Document) -> str:
    return one["metadata"].get("creationTimestamp", "")


def _subjects(kind: str) -> Callable[[Document], str]:
    def listed(binding: Document) -> str:
        found = [one for one in binding.get("subjects") or [] if one.get("kind") == kind]
        if kind == "ServiceAccount":
            return ", ".join(f"{one.get('namespace', '')}/{one['name']}" for one in found)
        return ", ".join(one["name"] for one in found)

    return listed


_BINDING = (
    Column("Role", lambda one: f"{one['roleRef']['kind']}/{one['roleRef']['name']}"),
    wide("Users", _subjects("User")),
    wide("Groups", _subjects("Group")),
    wide("ServiceAccounts", _subjects("ServiceAccount")),
)
_CREATED = (Column("Created At", _moment, "date"),)
_WEBHOOKS = (number("Webhooks", lambda one: len(one.get("webhooks") or [])),)


def _available(service: Document) -> str:
    conditions = {one["type"]: one for one in (service.get("status") or {}).get("conditions") or []}
    found = conditions.get("Available")
    if found is None:
        return "Unknown"
    return found["status"] if found["status"] == "True" else f"{found['status']} ({found.get('reason', '')})"


COLUMNS = {
    "serviceaccounts": (number("Secrets", lambda one: len(one.get("secrets") or [])),),
    "rbac.authorization.k8s.io/roles": _CREATED,
    "rbac.authorization.k8s.io/clusterroles": _CREATED,
    "rbac.authorization.k8s.io/rolebindings": _BINDING,
    "rbac.authorization.k8s.io/clusterrolebindings": _BINDING,
    "apiextensions.k8s.io/customresourcedefinitions": _CREATED,
    "admissionregistration.k8s.io/mutatingwebhookconfigurations": _WEBHOOKS,
    "admissionregistration.k8s.io/validatingwebhookconfigurations": _WEBHOOKS,
    "scheduling.k8s.io/priorityclasses": (
        number("Value", lambda one: one.get("value")),
        Column("Global-Default", lambda one: bool(one.get("globalDefault")), "boolean"),
    ),
    "apiregistration.k8s.io/apiservices": (
        Column(
            "Service",
            lambda one: (
                "{namespace}/{name}".format(**one["spec"]["service"]) if one["spec"].get("service") else "Local"
            ),
        ),
        Column("Available", _available),
    ),
}

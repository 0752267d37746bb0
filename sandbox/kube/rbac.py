"""Who may do what in a cluster: its Roles and ClusterRoles, and Azure roles on the cluster."""

from collections.abc import Iterator
from dataclasses import dataclass

from sandbox.arm import roles as azure_roles
from sandbox.kube import selectors
from sandbox.kube.authentication import User
from sandbox.kube.errors import ApiError, forbidden
from sandbox.kube.objects import Objects
from sandbox.store import Document
from sandbox.world import World

GROUP = "rbac.authorization.k8s.io"
#: What AKS adds to a refusal where Azure roles decide.
AZURE_REFUSAL = "User does not have access to the resource in Azure. Update role assignment to allow access."

_AZURE_VERBS = {
    "get": "read", "list": "read", "watch": "read", "create": "write", "update": "write", "patch": "write",
    "delete": "delete", "deletecollection": "delete",
}  # fmt: skip


@dataclass(frozen=True)
class Attempt:
    """What somebody wants to do: a verb on a resource, or on a path (``/healthz``) where ``path`` is set."""

    verb: str
    group: str = ""
    resource: str = ""
    subresource: str = ""
    namespace: str = ""
    name: str = ""
    path: str = ""

    @property
    def full_resource(self) -> str:
        return f"{self.resource}/{self.subresource}" if self.subresource else self.resource


def require(world: World, record: Document, objects: Objects, user: User, attempt: Attempt) -> None:
    """Raise ApiError 403 in the API server's words unless ``user`` may do it."""
    if allowed(world, record, objects, user, attempt):
        return
    if attempt.path:
        why = f'User "{user.name}" cannot {attempt.verb} path "{attempt.path}"'
        raise ApiError(403, "Forbidden", f"forbidden: {why}", {})
    where = f'in the namespace "{attempt.namespace}"' if attempt.namespace else "at the cluster scope"
    why = (
        f'User "{user.name}" cannot {attempt.verb} resource "{attempt.full_resource}" '
        f'in API group "{attempt.group}" {where}'
    )
    if by_azure(record) and user.principal is not None:
        why += f": {AZURE_REFUSAL}"
    resource = f"{attempt.group}/{attempt.resource}" if attempt.group else attempt.resource
    raise forbidden(resource, attempt.name, why)


def by_azure(record: Document) -> bool:
    """Whether Azure role assignments count in the cluster."""
    return bool((record["properties"].get("aadProfile") or {}).get("enableAzureRBAC"))


def allowed(world: World, record: Document, objects: Objects, user: User, attempt: Attempt) -> bool:
    """Whether ``user`` may do it, by any of the cluster's authorities."""
    if "system:masters" in user.groups:
        return True
    if user.principal is not None and by_azure(record):
        scope = record["id"] + (f"/namespaces/{attempt.namespace}" if attempt.namespace else "")
        if azure_roles.data_allowed(world, user.principal, azure_action(attempt), scope):
            return True
    if attempt.path:
        return any(_covers_path(rule, attempt) for rule in rules(objects, user, ""))
    return any(_covers(rule, attempt) for rule in rules(objects, user, attempt.namespace))


def azure_action(attempt: Attempt) -> str:
    """The data action that stands for an attempt: ``…/managedClusters/apps/deployments/write``."""
    what = f"{attempt.group}/{attempt.full_resource}" if attempt.group else attempt.full_resource
    if attempt.path:
        what = attempt.path.strip("/")
    verb = _AZURE_VERBS.get(attempt.verb, f"{attempt.verb}/action")
    return f"Microsoft.ContainerService/managedClusters/{what}/{verb}"


def rules(objects: Objects, user: User, namespace: str) -> Iterator[Document]:
    """The rules that hold for a user: of the whole cluster, and of one namespace."""
    for binding in objects.list(f"{GROUP}/clusterrolebindings"):
        if any(_is(user, subject, "") for subject in binding.get("subjects") or []):
            yield from _role(objects, binding["roleRef"], "")
    if namespace:
        for binding in objects.list(f"{GROUP}/rolebindings", namespace):
            if any(_is(user, subject, namespace) for subject in binding.get("subjects") or []):
                yield from _role(objects, binding["roleRef"], namespace)


def _role(objects: Objects, reference: Document, namespace: str) -> Iterator[Document]:
    if reference["kind"] == "Role":
        role = objects.find(f"{GROUP}/roles", namespace, reference["name"])
    else:
        role = objects.find(f"{GROUP}/clusterroles", "", reference["name"])
    if role is None:
        return
    yield from role.get("rules") or []
    for selector in (role.get("aggregationRule") or {}).get("clusterRoleSelectors") or []:
        for part in objects.list(f"{GROUP}/clusterroles"):
            if part is not role and selectors.matches(selector, part["metadata"].get("labels") or {}):
                yield from _role(objects, {"kind": "ClusterRole", "name": part["metadata"]["name"]}, "")


def _is(user: User, subject: Document, namespace: str) -> bool:
    if subject["kind"] == "ServiceAccount":
        home = subject.get("namespace") or namespace
        return user.name == f"system:serviceaccount:{home}:{subject['name']}"
    return subject["name"] in user.groups if subject["kind"] == "Group" else subject["name"] == user.name


def _covers(rule: Document, attempt: Attempt) -> bool:
    verbs, groups, named = rule.get("verbs") or [], rule.get("apiGroups") or [], rule.get("resources") or []
    resources = {"*", attempt.full_resource}
    if attempt.subresource:
        resources.add(f"*/{attempt.subresource}")
    return (
        bool({"*", attempt.verb} & set(verbs))
        and bool({"*", attempt.group} & set(groups))
        and bool(resources & set(named))
        and (not rule.get("resourceNames") or attempt.name in rule["resourceNames"])
    )


def _covers_path(rule: Document, attempt: Attempt) -> bool:
    if not {"*", attempt.verb} & set(rule.get("verbs") or []):
        return False
    for pattern in rule.get("nonResourceURLs") or []:
        if pattern in ("*", attempt.path) or (pattern.endswith("*") and attempt.path.startswith(pattern.rstrip("*"))):
            return True
    return False

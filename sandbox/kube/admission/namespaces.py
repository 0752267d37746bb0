"""Namespaces as the precondition of everything in them."""

from typing import TYPE_CHECKING

from sandbox.kube.errors import forbidden, not_found

if TYPE_CHECKING:
    from sandbox.kube.call import Call

#: Namespaces that cannot be deleted.
FOREVER = ("default", "kube-system", "kube-public")


def require_open(call: "Call") -> None:
    """Raise ApiError unless the namespace of a new object is there (404) and stays (403)."""
    if not call.kind.namespaced:
        return
    namespace = call.objects.find("namespaces", "", call.namespace)
    if namespace is None:
        raise not_found("namespaces", call.namespace)
    if "deletionTimestamp" in namespace["metadata"] and call.kind.resource != "events":
        said = f"unable to create new content in namespace {call.namespace} because it is being terminated"
        refusal = forbidden(call.kind.requested, call.name, said)
        assert refusal.details is not None
        cause = {
            "reason": "NamespaceTerminating", "message": f"namespace {call.namespace} is being terminated",
            "field": "metadata.namespace",
        }  # fmt: skip
        refusal.details["causes"] = [cause]
        raise refusal

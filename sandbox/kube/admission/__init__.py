"""Between a request and the store: bodies decoded against their schema, defaults filled in, objects checked."""

import copy
import uuid
from collections.abc import Callable
from typing import TYPE_CHECKING

from sandbox.kube import crds, versions
from sandbox.kube.admission import customs, defaults, names, namespaces, services, validation
from sandbox.kube.errors import ApiError, bad_request, invalid
from sandbox.kube.schemas import decoding
from sandbox.kube.schemas.shapes import builtin
from sandbox.store import Document

if TYPE_CHECKING:
    from sandbox.kube.call import Call

Review = Callable[[Document], Document]


def decoded(call: "Call", body: Document, *, applied: bool) -> tuple[Document, list[str]]:
    """A body without nulls and unknown fields, and warnings of what was unknown. Raises ApiError 400 where the
    request says ``fieldValidation=Strict``; an apply never takes unknown fields."""
    kind = call.kind
    if kind.custom:
        document, unknown = customs.pruned(call.shape, body)
        metadata, more = decoding.decode(kind.kind, kind.version, builtin("meta.v1.ObjectMeta"), body["metadata"])
        document["metadata"] = metadata
        unknown += [f'unknown field "metadata.{one.split(chr(34))[1]}"' for one in more]
    else:
        document, unknown = decoding.decode(kind.kind, kind.version, call.shape, body)
    if unknown and applied:
        place = "/".join(filter(None, (call.namespace, call.name)))
        field = unknown[0].split('"')[1]
        said = f"({place}; {kind.api_version}, Kind={kind.kind}): .{field}: field not declared in schema"
        raise ApiError(500, "", f"failed to create typed patch object {said}")
    mode = call.query("fieldValidation", "Warn")
    if unknown and mode == "Strict":
        said = f"strict decoding error: {', '.join(unknown)}"
        if kind.custom:
            raise bad_request(said)
        raise decoding.cannot_handle(kind.kind, kind.version, said)
    return document, unknown if mode == "Warn" else []


def admit(call: "Call", live: Document | None, document: Document, review: Review) -> Document:
    """The object as it may be stored in place of ``live`` (None: it is new), in its stored version. ``review`` may
    alter or refuse it before it is checked (service accounts, webhooks). Raises ApiError 422 for what is wrong in it,
    403 and 404 for a namespace that takes nothing."""
    kind, resource = call.kind, call.kind.resource
    document = versions.storable(copy.deepcopy(document), kind)
    if live is None:
        namespaces.require_open(call)
        # A client does not choose these; Jobs need the uid before they are stored.
        document["metadata"] = {
            name: value for name, value in document["metadata"].items()
            if name not in ("uid", "creationTimestamp", "generation", "deletionTimestamp", "selfLink")
        } | {"uid": str(uuid.uuid4())}  # fmt: skip
        if "status" in kind.subresources and resource != "nodes":
            document.pop("status", None)
    if kind.custom:
        document = review(document)
        definition = call.registry.definition(kind)
        assert definition is not None
        schema = crds.schema(definition, kind.version)
        document = customs.defaulted(schema, document)
        causes = names.metadata(document, kind) + customs.violations(schema, document)
    else:
        defaults.fill(resource, document)
        if resource == "services":
            services.allocate(call.objects, document, live)
        if resource == "persistentvolumeclaims" and live is None:
            defaults.default_storage_class(call.objects, document)
        document = review(document)
        causes = names.metadata(document, kind) + validation.violations(call.objects, resource, document, live)
    if causes:
        raise invalid(kind.group, kind.kind, document["metadata"].get("name", ""), causes)
    if resource == "apiextensions.k8s.io/customresourcedefinitions":
        document = crds.establish(document)
    return document


def before_delete(call: "Call", namespace: str, name: str) -> None:
    """What forbids a deletion (raises ApiError), and what goes with an object at once."""
    if call.kind.resource == "namespaces" and name in namespaces.FOREVER:
        raise ApiError(
            403, "Forbidden", f'namespaces "{name}" is forbidden: this namespace may not be deleted',
            {"name": name, "kind": "namespaces"},
        )  # fmt: skip
    if call.kind.resource == "apiextensions.k8s.io/customresourcedefinitions" and not call.dry_run:
        definition = call.objects.get(call.kind.resource, "", name)
        resource = f"{definition['spec']['group']}/{definition['spec']['names']['plural']}"
        for one in call.objects.list(resource):
            call.objects.delete(resource, one["metadata"].get("namespace") or "", one["metadata"]["name"])

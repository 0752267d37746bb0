"""POST, PUT, PATCH and DELETE: what is checked, filled in and recorded before an object is stored."""

import copy
from typing import Any

from starlette.responses import JSONResponse, Response

from sandbox.controllers import admission as controllers
from sandbox.kube import admission, bootstrap, ownership, patches, reading, strategic, versions
from sandbox.kube.call import Call
from sandbox.kube.errors import (
    ApiError,
    Cause,
    bad_request,
    conflict,
    invalid,
    method_not_allowed,
    required,
    unsupported_media_type,
)
from sandbox.kube.objects import suffix
from sandbox.kube.ownership import Manager
from sandbox.store import Document

_APPLY, _JSON, _MERGE, _STRATEGIC = (
    "application/apply-patch+yaml",
    "application/json-patch+json",
    "application/merge-patch+json",
    "application/strategic-merge-patch+json",
)


def create(call: Call) -> Response:
    """Store a new object: 201, or the refusal."""
    call.require("create")
    document, warnings = _read(call, call.document())
    metadata = document.setdefault("metadata", {})
    if not metadata.get("name"):
        if not metadata.get("generateName"):
            message = "name or generateName is required"
            raise invalid(call.kind.group, call.kind.kind, "", [required("metadata.name", message)])
        metadata["name"] = metadata["generateName"] + suffix()
    metadata.pop("resourceVersion", None)
    document = _prepared(call, None, document)
    stored = call.objects.create(call.kind.resource, document, dry_run=call.dry_run)
    return _answer(call, stored, 201, warnings)


def replace(call: Call) -> Response:
    """Put an object in place of the stored one, or create it where its kind allows that (it does, by PUT, for few)."""
    call.require("update")
    document, warnings = _read(call, call.document())
    metadata = document.setdefault("metadata", {})
    if metadata.get("name", call.name) != call.name:
        said = f"the name of the object ({metadata['name']}) does not match the name on the URL ({call.name})"
        raise bad_request(said)
    metadata["name"] = call.name
    live = call.stored()
    if call.kind.custom and not metadata.get("resourceVersion"):
        cause = Cause(
            "FieldValueInvalid", "metadata.resourceVersion", "Invalid value: 0x0: must be specified for an update"
        )
        raise invalid(call.kind.group, call.kind.kind, call.name, [cause])
    return _update(call, live, document, warnings)


def patch(call: Call) -> Response:
    """Change an object by one of the four kinds of patch; an apply may also create it."""
    call.require("patch")
    media_type = call.media_type()
    if media_type == _APPLY:
        return _apply(call)
    supported = [_JSON, _MERGE, _APPLY] if call.kind.custom else [_JSON, _MERGE, _STRATEGIC, _APPLY]
    if media_type not in supported:
        raise unsupported_media_type(media_type, supported)
    live = call.stored()
    change = call.document()
    shown = versions.served(live, call.kind)
    if media_type == _JSON:
        changed = patches.apply_operations(shown, change)
    elif media_type == _MERGE:
        changed = patches.merge(shown, change)
    else:
        changed = strategic.merge(shown, change, call.shape)
    if changed["metadata"].get("name") != call.name:
        raise invalid(call.kind.group, call.kind.kind, call.name, [_immutable_name(changed)])
    document, warnings = _read(call, changed)
    return _update(call, live, document, warnings)


def _immutable_name(document: Document) -> Cause:
    named = document["metadata"].get("name", "")
    return Cause("FieldValueInvalid", "metadata.name", f'Invalid value: "{named}": field is immutable')


def _apply(call: Call) -> Response:
    config, warnings = _read(call, call.yaml(), applied=True)
    if not call.query("fieldManager"):
        cause = required("fieldManager", "is required for apply patch")
        raise invalid("meta.k8s.io", "PatchOptions", "", [cause])
    metadata = config.setdefault("metadata", {})
    if metadata.get("managedFields"):
        raise bad_request("metadata.managedFields must be nil")
    if metadata.setdefault("name", call.name) != call.name:
        raise bad_request(
            f"the name of the object ({metadata['name']}) does not match the name on the URL ({call.name})"
        )
    live = call.objects.find(call.kind.resource, call.namespace, call.name)
    manager = Manager(call.query("fieldManager"), "Apply", call.kind.api_version, call.place.subresource)
    status = call.place.subresource == "status"
    if status:
        call.stored()
    if "status" in call.kind.subresources:
        # What this way of writing cannot change is not applied either, and so conflicts with nobody.
        both = ("apiVersion", "kind", "metadata")
        config = {name: one for name, one in config.items() if name in both or (name == "status") is status}
    if live is not None and metadata.get("uid", live["metadata"]["uid"]) != live["metadata"]["uid"]:
        uids = f"UID in precondition: {metadata['uid']}, UID in object meta: {live['metadata']['uid']}"
        raise conflict(call.kind.requested, call.name, f"Precondition failed: {uids}")
    asked = metadata.pop("resourceVersion", None)
    if live is None:
        if asked:
            raise conflict(call.kind.requested, call.name)
        call.require("create")
        owners = {manager: ownership.of(call.shape, config, status=False)}
        document = admission.admit(call, None, config, _reviewer(call, None))
        ownership.write(document, owners, None)
        stored = call.objects.create(call.kind.resource, document, dry_run=call.dry_run)
        return _answer(call, stored, 201, warnings)
    if asked and asked != live["metadata"]["resourceVersion"]:
        raise conflict(call.kind.requested, call.name)
    shown = versions.served(live, call.kind)
    merged, owners = ownership.applied(call.shape, shown, config, manager, status=status, force=call.flag("force"))
    merged = _guarded(call, live, merged)
    document = admission.admit(call, live, merged, _reviewer(call, live))
    ownership.write(document, owners, live)
    stored = call.objects.update(call.kind.resource, document, dry_run=call.dry_run)
    return _answer(call, stored, 200, warnings)


def _read(call: Call, body: Any, *, applied: bool = False) -> tuple[Document, list[str]]:
    """A body as an object of the request's kind and place, and what was unknown in it (refused when the request
    says ``fieldValidation=Strict``)."""
    kind = call.kind
    if not isinstance(body, dict):
        raise bad_request("the object provided is unrecognized (must be of type Object)")
    body = {"apiVersion": kind.api_version, "kind": kind.kind} | body
    sent, wanted = (body["apiVersion"], body["kind"]), (kind.api_version, kind.kind)
    if sent != wanted:
        raise _mismatched(sent, wanted)
    metadata = body["metadata"] = dict(body.get("metadata") or {})
    if kind.namespaced:
        if metadata.setdefault("namespace", call.namespace) != call.namespace:
            raise bad_request("the namespace of the provided object does not match the namespace sent on the request")
    else:
        metadata.pop("namespace", None)
    return admission.decoded(call, body, applied=applied)


def _mismatched(sent: tuple[str, str], wanted: tuple[str, str]) -> ApiError:
    """The refusal of an object that is none of the path's kind and version."""
    (version, kind), (wanted_version, wanted_kind) = sent, wanted
    if kind == wanted_kind:
        return bad_request(
            f"the API version in the data ({version}) does not match the expected API version ({wanted_version})"
        )
    return bad_request(
        f'{kind} in version "{version.rpartition("/")[2]}" cannot be handled as a {wanted_kind}: converting '
        f"({version}).{kind} to ({wanted_version}).{wanted_kind}: unknown conversion"
    )


def _prepared(call: Call, live: Document | None, document: Document) -> Document:
    """The object as it is to be stored: defaults, checks, owners."""
    sent = document
    document = admission.admit(call, live, document, _reviewer(call, live))
    manager = Manager(call.manager, "Update", call.kind.api_version, call.place.subresource)
    if sent["metadata"].get("managedFields") is not None:
        document["metadata"]["managedFields"] = sent["metadata"]["managedFields"]
    ownership.updated(call.shape, live, document, manager, status=call.place.subresource == "status")
    return document


def _reviewer(call: Call, live: Document | None) -> admission.Review:
    """What the cluster's own controllers and webhooks say to a write; subresources do not ask them."""
    if call.place.subresource:
        return lambda document: document
    operation: controllers.Operation = "CREATE" if live is None else "UPDATE"
    uid, resource = call.record["uid"], call.kind.resource
    return lambda document: controllers.admit(call.world, uid, operation, resource, document)


def _guarded(call: Call, live: Document, document: Document) -> Document:
    """``document`` with what this way of writing may not change put back: the status through the object itself,
    everything else through the status subresource."""
    if call.place.subresource == "status":
        guarded = {**live, "metadata": {**live["metadata"]}}
        for name in ("managedFields", "resourceVersion", "annotations", "labels"):
            guarded["metadata"].pop(name, None)
            if name in document["metadata"]:
                guarded["metadata"][name] = document["metadata"][name]
        guarded.pop("status", None)
        if "status" in document:
            guarded["status"] = document["status"]
        return guarded
    if "status" not in call.kind.subresources:
        return document
    document = {name: value for name, value in document.items() if name != "status"}
    if "status" in live:
        document["status"] = live["status"]
    return document


def _update(call: Call, live: Document, document: Document, warnings: list[str]) -> Response:
    asked = document["metadata"].get("resourceVersion")
    if asked and asked != live["metadata"]["resourceVersion"]:
        raise conflict(call.kind.requested, call.name)
    stored = record(call, live, _guarded(call, live, document))
    return _answer(call, stored, 200, warnings)


def record(call: Call, live: Document, document: Document) -> Document:
    """Check and store a change of ``live`` under the request's manager; nothing is stored by a dry run."""
    document = _prepared(call, live, document)
    return call.objects.update(call.kind.resource, document, dry_run=call.dry_run)


def _answer(call: Call, document: Document, code: int, warnings: list[str]) -> Response:
    response = reading.answer(call, document, code)
    for warning in warnings:
        text = warning.replace("\\", "\\\\").replace('"', '\\"')
        response.headers.append("Warning", f'299 - "{text}"')
    return response


def delete(call: Call) -> Response:
    """Delete one object: a Status where it is gone, the object while finalizers hold it."""
    call.require("delete")
    options = call.options()
    call.stored()
    gone = _delete(call, call.namespace, call.name, options)
    metadata = gone["metadata"]
    still = call.objects.find(call.kind.resource, metadata.get("namespace") or "", metadata["name"])
    if (still is not None and not _dry(call, options)) or call.kind.resource == "pods":
        return reading.answer(call, gone)
    details = {"name": call.name, "kind": call.kind.plural, "uid": metadata["uid"]}
    if call.kind.group:
        details["group"] = call.kind.group
    return JSONResponse({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "details": details})


def _dry(call: Call, options: Document) -> bool:
    return call.dry_run or options.get("dryRun") in ("All", ["All"])


def _delete(call: Call, namespace: str, name: str, options: Document) -> Document:
    policy = options.get("propagationPolicy") or "Background"
    if policy not in ("Background", "Foreground", "Orphan"):
        raise ApiError(422, "Invalid", f'DeleteOptions.meta.k8s.io "" is invalid: propagationPolicy: {policy}', {})
    if "orphanDependents" in options and str(options["orphanDependents"]).lower() == "true":
        policy = "Orphan"
    admission.before_delete(call, namespace, name)
    stored = call.objects.get(call.kind.resource, namespace, name)
    controllers.admit(call.world, call.record["uid"], "DELETE", call.kind.resource, stored)
    gone = call.objects.delete(
        call.kind.resource, namespace, name,
        propagation=policy, preconditions=options.get("preconditions"), dry_run=_dry(call, options),
    )  # fmt: skip
    if call.kind.resource == "services":
        bootstrap.keep_api_service(call.objects)
    return gone


def delete_collection(call: Call) -> Response:
    """Delete everything that a list with the same selectors would show."""
    if "deletecollection" not in call.kind.verbs:
        raise method_not_allowed()
    call.require("deletecollection")
    options = call.options()
    test = reading.selection(call)
    found = [one for one in call.objects.list(call.kind.resource, call.namespace) if test(one)]
    gone = [_delete(call, one["metadata"].get("namespace") or "", one["metadata"]["name"], options) for one in found]
    metadata = {"resourceVersion": str(call.objects.revision)}
    items = [versions.served(copy.copy(one), call.kind) for one in gone]
    return JSONResponse(
        {"kind": call.kind.listed, "apiVersion": call.kind.api_version, "metadata": metadata, "items": items}
    )

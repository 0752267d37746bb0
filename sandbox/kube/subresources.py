"""What lies below an object: its scale, its log, its eviction, a token, a namespace's last finalizer."""

import copy
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from typing import Any

from starlette.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse

from sandbox.kube import crds, issuer, logs, patches, reading, selectors, writing
from sandbox.kube.admission import names
from sandbox.kube.call import Call
from sandbox.kube.errors import (
    ApiError,
    bad_request,
    conflict,
    invalid,
    invalid_value,
    method_not_allowed,
    no_such_path,
    unsupported_media_type,
)
from sandbox.kube.schemas import shapes
from sandbox.kube.schemas.decoding import decode
from sandbox.store import Document

#: Seconds that a service account token lives: unless asked, at least, at most.
TOKEN_S, LEAST_TOKEN_S, MOST_TOKEN_S = 3600, 600, 86400


def answer(call: Call) -> Response:
    """The answer of a subresource; raises ApiError 404 for one that the kind lacks."""
    name, method = call.place.subresource, call.request.method
    if name not in call.kind.subresources:
        raise no_such_path()
    if name == "status":
        return _status(call)
    handlers: dict[tuple[str, str], Callable[[Call], Response]] = {
        ("scale", "GET"): scale, ("scale", "PUT"): rescale, ("scale", "PATCH"): rescale,
        ("log", "GET"): log, ("eviction", "POST"): evict, ("token", "POST"): token,
        ("finalize", "PUT"): finalize, ("approval", "PUT"): writing.replace, ("approval", "PATCH"): writing.patch,
        ("ephemeralcontainers", "GET"): reading.get, ("resize", "GET"): reading.get,
    }  # fmt: skip
    handler = handlers.get((name, method))
    if handler is None:
        if name in ("exec", "attach", "portforward", "proxy", "binding", "ephemeralcontainers", "resize"):
            message = (
                f"the sandbox has no containers that {name} could reach: {call.kind.plural}/{name} is not implemented"
            )
            raise ApiError(501, "NotImplemented", message, {})
        raise method_not_allowed()
    return handler(call)


def _status(call: Call) -> Response:
    handlers = {"GET": reading.get, "PUT": writing.replace, "PATCH": writing.patch}
    if call.request.method not in handlers:
        raise method_not_allowed()
    return handlers[call.request.method](call)


# --- scale


def _scale_paths(call: Call) -> tuple[str, str, str]:
    """Where a kind keeps wanted replicas, present replicas and the selector."""
    definition = call.registry.definition(call.kind)
    if definition is None:
        return ".spec.replicas", ".status.replicas", ".spec.selector"
    own = crds.version(definition, call.kind.version)["subresources"]["scale"]
    return own["specReplicasPath"], own["statusReplicasPath"], own.get("labelSelectorPath", "")


def _at(document: Any, path: str) -> Any:
    for part in filter(None, path.split(".")):
        document = document.get(part) if isinstance(document, dict) else None
    return document


def _scale(call: Call, document: Document) -> Document:
    wanted, present, selected = _scale_paths(call)
    metadata = document["metadata"]
    kept = ("name", "namespace", "uid", "resourceVersion", "creationTimestamp")
    selector = _at(document, selected) if selected else None
    status: Document = {"replicas": _at(document, present) or 0}
    if selector:
        status["selector"] = selector if isinstance(selector, str) else selectors.as_text(selector)
    return {
        "kind": "Scale",
        "apiVersion": "autoscaling/v1",
        "metadata": {name: metadata[name] for name in kept if name in metadata},
        "spec": {"replicas": _at(document, wanted) or 0},
        "status": status,
    }


def scale(call: Call) -> Response:
    call.require("get")
    return JSONResponse(_scale(call, call.stored()))


def rescale(call: Call) -> Response:
    """Set the wanted replicas, by a whole Scale or by a patch of it."""
    call.require("update" if call.request.method == "PUT" else "patch")
    live = call.stored()
    body = call.document()
    if call.request.method == "PATCH":
        media_type = call.media_type()
        if media_type == "application/json-patch+json":
            body = patches.apply_operations(_scale(call, live), body)
        elif media_type in ("application/merge-patch+json", "application/strategic-merge-patch+json"):
            body = patches.merge(_scale(call, live), body)
        else:
            raise unsupported_media_type(media_type, ["application/json-patch+json", "application/merge-patch+json"])
    body, _ = decode("Scale", "v1", shapes.builtin("autoscaling.v1.Scale"), body)
    asked = (body.get("metadata") or {}).get("resourceVersion")
    if asked and asked != live["metadata"]["resourceVersion"]:
        raise conflict(call.kind.requested, call.name)
    replicas = (body.get("spec") or {}).get("replicas", 0)
    if replicas < 0:
        said = "must be greater than or equal to 0"
        raise invalid("autoscaling", "Scale", call.name, [invalid_value("spec.replicas", replicas, said)])
    document = copy.deepcopy(live)
    holder, path = document, [part for part in _scale_paths(call)[0].split(".") if part]
    for part in path[:-1]:
        holder = holder.setdefault(part, {})
    holder[path[-1]] = replicas
    stored = writing.record(call, live, document)
    return JSONResponse(_scale(call, stored))


# --- pods


def log(call: Call) -> Response:
    """A container's log as text: all of it or the last ``tailLines``, from ``sinceSeconds``/``sinceTime`` on, with
    ``timestamps``, followed until the pod ends with ``follow``."""
    call.require("get")
    pod = call.stored()
    container = _container(call, pod)
    where = (call.world, call.record["uid"], call.namespace, call.name, container)
    lines = logs.read(*where)
    seen = len(lines) + logs.dropped(*where)
    if since := _since(call):
        lines = [(time, line) for time, line in lines if time >= since]
    if (tail := call.number("tailLines")) is not None:
        lines = lines[-tail:] if tail else []
    stamped = call.flag("timestamps")

    def text(time: str, line: str) -> str:
        return f"{time} {line}\n" if stamped else f"{line}\n"

    if not call.flag("follow"):
        whole = "".join(text(time, line) for time, line in lines)
        limit = call.number("limitBytes")
        return PlainTextResponse(whole if limit is None else whole[:limit])

    def running() -> bool:
        now = call.objects.find("pods", call.namespace, call.name)
        ended = ("Succeeded", "Failed")
        return (
            now is not None
            and now["metadata"]["uid"] == pod["metadata"]["uid"]
            and (now.get("status", {}).get("phase") not in ended)
        )

    async def followed() -> AsyncIterator[str]:
        for time, line in lines:
            yield text(time, line)
        async for time, line in logs.follow(*where, seen, running):
            yield text(time, line)

    return StreamingResponse(followed(), media_type="text/plain")


def _since(call: Call) -> str:
    if (seconds := call.number("sinceSeconds")) is not None:
        return datetime.fromtimestamp(datetime.now(UTC).timestamp() - seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return call.query("sinceTime")


def _container(call: Call, pod: Document) -> str:
    spec = pod["spec"]
    named = [one["name"] for group in ("initContainers", "containers") for one in spec.get(group) or []]
    wanted = call.query("container")
    if not wanted:
        own = [one["name"] for one in spec["containers"]]
        if len(own) > 1:
            inits = [one["name"] for one in spec.get("initContainers") or []]
            said = f"a container name must be specified for pod {call.name}, choose one of: [{' '.join(own)}]"
            raise bad_request(said + (f" or one of the init containers: [{' '.join(inits)}]" if inits else ""))
        wanted = own[0]
    if wanted not in named:
        raise bad_request(f"container {wanted} is not valid for pod {call.name}")
    statuses = [
        one
        for group in ("initContainerStatuses", "containerStatuses")
        for one in pod.get("status", {}).get(group) or []
    ]
    waiting = next((one.get("state", {}).get("waiting") for one in statuses if one["name"] == wanted), None)
    if not statuses or waiting:
        why = (waiting or {}).get("reason", "ContainerCreating")
        if why in ("ContainerCreating", "PodInitializing", "ImagePullBackOff", "ErrImagePull"):
            said = "trying and failing to pull image" if "Image" in why else why
            raise bad_request(f'container "{wanted}" in pod "{call.name}" is waiting to start: {said}')
    return wanted


def evict(call: Call) -> Response:
    """Delete a pod unless a disruption budget forbids it (429)."""
    call.require("create")
    pod = call.stored()
    body = call.document()
    labels = pod["metadata"].get("labels") or {}
    for budget in call.objects.list("policy/poddisruptionbudgets", call.namespace):
        status = budget.get("status", {})
        if selectors.matches(budget["spec"].get("selector"), labels) and status.get("disruptionsAllowed", 0) < 1:
            said = "Cannot evict pod as it would violate the pod's disruption budget."
            cause = {
                "reason": "DisruptionBudget",
                "message": f"The disruption budget {budget['metadata']['name']} needs "
                f"{status.get('desiredHealthy', 0)} healthy pods and has {status.get('currentHealthy', 0)} currently",
            }
            raise ApiError(429, "TooManyRequests", said, {"causes": [cause]})
    options = body.get("deleteOptions") or {}
    dry = call.dry_run or "All" in (options.get("dryRun") or [])
    call.objects.delete("pods", call.namespace, call.name, preconditions=options.get("preconditions"), dry_run=dry)
    return JSONResponse({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success"}, 201)


# --- others


def token(call: Call) -> Response:
    """TokenRequest: a signed token of a service account, bound to a pod where the request names one."""
    call.require("create")
    account = call.stored()
    body, _ = decode("TokenRequest", "v1", shapes.builtin("authentication.v1.TokenRequest"), call.document())
    spec = body.get("spec") or {}
    lifetime = spec.get("expirationSeconds") or TOKEN_S
    if lifetime < LEAST_TOKEN_S:
        said = "may not specify a duration less than 10 minutes"
        causes = [invalid_value("spec.expirationSeconds", lifetime, said)]
        raise invalid("authentication.k8s.io", "TokenRequest", call.name, causes)
    audiences = spec.get("audiences") or []
    pod = None
    if (bound := spec.get("boundObjectRef") or {}).get("kind") == "Pod":
        pod = call.objects.get("pods", call.namespace, bound.get("name", ""))
        if bound.get("uid") and bound["uid"] != pod["metadata"]["uid"]:
            raise conflict(
                "pods", bound["name"], f"the UID in the bound object reference ({bound['uid']}) does not match"
            )
    signed, expiry = issuer.service_account_token(
        call.world, call.record, account, audiences=audiences, lifetime_s=min(lifetime, MOST_TOKEN_S), pod=pod
    )
    filled = spec | {
        "audiences": audiences or [issuer.url(call.world, call.record["uid"])], "expirationSeconds": lifetime,
    }  # fmt: skip
    return JSONResponse(
        {
            "kind": "TokenRequest",
            "apiVersion": "authentication.k8s.io/v1",
            "metadata": {name: account["metadata"][name] for name in ("name", "namespace", "creationTimestamp")},
            "spec": filled,
            "status": {
                "token": signed,
                "expirationTimestamp": datetime.fromtimestamp(expiry, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            },
        },
        201,
    )


def finalize(call: Call) -> Response:
    """Replace the finalizers in a namespace's spec; the namespace goes with its last one."""
    call.require("update")
    document, _ = decode("Namespace", "v1", call.shape, call.document())
    live = call.stored()
    if said := names.name_error(document.get("metadata", {}).get("name", call.name), "namespaces"):
        raise bad_request(said)
    changed = {**live, "spec": {"finalizers": (document.get("spec") or {}).get("finalizers") or []}}
    return JSONResponse(call.objects.update("namespaces", changed))

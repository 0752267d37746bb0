"""Questions that are answered and not stored: access reviews, token reviews, who am I."""

from starlette.responses import JSONResponse, Response

from sandbox.kube import admission, cluster, rbac
from sandbox.kube.authentication import User, user_of
from sandbox.kube.call import Call
from sandbox.kube.errors import ApiError, invalid, required
from sandbox.store import Document


def answer(call: Call) -> Response:
    """The review that the body asks for, with its status: 201."""
    body = call.document()
    document, _ = admission.decoded(call, {"metadata": {}} | body, applied=False)
    document = {"apiVersion": call.kind.api_version, "kind": call.kind.kind, **document}
    match call.kind.kind:
        case "SelfSubjectAccessReview":
            document["status"] = _access(call, call.user, document.get("spec") or {})
        case "SubjectAccessReview" | "LocalSubjectAccessReview":
            call.require("create")
            document["status"] = _access(call, _subject(call, document.get("spec") or {}), document["spec"])
        case "SelfSubjectRulesReview":
            document["status"] = _rules(call, (document.get("spec") or {}).get("namespace", ""))
        case "SelfSubjectReview":
            document["status"] = {"userInfo": call.user.document()}
        case "TokenReview":
            call.require("create")
            document["status"] = _token(call, document.get("spec") or {})
    return JSONResponse(document, 201)


def _subject(call: Call, spec: Document) -> User:
    if not spec.get("user") and not spec.get("groups"):
        cause = required("spec.user", "at least one of user or group must be specified")
        raise invalid(call.kind.group, call.kind.kind, "", [cause])
    return User(spec.get("user", ""), spec.get("uid", ""), tuple(spec.get("groups") or ()))


def _access(call: Call, user: User, spec: Document) -> Document:
    if asked := spec.get("resourceAttributes"):
        attempt = rbac.Attempt(
            asked.get("verb", ""), asked.get("group", ""), asked.get("resource", ""), asked.get("subresource", ""),
            asked.get("namespace", ""), asked.get("name", ""),
        )  # fmt: skip
    else:
        asked = spec.get("nonResourceAttributes") or {}
        attempt = rbac.Attempt(asked.get("verb", ""), path=asked.get("path", ""))
    if rbac.allowed(call.world, call.record, call.objects, user, attempt):
        return {"allowed": True}
    return {"allowed": False}


def _rules(call: Call, namespace: str) -> Document:
    everything = rbac.allowed(
        call.world, call.record, call.objects, call.user, rbac.Attempt("*", "*", "*", "", namespace)
    )
    if everything:
        rules = [{"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]}, {"verbs": ["*"], "nonResourceURLs": ["*"]}]
    else:
        rules = list(rbac.rules(call.objects, call.user, namespace))
    return {
        "resourceRules": [rule for rule in rules if "resources" in rule],
        "nonResourceRules": [rule for rule in rules if "nonResourceURLs" in rule],
        "incomplete": rbac.by_azure(call.record),
    }


def _token(call: Call, spec: Document) -> Document:
    asked = spec.get("audiences") or []
    record = cluster.get(call.world, call.record["uid"]) or call.record
    try:
        user = user_of(call.world, record, spec.get("token", ""), asked)
    except ApiError:
        return {"authenticated": False, "error": "invalid bearer token"}
    status: Document = {"authenticated": True, "user": user.document()}
    if asked:
        status["audiences"] = asked
    return status

"""Kubernetes' error answers: a ``Status`` object with reason, details and causes, in the API server's own words."""

import json
from dataclasses import dataclass
from typing import Any

from sandbox.store import Document


class ApiError(Exception):
    """A request refused as the API server refuses it. Raise it anywhere below a route."""

    def __init__(self, code: int, reason: str, message: str, details: Document | None = None) -> None:
        super().__init__(message)
        self.code, self.reason, self.message, self.details = code, reason, message, details

    def status(self) -> Document:
        """The ``Status`` object that is the answer's body."""
        document: Document = {
            "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
            "message": self.message, "reason": self.reason,
        }  # fmt: skip
        if self.details is not None:
            document["details"] = self.details
        document["code"] = self.code
        return document


@dataclass(frozen=True)
class Cause:
    """What is wrong with one field. ``reason`` is e.g. ``FieldValueInvalid``, ``field`` a path such as
    ``spec.containers[0].name``, ``message`` what the server says after the path."""

    reason: str
    field: str
    message: str

    def document(self) -> Document:
        return {"reason": self.reason, "message": self.message, "field": self.field}


def invalid_value(field: str, value: Any, detail: str) -> Cause:
    return Cause("FieldValueInvalid", field, f"Invalid value: {shown(value)}: {detail}")


def required(field: str, detail: str = "") -> Cause:
    return Cause("FieldValueRequired", field, "Required value" + (f": {detail}" if detail else ""))


def unsupported(field: str, value: Any, supported: list[str]) -> Cause:
    listed = ", ".join(f'"{one}"' for one in sorted(supported))
    return Cause("FieldValueNotSupported", field, f"Unsupported value: {shown(value)}: supported values: {listed}")


def forbidden_field(field: str, detail: str) -> Cause:
    return Cause("FieldValueForbidden", field, f"Forbidden: {detail}")


def duplicate(field: str, value: Any) -> Cause:
    return Cause("FieldValueDuplicate", field, f"Duplicate value: {shown(value)}")


def shown(value: Any) -> str:
    """A value as Go's field errors print it: strings quoted, booleans and numbers plain, the rest as JSON."""
    return json.dumps(value, separators=(",", ":"))


def qualified(resource: str) -> str:
    """``apps/deployments`` as messages name it: ``deployments.apps``."""
    group, _, plural = resource.rpartition("/")
    return f"{plural}.{group}" if group else plural


def _details(resource: str, name: str) -> Document:
    group, _, plural = resource.rpartition("/")
    details: Document = {"name": name} if name else {}
    if group:
        details["group"] = group
    return details | {"kind": plural}


def not_found(resource: str, name: str) -> ApiError:
    return ApiError(404, "NotFound", f'{qualified(resource)} "{name}" not found', _details(resource, name))


def already_exists(resource: str, name: str) -> ApiError:
    message = f'{qualified(resource)} "{name}" already exists'
    return ApiError(409, "AlreadyExists", message, _details(resource, name))


MODIFIED = "the object has been modified; please apply your changes to the latest version and try again"


def conflict(resource: str, name: str, why: str = MODIFIED) -> ApiError:
    message = f'Operation cannot be fulfilled on {qualified(resource)} "{name}": {why}'
    return ApiError(409, "Conflict", message, _details(resource, name))


def invalid(group: str, kind: str, name: str, causes: list[Cause]) -> ApiError:
    """422: one or more fields of an object are wrong."""
    listed = [f"{cause.field}: {cause.message}" for cause in causes]
    said = listed[0] if len(listed) == 1 else f"[{', '.join(listed)}]"
    details: Document = {"name": name} if name else {}
    if group:
        details["group"] = group
    details |= {"kind": kind, "causes": [cause.document() for cause in causes]}
    message = f'{kind}{"." + group if group else ""} "{name}" is invalid: {said}'
    return ApiError(422, "Invalid", message, details)


def bad_request(message: str) -> ApiError:
    return ApiError(400, "BadRequest", message)


def forbidden(resource: str, name: str, why: str) -> ApiError:
    named = f' "{name}"' if name else ""
    return ApiError(403, "Forbidden", f"{qualified(resource)}{named} is forbidden: {why}", _details(resource, name))


def unauthorized() -> ApiError:
    return ApiError(401, "Unauthorized", "Unauthorized")


def expired(message: str) -> ApiError:
    """410: a resourceVersion or continue token that the server no longer remembers; clients list again."""
    return ApiError(410, "Expired", message)


def no_such_path() -> ApiError:
    return ApiError(404, "NotFound", "the server could not find the requested resource", {})


def method_not_allowed() -> ApiError:
    return ApiError(405, "MethodNotAllowed", "the server does not allow this method on the requested resource", {})


def unsupported_media_type(media_type: str, supported: list[str]) -> ApiError:
    message = (
        f"the body of the request was in an unknown format - accepted media types include: "
        f"{', '.join(supported)} (got {media_type})"
    )
    return ApiError(415, "UnsupportedMediaType", message, {})

"""One request to a cluster's API, taken apart: what it is about, who asks, what it carries."""

import json
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import yaml
from starlette.requests import Request

from sandbox.kube import protobuf, rbac
from sandbox.kube.authentication import User
from sandbox.kube.errors import bad_request, no_such_path, not_found, unsupported_media_type
from sandbox.kube.kinds import Kind
from sandbox.kube.objects import Objects
from sandbox.kube.registry import Registry
from sandbox.kube.schemas.shapes import Shape
from sandbox.store import Document
from sandbox.world import World

_BODIES = ["application/json", "application/yaml", protobuf.MEDIA_TYPE]


@dataclass(frozen=True)
class Place:
    """What a path names. ``plural`` of ``group``/``version``; ``name`` is empty for the whole collection."""

    group: str
    version: str
    plural: str
    namespace: str = ""
    name: str = ""
    subresource: str = ""


def place(path: str) -> Place:
    """``apis/apps/v1/namespaces/default/deployments/web/scale`` taken apart; raises ApiError 404."""
    parts = [part for part in path.split("/") if part]
    if parts[:1] == ["api"] and len(parts) > 2:
        group, version, rest = "", parts[1], parts[2:]
    elif parts[:1] == ["apis"] and len(parts) > 3:
        group, version, rest = parts[1], parts[2], parts[3:]
    else:
        raise no_such_path()
    namespace = ""
    if rest[0] == "namespaces" and len(rest) > 2 and not (group == "" and rest[2] in ("status", "finalize")):
        namespace, rest = rest[1], rest[2:]
    if len(rest) > 3:
        raise no_such_path()
    name, subresource = (*rest[1:], "", "")[:2]
    return Place(group, version, rest[0], namespace, name, subresource)


@dataclass
class Call:
    """A request with its surroundings. ``record`` is the cluster's document (see ``cluster.py``)."""

    world: World
    record: Document
    objects: Objects
    registry: Registry
    request: Request
    user: User
    place: Place
    kind: Kind
    body: bytes = b""

    @property
    def namespace(self) -> str:
        return self.place.namespace

    @property
    def name(self) -> str:
        return self.place.name

    @cached_property
    def shape(self) -> Shape:
        return self.registry.shape(self.kind)

    @property
    def dry_run(self) -> bool:
        return self.query("dryRun") == "All"

    @property
    def manager(self) -> str:
        """The name that the request's fields are owned under: asked for, or the client's program."""
        return self.query("fieldManager") or self.request.headers.get("user-agent", "unknown").split("/")[0]

    def query(self, name: str, default: str = "") -> str:
        return self.request.query_params.get(name, default)

    def flag(self, name: str) -> bool:
        return self.query(name).lower() in ("true", "1")

    def number(self, name: str) -> int | None:
        """A numeric parameter; raises ApiError 400."""
        text = self.query(name)
        if text and not text.lstrip("-").isdecimal():
            raise bad_request(f'invalid value "{text}" for parameter {name}: must be an integer')
        return int(text) if text else None

    def media_type(self) -> str:
        return self.request.headers.get("content-type", "application/json").split(";")[0].strip()

    def document(self) -> Any:
        """The body: JSON, YAML or protobuf. Raises ApiError 400 or 415."""
        media_type = self.media_type()
        if media_type == protobuf.MEDIA_TYPE:
            return protobuf.decode(self.body)
        if media_type.endswith("yaml"):
            return self.yaml()
        if media_type not in ("application/json", "text/plain") and not media_type.endswith("+json"):
            raise unsupported_media_type(media_type, _BODIES)
        try:
            return json.loads(self.body)
        except ValueError as error:
            raise bad_request(f"couldn't get version/kind; json parse error: {error}") from error

    def yaml(self) -> Any:
        try:
            return yaml.load(self.body, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
        except yaml.YAMLError as error:
            raise bad_request(f"error decoding YAML: {error}") from error

    def options(self) -> Document:
        """The DeleteOptions of the body and of the query; empty without a body."""
        options = self.document() if self.body.strip() else {}
        if not isinstance(options, dict):
            raise bad_request("the object provided is unrecognized")
        for name in ("propagationPolicy", "orphanDependents", "gracePeriodSeconds", "dryRun"):
            if self.query(name):
                options[name] = self.query(name)
        return options

    def require(self, verb: str) -> None:
        """Raise ApiError 403 unless the sender may do ``verb`` here."""
        place = self.place
        attempt = rbac.Attempt(verb, place.group, place.plural, place.subresource, place.namespace, place.name)
        if place.plural == "namespaces" and not place.group and place.name:
            # A namespace lies in itself, so that a role in it can allow reading it.
            attempt = rbac.Attempt(verb, "", "namespaces", place.subresource, place.name, place.name)
        rbac.require(self.world, self.record, self.objects, self.user, attempt)

    def stored(self) -> Document:
        """The object that the request names, as stored; raises ApiError 404."""
        found = self.objects.find(self.kind.resource, self.namespace, self.name)
        if found is None:
            raise not_found(self.kind.requested, self.name)
        return found

"""A deployment rehearsed: every resource previewed in order, each on the state that those before it would leave.

Nothing is changed: the previews are kept in an overlay of the sandbox's tables, so that a resource finds its group and
its parent although the deployment itself would only make them.
"""

import copy
import uuid
from collections import ChainMap
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from sandbox.arm import resources, types
from sandbox.arm.ids import ResourceId
from sandbox.deployments import acceptance, bodies, errors
from sandbox.deployments.body import Request, nested
from sandbox.deployments.dependencies import in_order
from sandbox.deployments.imagination import Imagined
from sandbox.deployments.language.faults import ExpressionFault, Unknown, is_unknown
from sandbox.deployments.outputs import outputs
from sandbox.deployments.planning import Planned
from sandbox.deployments.preparation import Prepared
from sandbox.deployments.scope import Scope
from sandbox.errors import AzureError
from sandbox.store import Document, Store, Table

if TYPE_CHECKING:
    from sandbox.entra.principals import Principal
    from sandbox.world import World

#: Refusals that do not depend on the resource's properties, and so hold although some of these are unknown.
_OF_THE_PLACE = frozenset(
    {
        "AuthorizationFailed", "LinkedAuthorizationFailed", "MissingSubscriptionRegistration", "ScopeLocked",
        "ResourceGroupNotFound", "ParentResourceNotFound", "NoRegisteredProviderFound", "InvalidResourceType",
        "InvalidApiVersionParameter", "InvalidResourceNamespace", "LocationNotAvailableForResourceType",
        "InvalidResourceLocation",
    }
)  # fmt: skip


class Overlay(Store):
    """A store whose writes stay in memory and whose reads see them on top of another store."""

    def __init__(self, below: Store) -> None:
        self._below, self._layers = below, dict[str, Table]()

    def table(self, name: str, quiet: bool = False) -> Table:
        if name not in self._layers:
            self._layers[name] = cast(Table, ChainMap({}, self._below.table(name, quiet)))
        return self._layers[name]

    def close(self) -> None:
        """The store below stays open: it is not the overlay's."""


@dataclass(frozen=True)
class Foreseen:
    """One resource of the template: ``content`` as the template writes it, as stored ``before``, as it would be stored
    ``after``."""

    planned: Planned
    deployment: ResourceId
    content: Document
    before: Document | None
    after: Document | None
    undecided: str = ""


class Rehearsal:
    """``foreseen``: the resources in order of deployment, nested deployments' too. ``touched``: the scopes that are
    deployed to."""

    def __init__(self, world: "World", principal: "Principal") -> None:
        self._world, self._principal = world, principal
        self._shadow = copy.copy(world)
        self._shadow.store = Overlay(world.store)
        self._outputs: dict[str, dict[str, Any]] = {}
        self._faults: list[tuple[str, str, AzureError]] = []
        self.foreseen: list[Foreseen] = []
        self.touched: dict[str, Scope] = {}

    def play(self, scope: Scope, name: str, request: Request) -> Prepared:
        """Rehearse the whole deployment. Raises the AzureError that stands against it."""
        prepared = acceptance.examine(self._shadow, self._principal, scope, name, request)
        self._deployment(prepared, scope, scope.deployment(name))
        if self._faults:
            raise errors.rehearsal_failed(name, str(uuid.uuid4()), self._faults)
        return prepared

    def _deployment(self, prepared: Prepared, scope: Scope, id: ResourceId) -> None:
        self.touched[scope.id.lower()] = scope
        imagined = Imagined(self._world, prepared.plan, self._outputs)
        for planned in in_order(prepared.dependencies):
            if planned.undecided:
                self.foreseen.append(Foreseen(planned, id, {}, None, None, planned.undecided))
            elif planned.deploys:
                place = prepared.template.place(planned.declaration.path)
                try:
                    content = bodies.body(planned, planned.context.at("resource", imagined))
                except ExpressionFault as fault:
                    raise errors.evaluation_failed(planned.id.text, place, str(fault)) from None
                self._resource(prepared, planned, id, content)
        self._outputs[id.key] = outputs(prepared.template, prepared.frame.context.at("output", imagined))

    def _resource(self, prepared: Prepared, planned: Planned, deployment: ResourceId, content: dict[str, Any]) -> None:
        try:
            if planned.nested:
                request = nested(content, prepared.template.source, planned.declaration.path)
                acceptance.permit(self._shadow, self._principal, "write", planned.scope, planned.name)
                inner = acceptance.examine(
                    self._shadow, self._principal, planned.scope, planned.name, request, deployment.key
                )
                self._deployment(inner, planned.scope, planned.id)
            else:
                after = self._preview(planned, content)
                shadow = self._shadow.store.table("resources")
                shadow[planned.id.key] = after
                kind = types.find(planned.type)
                for beside in kind.beside(after) if kind else []:
                    shadow[beside["id"].lower()] = beside
                before = resources.get(self._world, planned.id)
                self.foreseen.append(Foreseen(planned, deployment, content, before, after))
        except AzureError as error:
            if error.code == "InvalidTemplate":
                raise
            self._faults.append((planned.name, planned.type, error))

    def _preview(self, planned: Planned, content: dict[str, Any]) -> Document:
        """What would be stored; what is unknown stands in it as the text of its expression."""
        known = _known(content)
        try:
            preview = resources.preview(
                self._shadow, self._principal, planned.id, known, api_version=planned.api_version
            )
        except AzureError as error:
            if not is_unknown(content) or error.code in _OF_THE_PLACE:
                raise
            preview = {"id": planned.id.text, "name": planned.id.name, "type": planned.type, "properties": {}, **known}
        return _with_unknown(preview, content)


def _known(value: dict[str, Any]) -> dict[str, Any]:
    """The object without what is unknown in it; an array with something unknown goes as a whole."""
    return {
        key: _known(one) if isinstance(one, dict) else one
        for key, one in value.items()
        if isinstance(one, dict) or not is_unknown(one)
    }


def _with_unknown(preview: dict[str, Any], content: dict[str, Any]) -> dict[str, Any]:
    """The preview with the unknown values of the content put back."""
    result = dict(preview)
    for key, value in content.items():
        if isinstance(value, dict) and is_unknown(value):
            present = result.get(key)
            result[key] = _with_unknown(present if isinstance(present, dict) else {}, value)
        elif isinstance(value, Unknown | list) and is_unknown(value):
            result[key] = value
    return result

"""From a template to the resources to deploy: loops unrolled, conditions decided, names, ids and dependencies known."""

from dataclasses import dataclass, field
from typing import Any

from sandbox.arm.ids import ResourceId
from sandbox.deployments import loops
from sandbox.deployments.errors import USAGE, invalid_template
from sandbox.deployments.language.context import Context
from sandbox.deployments.language.evaluation import resolved
from sandbox.deployments.language.faults import ExpressionFault, Unknown
from sandbox.deployments.scope import DEPLOYMENTS, Scope
from sandbox.deployments.template import Declaration, Template


@dataclass(eq=False)
class Planned:
    """One resource. ``names``: all by which the template may mean it, in lower case. ``undecided``: the text of the
    expression that keeps it from being planned before the deployment runs (only in a rehearsal)."""

    declaration: Declaration
    context: Context
    id: ResourceId
    type: str
    name: str
    api_version: str
    scope: Scope
    wanted: bool = True
    loop: str = ""
    index: int = 0
    batch: int = 0
    depends_on: list[str] = field(default_factory=list)
    names: frozenset[str] = frozenset()
    undecided: str = ""

    @property
    def existing(self) -> bool:
        """Only referred to, not deployed."""
        return bool(self.declaration.raw.get("existing"))

    @property
    def deploys(self) -> bool:
        return self.wanted and not self.existing

    @property
    def nested(self) -> bool:
        return self.type.lower() == DEPLOYMENTS.lower()


@dataclass(eq=False)
class Plan:
    """``loops``: the members of each copy loop by the loop's names in lower case, empty loops too."""

    template: Template
    resources: list[Planned]
    loops: dict[str, list[Planned]]

    def named(self, name: str) -> Planned | None:
        """The resource that the template means by a symbolic name, a name, a type and name, or an id."""
        found = [planned for planned in self.resources if name.lower() in planned.names]
        return next((planned for planned in found if planned.wanted), found[0] if found else None)


def plan(template: Template, context: Context, scope: Scope) -> Plan:
    """Raises AzureError InvalidTemplate."""
    result = Plan(template, [], {})
    made: dict[int, list[Planned]] = {}
    for declaration in template.resources:
        what = f"The template resource '{declaration.raw.get('name')}' {template.place(declaration.path)}"
        try:
            parents = made[id(declaration.parent)] if declaration.parent else [None]
            members = [one for parent in parents for one in _unrolled(result, declaration, context, scope, parent)]
        except ExpressionFault as fault:
            raise invalid_template(
                f"{what} is not valid: {fault}. Please see https://aka.ms/arm-functions for usage details."
            ) from None
        made[id(declaration)] = members
        result.resources += members
    _refuse_duplicates(result)
    return result


def _unrolled(
    plan: Plan, declaration: Declaration, context: Context, scope: Scope, parent: Planned | None
) -> list[Planned]:
    """One for each turn of the resource's loop."""
    if parent is not None:
        context = parent.context
    copy = declaration.raw.get("copy")
    if copy is None:
        return [_planned(plan.template, declaration, context, scope, parent)]
    loop = str(copy.get("name") or declaration.symbol or "")
    number = loops.count(copy, context)
    if isinstance(number, Unknown):
        undecided = _planned(plan.template, declaration, context.in_loop(loop, 0), scope, parent)
        undecided.undecided = number or str(copy.get("count"))
        members = [undecided]
    else:
        members = [
            _planned(plan.template, declaration, context.in_loop(loop, index), scope, parent, index)
            for index in range(number)
        ]
    serial = str(copy.get("mode", "")).lower() == "serial"
    for member in members:
        member.loop, member.batch = loop, int(copy.get("batchSize") or 1) if serial else 0
    for name in filter(None, (loop, declaration.symbol)):
        plan.loops.setdefault(name.lower(), []).extend(
            member for member in members if member not in plan.loops.get(name.lower(), [])
        )
    return members


def _planned(
    template: Template,
    declaration: Declaration,
    context: Context,
    scope: Scope,
    parent: Planned | None,
    index: int = 0,
) -> Planned:
    raw = declaration.raw
    condition = resolved(raw.get("condition", True), context)
    if isinstance(condition, str) and not isinstance(condition, Unknown):
        condition = condition.lower() == "true"
    if not isinstance(condition, bool | Unknown):
        raise ExpressionFault("The condition property must be a boolean")
    type, name = _text(raw["type"], context, "type"), _text(raw["name"], context, "name")
    if parent is not None:
        type, name = f"{parent.type}/{type}", f"{parent.name}/{name}"
    extended = _text(raw["scope"], context, "scope") if raw.get("scope") else ""
    target = _target(raw, type, context, scope, extended)
    undecided = next(
        (one for one in (condition, name, extended, target.group, target.subscription_id) if isinstance(one, Unknown)),
        "",
    )
    if type.count("/") != name.count("/") + 1 and not undecided:
        raise invalid_template(
            f"The template resource '{name}' for type '{type}' {template.place(declaration.path)} has incorrect "
            "segment lengths. A nested resource type must have identical number of segments as its resource name. A "
            f"root resource type must have segment length one greater than its resource name. "
            f"{USAGE.format(part='resources')}"
        )
    id = ResourceId(f"{target.id}/providers/{type}/{name}") if undecided else target.resource(type, name, extended)
    depends_on = raw.get("dependsOn") or []
    return Planned(
        declaration, context, id, type, name,
        api_version=_text(raw["apiVersion"], context, "apiVersion"),
        scope=target,
        wanted=bool(condition),
        index=index,
        depends_on=[] if undecided else [_text(one, context, "dependsOn") for one in depends_on],
        names=_names(declaration, id, type, name, index),
        undecided=undecided,
    )  # fmt: skip


def _names(declaration: Declaration, id: ResourceId, type: str, name: str, index: int) -> frozenset[str]:
    names = {id.key, id.text.rpartition("/providers/")[2].lower()}
    if declaration.symbol is None:
        names.add(name.lower())
    elif declaration.raw.get("copy"):
        names.add(f"{declaration.symbol}[{index}]".lower())
    else:
        names.add(declaration.symbol.lower())
    return frozenset(names)


def _target(raw: dict[str, Any], type: str, context: Context, scope: Scope, extended: str) -> Scope:
    """The scope that a resource is deployed to: another group or subscription for nested deployments only."""
    if type.lower() != DEPLOYMENTS.lower():
        return scope
    subscription = _text(raw["subscriptionId"], context, "subscriptionId") if raw.get("subscriptionId") else ""
    group = _text(raw["resourceGroup"], context, "resourceGroup") if raw.get("resourceGroup") else ""
    place = ResourceId(extended)
    if extended.startswith("/subscriptions/"):
        return Scope(place.subscription, place.group)
    return Scope(subscription or scope.subscription_id, group or ("" if subscription else scope.group))


def _text(value: Any, context: Context, what: str) -> str:
    result = resolved(value, context)
    if not isinstance(result, str) or (not result and not isinstance(result, Unknown)):
        raise ExpressionFault(f"The {what} property must be a string that is not empty")
    return result


def _refuse_duplicates(plan: Plan) -> None:
    seen: set[str] = set()
    for planned in plan.resources:
        if not planned.deploys or planned.undecided:
            continue
        if planned.id.key in seen:
            raise invalid_template(
                f"The resource '{planned.id.text.rpartition('/providers/')[2]}' "
                f"{plan.template.place(planned.declaration.path)} is defined multiple times in a template. "
                f"{USAGE.format(part='resources')}"
            )
        seen.add(planned.id.key)

"""What must stand before what: ``dependsOn``, references by name, batches of serial loops; cycles are refused."""

from graphlib import CycleError, TopologicalSorter

from sandbox.deployments.checks import calls, without_nested
from sandbox.deployments.errors import USAGE, invalid_template
from sandbox.deployments.language.evaluation import evaluate
from sandbox.deployments.language.faults import ExpressionFault, Unknown
from sandbox.deployments.planning import Plan, Planned

Dependencies = dict[Planned, list[Planned]]


def link(plan: Plan) -> Dependencies:
    """For each resource, those that it waits for. Raises AzureError InvalidTemplate."""
    dependencies = {planned: _needs(plan, planned) for planned in plan.resources}
    try:
        TopologicalSorter(dependencies).prepare()
    except CycleError as error:
        raise invalid_template(
            f"Circular dependency detected on resource: '{error.args[1][0].id.text}'. {USAGE.format(part='resources')}"
        ) from None
    return dependencies


def in_order(dependencies: Dependencies) -> list[Planned]:
    """Every resource after those that it waits for; apart from that in the template's order."""
    done: dict[Planned, None] = {}
    while len(done) < len(dependencies):
        done |= {one: None for one in dependencies if all(need in done for need in dependencies[one])}
    return list(done)


def _needs(plan: Plan, planned: Planned) -> list[Planned]:
    needs: dict[Planned, None] = {}
    for name in planned.depends_on:
        if isinstance(name, Unknown):
            continue
        found = _meant(plan, name)
        if found is None:
            shown = name.rpartition("/providers/")[2]
            raise invalid_template(
                f"The resource '{shown}' is not defined in the template. {USAGE.format(part='resources')}"
            )
        needs |= dict.fromkeys(found)
    if not planned.undecided:
        needs |= dict.fromkeys(_referred(plan, planned))
    if planned.batch:
        turn = planned.index // planned.batch
        mates = plan.loops.get(planned.loop.lower(), [])
        needs |= {mate: None for mate in mates if mate.index // planned.batch == turn - 1}
    needs.pop(planned, None)
    return list(needs)


def _meant(plan: Plan, name: str) -> list[Planned] | None:
    if name.lower() in plan.loops:
        return plan.loops[name.lower()]
    one = plan.named(name)
    return None if one is None else [one]


def _referred(plan: Plan, planned: Planned) -> list[Planned]:
    """The resources that a ``reference``, ``references`` or ``list...`` of the resource means by name. As in Azure, one
    that is meant by its id is not waited for without ``dependsOn``."""
    found: list[Planned] = []
    for call in calls(without_nested(planned.declaration.raw)):
        name = call.name.lower()
        if not (name in ("reference", "references") or name.startswith("list")) or not call.arguments:
            continue
        try:
            target = evaluate(call.arguments[0], planned.context)
        except ExpressionFault:
            continue  # not known before the resource's turn: a loop of a property, another reference
        if isinstance(target, str) and not target.startswith("/"):
            found += _meant(plan, target) or []
    return found

"""Whether a deployment may start: the caller's right, the place, another one under way, the template itself."""

from typing import TYPE_CHECKING

from sandbox.arm import locations, refusals, resources, roles
from sandbox.arm.ids import ResourceId
from sandbox.deployments import errors, preparation, records
from sandbox.deployments.body import Request
from sandbox.deployments.preparation import Prepared
from sandbox.deployments.scope import DEPLOYMENTS, Scope
from sandbox.errors import AzureError

if TYPE_CHECKING:
    from sandbox.entra.principals import Principal
    from sandbox.world import World


def permit(world: "World", principal: "Principal", verb: str, scope: Scope, name: str) -> None:
    """Raises AzureError 403 unless the caller may do that (``write``, ``validate/action``), 404 without the group."""
    roles.require(world, principal, f"{DEPLOYMENTS}/{verb}", scope.deployment(name).text)
    if scope.group and resources.stored(world, ResourceId(scope.id)) is None:
        raise refusals.group_not_found(scope.group)


def examine(
    world: "World", principal: "Principal", scope: Scope, name: str, request: Request, parent: str = ""
) -> Prepared:
    """What would run. ``parent``: the id of the deployment that this one is nested in, which may begin it again.
    Raises the AzureError that is against it."""
    _check_place(scope, name, request)
    standing = records.get(world, scope.deployment(name))
    if standing is not None and request.location:
        present = standing.get("location", "")
        if locations.normal(present) != locations.normal(request.location):
            raise errors.other_location(name, request.location, present)
    if standing is not None and records.running(standing) and not (parent and standing.get("_parent") == parent):
        raise errors.active(name, standing["properties"]["timestamp"])
    return preparation.prepare(
        world, principal, scope, name, request.template, request.parameters, request.location, request.mode
    )


def accept(
    world: "World", principal: "Principal", scope: Scope, name: str, request: Request, parent: str = ""
) -> ResourceId:
    """Record a deployment that is to run now. Raises the AzureError that is against it."""
    permit(world, principal, "write", scope, name)
    prepared = examine(world, principal, scope, name, request, parent)
    id = scope.deployment(name)
    standing = records.get(world, id)
    if standing is not None:
        id = ResourceId(standing["id"])  # its name stays written as it was
    records.forget_rows(world, id)
    record = records.accepted(scope, id.name, request, prepared.template, prepared.values)
    record["properties"] |= records.overview(world, prepared.plan, prepared.dependencies)
    if parent:
        record["_parent"] = parent
    records.table(world)[id.key] = record
    return id


def _check_place(scope: Scope, name: str, request: Request) -> None:
    if len(name) > 64 or not all(one.isalnum() or one in "-._()" for one in name):
        raise AzureError(
            400,
            "InvalidDeploymentName",
            f"The deployment name '{name}' is invalid. It must be 1 to 64 characters long and may only contain "
            "letters, digits, '-', '.', '_', '(' and ')'.",
        )
    if scope.group:
        if request.location:
            raise errors.location_not_expected(name)
        return
    if not request.location:
        raise errors.location_required(name)
    if locations.normal(request.location) not in locations.REGIONS:
        raise AzureError(
            400,
            "LocationNotAvailableForDeployment",
            f"The provided location '{request.location}' is not available for deployment. List of available regions is "
            f"'{','.join(locations.REGIONS)}'.",
        )
    if request.mode == "Complete":
        raise AzureError(
            400,
            "InvalidDeploymentMode",
            f"The deployment '{name}' at subscription scope cannot run in mode 'Complete': only 'Incremental' is "
            "supported there.",
        )

"""Which registries there are: by login server, and whether a name is still free."""

import re

from sandbox.arm import resources
from sandbox.store import Document
from sandbox.world import World

REGISTRIES = "Microsoft.ContainerRegistry/registries"


def by_host(world: World, host: str) -> Document | None:
    """The registry with this login server."""
    found = resources.find(world, REGISTRIES)
    return next((document for document in found if document["properties"].get("loginServer") == host), None)


def name_problem(world: World, name: str, own: str = "") -> tuple[str, str] | None:
    """(reason, text) against a registry's name, which is unique in all of Azure; ``own`` is the registry's own id.
    Reasons: Invalid, AlreadyExists."""
    if not re.fullmatch(r"[A-Za-z0-9]{5,50}", name):
        return "Invalid", (
            f"The specified resource name {name} is invalid. Resource names may contain alpha numeric characters only "
            "and must be between 5 and 50 characters."
        )
    for registry in resources.find(world, REGISTRIES):
        if registry["name"].lower() == name.lower() and registry["id"].lower() != own.lower():
            return "AlreadyExists", f"The registry {name} is already in use."
    return None

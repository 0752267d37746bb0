"""What takes its time to be known everywhere: role assignments, federated credentials."""

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sandbox.world import World

#: The lags that can be set for good, in Azure's seconds, which the pace scales.
SETTINGS = {"role-lag": "role_propagation_s", "federation-lag": "federation_propagation_s"}


def over(world: "World", fault: str, what: str, since: float) -> bool:
    """Whether ``what``, written at ``since`` (epoch), is known. ``fault``: a key of SETTINGS. By default all is at
    once; ``PUT /_sandbox/lags`` and the plan of trouble may say otherwise."""
    set_s = world.store.table("settings", quiet=True).get("lags", {}).get(SETTINGS[fault], 0)
    if time.time() < since + world.pace.scaled(set_s):
        return False
    return not world.trouble.lagging(fault, what, since)

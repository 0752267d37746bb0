"""The trouble's door, ``/_sandbox/trouble``: set a plan, read what came of it, end it."""

from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from sandbox.errors import AzureError
from sandbox.trouble.lags import SETTINGS
from sandbox.trouble.plan import FAULTS, RATE, Plan

if TYPE_CHECKING:
    from sandbox.world import World


def routes(world: "World") -> list[BaseRoute]:
    async def report(request: Request) -> Response:
        """The plan and what was injected: fault, request, when, how it showed."""
        return JSONResponse(world.trouble.report())

    async def set_plan(request: Request) -> Response:
        """Begin: ``{"seed": 7, "faults": ["reset"], "rate": 0.03}``; all faults where none are named."""
        world.trouble.set(_plan(await request.json()))
        return JSONResponse(world.trouble.report())

    async def end(request: Request) -> Response:
        world.trouble.clear()
        return JSONResponse(world.trouble.report())

    async def lags(request: Request) -> Response:
        """How long a new role assignment or federated credential takes to work, in Azure's seconds, which the pace
        scales: ``{"role_propagation_s": 120, "federation_propagation_s": 60}``; what is not named takes none."""
        given = await request.json()
        for name, seconds in given.items():
            if name not in SETTINGS.values() or not _number(seconds) or seconds < 0:
                known = tuple(SETTINGS.values())
                raise AzureError(400, "InvalidLag", f"{name}: {seconds!r} is not a number of seconds of {known}")
        world.store.table("settings", quiet=True)["lags"] = given
        return JSONResponse(given)

    return [
        Route("/_sandbox/trouble", report, methods=["GET"]),
        Route("/_sandbox/trouble", set_plan, methods=["PUT"]),
        Route("/_sandbox/trouble", end, methods=["DELETE"]),
        Route("/_sandbox/lags", lags, methods=["PUT"]),
    ]


def _plan(given: object) -> Plan:
    """Raises AzureError 400 for what is no plan."""
    if not isinstance(given, dict) or given.keys() - {"seed", "faults", "rate"}:
        raise _invalid("a plan has a seed, and may have faults and a rate")
    seed, faults, rate = given.get("seed"), given.get("faults") or list(FAULTS), given.get("rate", RATE)
    if not isinstance(seed, int) or isinstance(seed, bool):
        raise _invalid(f"a seed is a whole number, not {seed!r}")
    if not isinstance(faults, list) or (unknown := [fault for fault in faults if fault not in FAULTS]):
        raise _invalid(f"faults is a list of {', '.join(FAULTS)}" + (f"; not {unknown[0]!r}" if unknown else ""))
    if not _number(rate) or not 0 <= rate <= 1:
        raise _invalid(f"a rate is a number from 0 to 1, not {rate!r}")
    return Plan(seed, frozenset(faults), float(rate))


def _number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _invalid(message: str) -> AzureError:
    return AzureError(400, "InvalidPlan", message)

"""One sandbox: its place on disk, its address, its state, its pace. Every room is handed this and nothing
else."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from starlette.types import ASGIApp

from sandbox.containers.pods import Pods
from sandbox.home import Home
from sandbox.listeners import Listeners
from sandbox.operations import Operations
from sandbox.pace import Pace
from sandbox.requests import RequestLog
from sandbox.store import Store
from sandbox.trouble.trouble import Trouble

if TYPE_CHECKING:
    from sandbox.kube.objects import Objects

#: The tenant, subscription and operator that every sandbox starts with; fixed, so that docs can show them.
TENANT_ID = "7e7a9c00-0000-4000-8000-00000000c0de"
TENANT_NAME = "Contoso Lab"
TENANT_DOMAIN = "contoso.onmicrosoft.com"
SUBSCRIPTION_ID = "5ab5c1b0-0000-4000-8000-00000000c0de"
SUBSCRIPTION_NAME = "Sandbox"


@dataclass
class World:
    """``home``: folder of everything on disk. ``url``: https base without a trailing slash, e.g.
    https://localhost:8443.

    ``operations`` is work that goes on after an answer, ``listeners`` opens more ports, ``requests`` is the
    request log, ``trouble`` what goes wrong on purpose, ``pods`` the pods that have processes, ``app`` is the whole
    sandbox as an ASGI application (set by ``server.application``), for the rooms that ask each other over HTTP.
    """

    home: Path
    url: str
    store: Store
    pace: Pace = field(default_factory=Pace)

    def __post_init__(self) -> None:
        self.operations = Operations(self)
        self.listeners = Listeners(self)
        self.requests = RequestLog(Home(self.home).requests)
        self.trouble = Trouble(self.store)
        self.pods = Pods()
        self.app: ASGIApp | None = None
        #: The object stores of the clusters, opened by ``sandbox.kube.cluster.objects`` at first use.
        self.clusters: dict[str, Objects] = {}

"""A sandbox served from a thread of this process, with one cluster that the real kubectl and helm talk to."""

import asyncio
import json
import os
import shutil
import subprocess
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from live_cluster import Live, running

from sandbox import seed, server, shellenv, tls
from sandbox.home import Home
from sandbox.kube import cluster as clusters
from sandbox.pace import Pace
from sandbox.store import Store
from sandbox.world import World

PROJECT = Path(__file__).parents[2]
CHARTS = PROJECT / "sandbox" / "charts"
TOOLS = Path(os.environ.get("AKS_LAB_HOME") or PROJECT / ".lab") / "tools"


@dataclass
class Ran:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@dataclass
class Served:
    """The sandbox in its thread. ``live`` is for looking at and changing its state from the test."""

    home: Path
    properties: dict[str, Any] = field(default_factory=dict)
    live: Live = field(init=False)

    def __post_init__(self) -> None:
        self._ready, self._stopped = threading.Event(), asyncio.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), daemon=True)
        self._thread.start()
        assert self._ready.wait(20), "the sandbox did not start"

    async def _serve(self) -> None:
        self._loop, self._stopped = asyncio.get_running_loop(), asyncio.Event()
        tls.Certificates(Home(self.home).tls).prepare()
        world = World(self.home, "", Store(None), Pace(0.0))
        world.url = f"https://localhost:{world.listeners.bind('main')}"
        app = server.application(world)
        await seed.plant(world)
        world.listeners.open(app, "main")
        async with running(world, **self.properties) as live:
            self.live = live
            kubeconfig = self.home / "kubeconfig"
            kubeconfig.write_text(clusters.kubeconfig(world, live.cluster.uid, "admin"))
            self._environment = {**os.environ, **shellenv.variables(Home(self.home), world.url, "", kubeconfig)}
            self._environment["PATH"] = os.pathsep.join([str(TOOLS), os.environ["PATH"]])
            self._ready.set()
            await self._stopped.wait()
        await world.listeners.close_all()

    def call(self, function: Any, *arguments: Any) -> Any:
        """Run something on the sandbox's own loop and return what it returns."""

        async def on_loop() -> Any:
            return function(*arguments)

        return asyncio.run_coroutine_threadsafe(on_loop(), self._loop).result(30)

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._stopped.set)
        self._thread.join(20)

    def run(self, *command: str, stdin: str | None = None, ok: bool = True, timeout_s: float = 90) -> Ran:
        """Run kubectl or helm; ``ok``: it must end well."""
        program = shutil.which(command[0], path=self._environment["PATH"])
        assert program, f"{command[0]} is not at hand: run `inv tools`"
        ended = subprocess.run(
            [program, *command[1:]], input=stdin, text=True, capture_output=True, timeout=timeout_s,
            env=self._environment,
        )  # fmt: skip
        ran = Ran(ended.returncode, ended.stdout, ended.stderr)
        assert not ok or ran.code == 0, f"{' '.join(command)}\n{ran.out}\n{ran.err}"
        return ran

    def kubectl(self, *arguments: str, **how: Any) -> Ran:
        return self.run("kubectl", *arguments, **how)

    def install(self, chart: str, namespace: str, *arguments: str, **how: Any) -> Ran:
        """``helm upgrade --install`` of a stand-in chart under its own name, and wait."""
        return self.run(
            "helm", "upgrade", "--install", chart, str(CHARTS / chart), "--namespace", namespace, "--create-namespace",
            "--wait", "--timeout", "60s", *arguments, **how,
        )  # fmt: skip

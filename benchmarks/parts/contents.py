"""What a sandbox holds, at 1, 10 and 100 times the size: to write one more of it, to list it all, to start with it."""

from __future__ import annotations

import json
import ssl
import statistics
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx

from benchmarks.clients import Lab, environment, lab
from benchmarks.parts.crowd import memory_mb
from benchmarks.parts.growth import by_size, grown
from benchmarks.parts.rerun import sandbox_s
from benchmarks.table import Table

SIZES = (50, 500, 5_000)
LISTED = 5
"""So many lists a size, of which the median counts."""


def tables(rounds: int) -> Iterator[Table]:
    """Once: it is filled from one size to the next."""
    table = by_size("What a sandbox holds: wall seconds")
    seconds: dict[str, list[float]] = {
        "resource groups written": [], "resource groups listed": [],
        "config maps written": [], "config maps listed": [],
        "a start with both": [],
    }  # fmt: skip
    memory: list[str] = []
    with TemporaryDirectory() as folder, lab(Path(folder)) as made, _azure(made) as azure:
        made.inv("credentials")
        before = 0
        all_ = {"resource groups": _groups(azure), "config maps": _config_maps(made)}
        for size in SIZES:
            for things, (write, read) in all_.items():
                written, listed = seconds[f"{things} written"], seconds[f"{things} listed"]
                written.append(sum(written[-1:]) + _took_s(lambda: write(range(before, size))))  # noqa: B023 - called now
                listed.append(statistics.median(_took_s(read) for _ in range(LISTED)))
            memory.append(f"{memory_mb(made)[0]:.0f}")
            sandbox_s("stop", made.home / "sandbox")
            seconds["a start with both"].append(sandbox_s("start", made.home / "sandbox"))
            before = size
    table.rows += [grown(what, SIZES, taken) for what, taken in seconds.items()]
    table.notes.append(f"The sandbox keeps {', '.join(memory)} MB in memory.")
    yield table


Things = tuple[Callable[[range], None], Callable[[], None]]
"""What writes so many more of them, and what lists all."""


def _azure(made: Lab) -> httpx.Client:
    """Its address is the same when the sandbox is started again, and so is whom it trusts."""
    made.inv("sandbox.start")
    with made.clients() as clients:
        _, out, _ = clients.plain(("az", "account", "get-access-token", "--output", "json"))
    account, url = json.loads(out), json.loads(made.inv("sandbox.status")[0])["url"]
    return httpx.Client(
        base_url=f"{url}/subscriptions/{account['subscription']}",
        headers={"Authorization": f"Bearer {account['accessToken']}"},
        params={"api-version": "2024-11-01"},
        verify=ssl.create_default_context(cafile=str(made.home / "sandbox/tls/ca.pem")),
    )


def _groups(client: httpx.Client) -> Things:
    def write(numbers: range) -> None:
        for n in numbers:
            client.put(f"/resourcegroups/many-{n}", json={"location": "norwayeast"}).raise_for_status()

    def read() -> None:
        page = client.get("/resourcegroups").raise_for_status().json()
        while page.get("nextLink"):
            page = client.get(page["nextLink"]).raise_for_status().json()

    return write, read


def _config_maps(made: Lab) -> Things:
    env = environment(made.inv("sandbox.env")[0])

    def kubectl(*words: str, stdin: str = "") -> None:
        subprocess.run(["kubectl", *words], env=env, input=stdin, text=True, stdout=subprocess.DEVNULL, check=True)

    def write(numbers: range) -> None:
        maps = [
            {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": f"many-{n}"}, "data": {"n": str(n)}}
            for n in numbers
        ]
        kubectl("create", "--filename", "-", stdin=json.dumps({"apiVersion": "v1", "kind": "List", "items": maps}))

    def read() -> None:
        kubectl("get", "--raw", "/api/v1/namespaces/default/configmaps")

    return write, read


def _took_s(work: Callable[[], object]) -> float:
    before = time.perf_counter()
    work()
    return time.perf_counter() - before

"""Small images that are built in the registry of a live cluster, and pods of them."""

import asyncio
import textwrap
from typing import Any

import httpx
from live_cluster import GROUP, Live, deployment, running

from sandbox.acr.building import Build
from sandbox.acr.contents import Contents
from sandbox.acr.filesystem import Entry, write
from sandbox.acr.lookup import REGISTRIES
from sandbox.arm import roles
from sandbox.controllers import conditions
from sandbox.kube import logs
from sandbox.world import World

HOST = "localhost:5001"
READY = {"httpGet": {"path": "/healthz", "port": "http"}}

#: A service of the standard library alone: it tells its environment, asks others, and can be told to end.
SERVICE = """
import http.server, json, os, signal, sys, urllib.error, urllib.request
print("listening", os.environ["PORT"], flush=True)
signal.signal(signal.SIGTERM, lambda *_: (print("told to end", flush=True), sys.exit(0)))
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        status, body = 200, b"ok"
        if self.path == "/env":
            body = json.dumps(dict(os.environ)).encode()
        elif self.path == "/headers":
            body = json.dumps({k.lower(): v for k, v in self.headers.items()}).encode()
        elif self.path.startswith("/ask/"):
            try:
                body = urllib.request.urlopen(self.path[5:], timeout=5).read()
            except urllib.error.HTTPError as error:
                status, body = error.code, error.read()
        elif self.path == "/healthz" and os.path.exists(os.path.join(os.environ["HOME"], "ill")):
            status, body = 500, b"ill"
        elif self.path == "/exit":
            os._exit(7)
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *_): pass
http.server.ThreadingHTTPServer((os.environ["HOST"], int(os.environ["PORT"])), Handler).serve_forever()
"""


def build(live: Live, name: str, program: str = SERVICE, command: str = '["python", "main.py"]') -> str:
    """Build an image with one program in it, push it, and return its name. The nodes may pull it."""
    table, id = live.world.store.table("resources"), f"{GROUP}/providers/{REGISTRIES}/running"
    if id.lower() not in table:
        table[id.lower()] = {
            "id": id, "name": "running", "type": REGISTRIES, "location": "westeurope", "sku": {"name": "Basic"},
            "properties": {"loginServer": HOST, "provisioningState": "Succeeded"},
        }  # fmt: skip
        roles.grant(live.world, live.kubelet, "AcrPull", id)
    dockerfile = f"FROM python:3.13-slim\nWORKDIR /app\nENV GREETING=hello\nCOPY main.py .\nCMD {command}\n"
    tree = {"/main.py": Entry(0o644, textwrap.dedent(program).encode())}
    built = Build(tree, lambda base: None, lambda line: None).run(dockerfile, "Dockerfile", {})
    contents = Contents(live.world, "running")
    for blob in built.blobs:
        contents.put_blob(blob)
    digest = contents.put_manifest(name, built.manifest, built.media_type, "1")
    for part, files in (("context", tree), ("root", built.files)):
        folder = contents.image_folder(digest) / part
        folder.mkdir(parents=True, exist_ok=True)
        write(files, folder)
    return f"{HOST}/{name}:1"


def run(scenario: Any, world: World, **properties: Any) -> None:
    async def within() -> None:
        async with running(world, **properties) as live:
            await scenario(live)

    asyncio.run(within())


def app(name: str, image: str, **container: Any) -> dict[str, Any]:
    """A Deployment of one such container with a port and a probe."""
    made = deployment(name, image)
    first = made["spec"]["template"]["spec"]["containers"][0]
    first |= {"ports": [{"name": "http", "containerPort": 8080}], "readinessProbe": READY, **container}
    return made


async def ready_pod(live: Live, name: str) -> dict[str, Any]:
    def found() -> dict[str, Any] | None:
        pods = [pod for pod in live.objects.list("pods") if pod["metadata"].get("labels", {}).get("app") == name]
        return next((pod for pod in pods if conditions.is_true(pod, "Ready")), None)

    return await live.until(found)


def url(live: Live, pod: dict[str, Any], path: str = "/") -> str:
    found = live.world.pods.find(pod["metadata"]["uid"])
    assert found
    return f"http://127.0.0.1:{found.port(8080)}{path}"


async def get(address: str) -> httpx.Response:
    async with httpx.AsyncClient(trust_env=False) as client:
        return await client.get(address)


def log_of(live: Live, pod: dict[str, Any]) -> list[str]:
    place = pod["metadata"]["namespace"], pod["metadata"]["name"], pod["spec"]["containers"][0]["name"]
    return [line for _, line in logs.read(live.world, live.cluster.uid, *place)]


def status_of(live: Live, name: str) -> dict[str, Any]:
    """The status of the container ``name`` in the pod of the Deployment of that name."""
    pods = [pod for pod in live.objects.list("pods") if pod["metadata"].get("labels", {}).get("app") == name]
    empty = {"restartCount": 0, "state": {}, "lastState": {}}
    return ((pods[0].get("status") or {}).get("containerStatuses") or [empty])[0] if pods else empty

"""Small images that are built in the registry of a live cluster, and pods of them."""

import json
import textwrap
from pathlib import Path
from typing import Any

from live_cluster import GROUP, Live
from starlette.types import ASGIApp

from sandbox.acr.building import Build
from sandbox.acr.contents import Contents
from sandbox.acr.filesystem import Entry, write
from sandbox.acr.lookup import REGISTRIES
from sandbox.arm import roles

HOST = "localhost:5001"

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

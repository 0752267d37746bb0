"""A program: the sandbox with ears. It serves HOME as usual and writes every secret that goes over its lines to FILE.

    python tests/e2e/overheard.py HOME FILE

A line of FILE is {"what", "secret"}. The file is for a test that looks where these secrets have got to.
"""

import base64
import json
import re
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import yaml
from starlette.types import ASGIApp, Message, Receive, Scope, Send

PROJECT = Path(__file__).parents[2]
sys.path.insert(0, str(PROJECT))

TOKEN = re.compile(r"eyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]{10,}")
PRIVATE_KEY = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----\s+([\w+/=]{32,})")
#: Fields of answers and forms, of whatever service.
FIELDS = {"access_token", "refresh_token", "id_token", "token", "password", "client_secret", "client_assertion"}
#: Fields of a user in a kubeconfig.
OF_USERS = {"token", "password", "client-key-data"}
#: No answer with a secret in it is longer; schemas and listings are.
LONGEST = 1 << 16


class Ears:
    """ASGI middleware."""

    def __init__(self, app: ASGIApp, file: Path) -> None:
        self._app, self._file, self._known = app, file, set[str]()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith("/_sandbox/"):
            return await self._app(scope, receive, send)
        told, asked = bytearray(), bytearray()

        async def heard(message: Message) -> None:
            if len(told) < LONGEST:
                told.extend(message.get("body", b""))
            await send(message)

        async def listened() -> Message:
            message = await receive()
            if len(asked) < LONGEST:
                asked.extend(message.get("body", b""))
            return message

        for name, value in scope["headers"]:
            if name in (b"authorization", b"x-identity-header"):
                self._note(f"header {name.decode()}", value.decode().rpartition(" ")[2])
        try:
            await self._app(scope, listened, heard)
        finally:
            for body in (told, asked):
                for what, secret in secrets_in(body.decode(errors="replace")) if len(body) < LONGEST else ():
                    self._note(what, secret)

    def _note(self, what: str, secret: str) -> None:
        if len(secret) >= 16 and secret not in self._known:
            self._known.add(secret)
            with self._file.open("a") as file:
                file.write(json.dumps({"what": what, "secret": secret}) + "\n")


def secrets_in(text: str) -> Iterator[tuple[str, str]]:
    """What each is, and the secret."""
    yield from (("token", found) for found in TOKEN.findall(text))
    yield from (("private key", found) for found in PRIVATE_KEY.findall(text.replace("\\n", "\n")))
    for name, values in parse_qs(text).items() if "=" in text and "{" not in text else ():
        yield from ((name, value) for value in values if name in FIELDS)
    for line in [text, *text.splitlines()]:  # a watch tells line by line
        with suppress(ValueError):
            yield from _fields(json.loads(line))


def _fields(value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, list):
        for one in value:
            yield from _fields(one)
    elif isinstance(value, dict):
        for name, one in value.items():
            if name in FIELDS and isinstance(one, str):
                yield name, one
            elif name == "uploadUrl":
                yield from (("signature", signature) for signature in parse_qs(urlsplit(one).query).get("sig", []))
            elif name == "passwords":
                yield from (("password of a registry", each["value"]) for each in one or [])
            elif name == "kubeconfigs":
                yield from (found for each in one for found in _users(base64.b64decode(each["value"])))
            else:
                yield from _fields(one)
        if value.get("kind") == "Secret" and str(value.get("type")).startswith("kubernetes.io/"):
            for name, one in (value.get("data") or {}).items():
                if not name.endswith(".crt"):  # certificates are for everybody
                    yield f"{name} of a Kubernetes secret", one
                    yield from secrets_in(base64.b64decode(one).decode(errors="replace"))


def _users(kubeconfig: bytes) -> Iterator[tuple[str, str]]:
    for user in yaml.safe_load(kubeconfig)["users"]:
        yield from ((f"{name} of a kubeconfig", one) for name, one in user["user"].items() if name in OF_USERS)


def main(home: str, file: str) -> None:
    from sandbox import server
    from sandbox.home import Home
    from sandbox.serving import serve
    from sandbox.world import World

    application = server.application

    def with_ears(world: World) -> ASGIApp:
        world.app = Ears(application(world), Path(file))
        return world.app

    server.application = with_ears
    serve(Home(Path(home).absolute()))


if __name__ == "__main__":
    main(*sys.argv[1:])

"""The command line: one sandbox a home, whatever happens to it."""

import json
import os
import signal
import socket
import ssl
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any

from sandbox_program import Program

from sandbox.world import SUBSCRIPTION_ID, TENANT_ID

GROUP = f"/subscriptions/{SUBSCRIPTION_ID}/resourcegroups/rg-kept?api-version=2024-11-01"


class Client:
    """The operator, signed in as az does it: with the assertion in az's folder."""

    def __init__(self, started: Any) -> None:
        self._url = started["url"]
        self._trust = ssl.create_default_context(cafile=started["env"]["SSL_CERT_FILE"])
        entry = json.loads((Path(started["env"]["AZURE_CONFIG_DIR"]) / "service_principal_entries.json").read_text())[0]
        form = {
            "grant_type": "client_credentials", "client_id": entry["client_id"], "scope": f"{self._url}//.default",
            "client_assertion": entry["client_assertion"],
            "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        }  # fmt: skip
        self._token = ""
        answer = self.send("POST", f"/{TENANT_ID}/oauth2/v2.0/token", urllib.parse.urlencode(form).encode())[1]
        self._token = answer["access_token"]

    def send(self, method: str, path: str, body: bytes | None = None) -> tuple[int, Any]:
        headers = {"Authorization": f"Bearer {self._token}"} if self._token else {}
        request = urllib.request.Request(self._url + path, body, headers, method=method)
        try:
            with urllib.request.urlopen(request, context=self._trust, timeout=10) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            return error.code, json.load(error)


def answers(started: Any) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", urllib.parse.urlsplit(started["url"]).port or 0)) == 0


def test_start_joins_what_runs_and_stop_ends_it(program: Program) -> None:
    began = time.monotonic()
    first = program.start()
    assert time.monotonic() - began < 10
    assert program.start()["pid"] == first["pid"]
    code, out, _ = program.run("status")
    assert (code, json.loads(out)["url"]) == (0, first["url"])

    began = time.monotonic()
    assert program.run("stop")[:2] == (0, "stopped\n")
    assert time.monotonic() - began < 5
    assert not answers(first)
    assert program.run("status")[0] == 3
    assert program.run("stop")[:2] == (0, "nothing was running\n")
    assert program.start()["url"] == first["url"], "the port is kept"


def test_of_several_that_start_at_once_one_serves(program: Program) -> None:
    begun = [program.begin("start") for _ in range(3)]
    pids = {json.loads(one.communicate(timeout=60)[0])["pid"] for one in begun}
    assert len(pids) == 1


def test_the_state_survives_a_kill(program: Program) -> None:
    started = program.start()
    status, _ = Client(started).send("PUT", GROUP, b'{"location": "westeurope"}')
    assert status == 201
    os.kill(started["pid"], signal.SIGKILL)
    again = program.start()
    assert again["url"] == started["url"] and again["pid"] != started["pid"]
    assert Client(again).send("GET", GROUP)[0] == 200


def test_reset_forgets_the_state_and_spares_what_is_not_its_own(program: Program) -> None:
    started = program.start()
    Client(started).send("PUT", GROUP, b'{"location": "westeurope"}')
    (program.home / "notes.txt").write_text("mine")
    assert program.run("reset")[0] == 0
    assert not answers(started)
    assert Client(program.start()).send("GET", GROUP)[0] == 404
    assert (program.home / "notes.txt").read_text() == "mine"


def test_a_port_that_is_taken_is_named(program: Program) -> None:
    port = urllib.parse.urlsplit(program.start()["url"]).port
    program.run("stop")
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", port or 0))
        other.listen()
        code, _, err = program.run("start")
    assert code == 1
    assert f"port {port} on 127.0.0.1 is taken by another process" in err


def test_another_port_than_the_one_kept_is_refused(program: Program) -> None:
    program.start()
    code, _, err = program.run("start", "--port", "4")
    assert code == 1 and "stop it first" in err
    program.run("stop")
    code, _, err = program.run("start", "--port", "4")
    assert code == 1 and "`reset` it to choose another one" in err


def test_env_is_for_a_posix_shell(program: Program, tmp_path: Path) -> None:
    wanted, tools = str(tmp_path / "it's a kubeconfig"), str(tmp_path / "tools")
    started = program.start("--kubeconfig", wanted)
    _, exports, _ = program.run("env", "--kubeconfig", wanted, "--tools", tools)
    script = f'{exports}\nprintf "%s\\n" "$KUBECONFIG" "$AZURE_CONFIG_DIR" "$PATH"'
    shell = subprocess.run(["/bin/sh", "-euc", script], capture_output=True, text=True, check=True)
    kubeconfig, azure, path = shell.stdout.splitlines()
    assert kubeconfig == wanted == started["env"]["KUBECONFIG"]
    assert azure == started["env"]["AZURE_CONFIG_DIR"]
    assert path.split(":")[:2] == [started["path"][0], tools]


def test_pace_can_be_changed_while_it_runs(program: Program) -> None:
    program.start()
    program.start("--pace", "0.5")
    assert json.loads(program.run("status")[1])["pace"] == 0.5


def test_requests_are_counted_and_their_writes_named(program: Program) -> None:
    client = Client(program.start())
    before = client.send("GET", "/_sandbox/status")[1]
    client.send("GET", GROUP)
    client.send("PUT", GROUP, b'{"location": "westeurope"}')
    after = client.send("GET", "/_sandbox/status")[1]
    assert (after["requests"] - before["requests"], after["writes"] - before["writes"]) == (2, 1)
    lines = client.send("GET", f"/_sandbox/requests?since={before['requests']}")[1]["value"]
    assert [(line["method"], line["status"], line["principal"]) for line in lines] == [
        ("GET", 404, "lab-operator"),
        ("PUT", 201, "lab-operator"),
    ]
    key = GROUP.partition("?")[0]
    assert [line["wrote"] for line in lines] == [[], [["resources", key]]]

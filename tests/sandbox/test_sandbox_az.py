"""The real az in the shell that ``env`` describes: signed in, in its own folder, and asking nobody else."""

import json
import os
import shutil
import socketserver
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from sandbox_program import Program

from sandbox.entra.audiences import AKS_APP_ID
from sandbox.seed import MACHINE_APP_ID, OPERATOR_APP_ID
from sandbox.world import SUBSCRIPTION_ID, TENANT_ID

pytestmark = pytest.mark.e2e


class Trap(socketserver.ThreadingTCPServer):
    """A proxy that lets nobody through and remembers where they wanted to go."""

    daemon_threads = True

    def __init__(self) -> None:
        self.asked: list[str] = []
        super().__init__(("127.0.0.1", 0), _Trapped)


class _Trapped(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        assert isinstance(self.server, Trap)
        self.server.asked.append(self.rfile.readline().decode().strip())
        self.wfile.write(b"HTTP/1.1 403 Forbidden\r\n\r\n")


@dataclass
class Shell:
    """A shell with a sandbox's environment; every host but this machine is behind the trap."""

    url: str
    environ: dict[str, str]
    trap: Trap
    folder: Path
    assertion: str = field(default="")

    def run(self, *argv: str, code: int = 0) -> str:
        program = shutil.which(argv[0], path=self.environ["PATH"])
        assert program, f"{argv[0]} is needed: inv tools"
        done = subprocess.run([program, *argv[1:]], env=self.environ, cwd=self.folder, capture_output=True, text=True)
        assert done.returncode == code, f"{argv}: {done.returncode}\n{done.stdout}{done.stderr}"
        return done.stdout + (done.stderr if code else "")

    def az(self, *argv: str) -> Any:
        return json.loads(self.run("az", *argv, "-o", "json") or "null")

    def signed_out(self, folder: Path) -> "Shell":
        """The same with a folder of its own for az: the cloud is configured, nobody is signed in."""
        folder.mkdir()
        azure = Path(self.environ["AZURE_CONFIG_DIR"])
        for name in ("clouds.config", "config", "versionCheck.json"):
            shutil.copy(azure / name, folder / name)
        environ = {**self.environ, "AZURE_CONFIG_DIR": str(folder)}
        return Shell(self.url, environ, self.trap, self.folder, self.assertion)


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    program = Program(tmp_path_factory.mktemp("sandbox") / "home")
    started = program.start()
    trap = Trap()
    threading.Thread(target=trap.serve_forever, daemon=True).start()
    proxy = f"http://127.0.0.1:{trap.server_address[1]}"
    path = os.pathsep.join([*started["path"], os.environ["PATH"]])
    environ = {**os.environ, **started["env"], "PATH": path, "HTTPS_PROXY": proxy, "HTTP_PROXY": proxy}
    entries = json.loads((Path(environ["AZURE_CONFIG_DIR"]) / "service_principal_entries.json").read_text())
    folder = tmp_path_factory.mktemp("cwd")
    yield Shell(started["url"], environ, trap, folder, entries[0]["client_assertion"])
    trap.shutdown()
    trap.server_close()
    program.run("stop")


@pytest.fixture(autouse=True)
def nobody_else_is_asked(shell: Shell) -> Iterator[None]:
    yield
    assert shell.trap.asked == []


def test_the_operator_is_signed_in_from_the_start(shell: Shell) -> None:
    account = shell.az("account", "show")
    assert (account["id"], account["tenantId"]) == (SUBSCRIPTION_ID, TENANT_ID)
    assert account["user"] == {"name": OPERATOR_APP_ID, "type": "servicePrincipal"}
    assert shell.az("account", "get-access-token")["tenant"] == TENANT_ID
    assert [zone["name"] for zone in shell.az("network", "dns", "zone", "list")] == ["contoso.localhost"]


def test_the_operator_is_no_user(shell: Shell) -> None:
    refused = shell.run("az", "ad", "signed-in-user", "show", code=1)
    assert "/me request is only valid with delegated authentication flow." in refused


def test_groups_and_their_members(shell: Shell) -> None:
    named = ("--display-name", "lab-admins", "--mail-nickname", "lab-admins")
    group = shell.az("ad", "group", "create", *named)
    assert shell.az("ad", "group", "create", *named)["id"] == group["id"]
    assert shell.az("ad", "group", "show", "-g", "lab-admins")["id"] == group["id"]
    operator = shell.az("ad", "sp", "show", "--id", OPERATOR_APP_ID)["id"]
    shell.az("ad", "group", "member", "add", "-g", "lab-admins", "--member-id", operator)
    checked = shell.az("ad", "group", "member", "check", "-g", "lab-admins", "--member-id", operator)
    assert checked == {"value": True}
    assert [one["id"] for one in shell.az("ad", "group", "member", "list", "-g", "lab-admins")] == [operator]
    assert "No group matches" in shell.run("az", "ad", "group", "show", "-g", "nobody", code=1)


def test_an_app_role_is_granted_by_rest(shell: Shell) -> None:
    graph = shell.az("ad", "sp", "show", "--id", "00000003-0000-0000-c000-000000000000")
    role = next(role["id"] for role in graph["appRoles"] if role["value"] == "Group.Read.All")
    operator = shell.az("ad", "sp", "show", "--id", OPERATOR_APP_ID)["id"]
    url = f"{shell.url}/v1.0/servicePrincipals/{graph['id']}/appRoleAssignedTo"
    body = json.dumps({"principalId": operator, "resourceId": graph["id"], "appRoleId": role})
    shell.az("rest", "--method", "post", "--url", url, "--body", body)
    again = shell.run("az", "rest", "--method", "post", "--url", url, "--body", body, code=1)
    assert "Permission being assigned already exists on the object" in again
    assert role in [grant["appRoleId"] for grant in shell.az("rest", "--url", url)["value"]]


def test_applications_sign_in_with_tokens_of_an_issuer_that_they_name(shell: Shell) -> None:
    application = shell.az("ad", "app", "create", "--display-name", "pipeline")
    shell.az("ad", "sp", "create", "--id", application["appId"])
    assert [app["appId"] for app in shell.az("ad", "app", "list", "--display-name", "pipe")] == [application["appId"]]
    credential = {
        "name": "lab", "issuer": f"{shell.url}/_sandbox/issuer", "subject": "lab:operator",
        "audiences": ["api://AzureADTokenExchange"],
    }  # fmt: skip
    into = ("ad", "app", "federated-credential")
    shell.az(*into, "create", "--id", application["appId"], "--parameters", json.dumps(credential))
    assert [one["name"] for one in shell.az(*into, "list", "--id", application["appId"])] == ["lab"]

    elsewhere = shell.signed_out(shell.folder / "pipeline")
    login = ("login", "--service-principal", "-u", application["appId"], "--tenant", TENANT_ID)
    elsewhere.az(*login, "--federated-token", shell.assertion, "--allow-no-subscriptions")
    refused = elsewhere.run("az", "ad", "group", "list", code=1)
    assert "Insufficient privileges to complete the operation." in refused


def test_login_with_a_federated_token(shell: Shell) -> None:
    elsewhere = shell.signed_out(shell.folder / "federated")
    login = ("login", "--service-principal", "-u", OPERATOR_APP_ID, "--tenant", TENANT_ID, "--federated-token")
    assert [account["id"] for account in elsewhere.az(*login, shell.assertion)] == [SUBSCRIPTION_ID]
    elsewhere.az("group", "list")
    elsewhere.run("az", "account", "clear")

    forged = shell.assertion[:-8] + "AAAAAAAA"
    refused = shell.signed_out(shell.folder / "forged").run("az", *login, forged, code=1)
    assert "AADSTS50013: Assertion failed signature validation." in refused


def test_login_as_the_machine(shell: Shell) -> None:
    elsewhere = shell.signed_out(shell.folder / "machine")
    account = elsewhere.az("login", "--identity")[0]
    assert account["user"]["assignedIdentityInfo"] == "MSI"
    assert MACHINE_APP_ID in [one["appId"] for one in elsewhere.az("ad", "sp", "list", "--all")]
    elsewhere.az("group", "list")


def test_kubelogin_has_a_token_of_az_and_keeps_it(shell: Shell) -> None:
    ask = ("kubelogin", "get-token", "--login", "azurecli", "--server-id", AKS_APP_ID)
    first = json.loads(shell.run(*ask))
    assert (first["kind"], first["apiVersion"]) == ("ExecCredential", "client.authentication.k8s.io/v1beta1")
    assert json.loads(shell.run(*ask)) == first
    kept = list(Path(shell.environ["AZURE_CONFIG_DIR"]).glob(f"kubelogin.*{AKS_APP_ID}.json"))
    assert [path.stat().st_mode & 0o777 for path in kept] == [0o600]

    nobody = shell.signed_out(shell.folder / "nobody")
    assert "az login" in nobody.run(*ask, code=1)

    left = shell.folder / "left"
    shutil.copytree(shell.environ["AZURE_CONFIG_DIR"], left)  # with its times
    leaving = replace(shell, environ={**shell.environ, "AZURE_CONFIG_DIR": str(left)})
    assert json.loads(leaving.run(*ask)) == first
    leaving.run("az", "account", "clear")
    assert "az login" in leaving.run(*ask, code=1), "who has signed out has no use of what was kept"


def test_kubelogin_converts_the_users_of_entra_alone(shell: Shell) -> None:
    kubeconfig = shell.folder / "kubeconfig"
    plugin = {
        "apiVersion": "client.authentication.k8s.io/v1beta1", "command": "kubelogin", "interactiveMode": "IfAvailable",
        "args": ["get-token", "--environment", "AzurePublicCloud", "--server-id", AKS_APP_ID, "--login", "devicecode"],
    }  # fmt: skip
    users = [{"name": "entra", "user": {"exec": plugin}}, {"name": "admin", "user": {"token": "secret"}}]
    kubeconfig.write_text(json.dumps({"apiVersion": "v1", "kind": "Config", "users": users}))
    shell.run("kubelogin", "convert-kubeconfig", "-l", "azurecli", "--kubeconfig", str(kubeconfig))
    view = shell.run("kubectl", "config", "view", "--raw", "--kubeconfig", str(kubeconfig), "-o", "json")
    converted = {user["name"]: user["user"] for user in json.loads(view)["users"]}
    assert converted["admin"] == {"token": "secret"}
    assert converted["entra"]["exec"]["args"] == ["get-token", "--login", "azurecli", "--server-id", AKS_APP_ID]

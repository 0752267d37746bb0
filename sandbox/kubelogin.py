"""A stand-in for kubelogin, for the sandbox's clusters: kubectl signs in with az's login.

A program by itself, of the standard library alone. It knows ``convert-kubeconfig`` and ``get-token`` with ``--login
azurecli``. kubectl and helm run it before each command, so what they are told is kept in az's configuration folder, as
long as the same account is signed in there and until shortly before the token expires; and what handing that out does
not need is imported where it is needed.
"""

from __future__ import annotations

import os
import sys
import time

#: The application that stands for AKS in every tenant.
AKS_SERVER_ID = "6dae42f8-4368-4678-94ff-3960e28e3630"
API_VERSION = "client.authentication.k8s.io/v1beta1"
RENEW_BEFORE_EXPIRY_S = 300


class Refused(Exception):
    """What kubelogin cannot do; the text says why."""


def run(*command: str) -> str:
    """The standard output of a command. Raises Refused with its error text."""
    import subprocess

    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError as error:
        raise Refused(f"{command[0]} is not on PATH") from error
    if done.returncode:
        raise Refused(f"{' '.join(command[:3])}: {done.stderr.strip()}")
    return done.stdout


def azure_folder() -> str:
    return os.environ.get("AZURE_CONFIG_DIR") or os.path.expanduser("~/.azure")


def signed_in(folder: str) -> str:
    """When the accounts that az is signed in with were last written; empty where there are none. Who signs in as
    somebody else gets nobody's token but their own."""
    try:
        return str(os.stat(os.path.join(folder, "azureProfile.json")).st_mtime_ns)
    except FileNotFoundError:
        return ""


def get_token(login: str, server_id: str) -> None:
    """Prints a credential for kubectl, kept or made of what az answers."""
    only_azurecli(login)
    folder, version = azure_folder(), api_version()
    whose = signed_in(folder)
    if not whose:
        print(credential(version, server_id)[1])
        return
    file = os.path.join(folder, f"kubelogin.{server_id.replace(os.sep, '_')}.json")
    mark = f"{version} {whose}"
    text = kept(file, mark)
    if text is None:
        import fcntl

        with open(os.path.join(folder, "kubelogin.lock"), "a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # of eight kubectl that start at once, one asks az
            text = kept(file, mark)
            if text is None:
                expires_on, text = credential(version, server_id)
                keep(file, f"{expires_on} {mark}\n{text}")
    print(text)


def api_version() -> str:
    """As who asks wants to be answered."""
    asked = os.environ.get("KUBERNETES_EXEC_INFO", "")
    if not asked or f'"{API_VERSION}"' in asked:
        return API_VERSION
    import json

    return str(json.loads(asked).get("apiVersion", API_VERSION))


def kept(file: str, mark: str) -> str | None:
    """What this file keeps below a line with the epoch second at which it expires and its mark; None where that is
    another mark, or the time is nearly up."""
    try:
        with open(file) as opened:
            head, _, text = opened.read().partition("\n")
    except FileNotFoundError:
        return None
    expires_on, _, marked = head.partition(" ")
    return text if marked == mark and int(expires_on) - RENEW_BEFORE_EXPIRY_S > time.time() else None


def keep(file: str, content: str) -> None:
    draft = f"{file}.{os.getpid()}"
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as opened:
        opened.write(content)
    os.replace(draft, file)


def credential(version: str, server_id: str) -> tuple[int, str]:
    """When the token that az answers with expires, in epoch seconds, and the ExecCredential with it."""
    import json

    answer = json.loads(run("az", "account", "get-access-token", "--resource", server_id, "-o", "json"))
    expires_on = int(answer["expires_on"])
    until = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(expires_on))
    status = {"expirationTimestamp": until, "token": answer["accessToken"]}
    whole = {"kind": "ExecCredential", "apiVersion": version, "spec": {"interactive": False}, "status": status}
    return expires_on, json.dumps(whole)


def only_azurecli(login: str) -> None:
    if login != "azurecli":
        raise Refused(f"the sandbox knows no login '{login}', only azurecli")


def convert_kubeconfig(login: str, kubeconfig: str | None) -> None:
    """Have the users that sign in with Entra sign in with az. kubectl itself reads and writes the file."""
    import json

    only_azurecli(login)
    kubectl = ["kubectl", "config"]
    if kubeconfig:
        kubectl.append(f"--kubeconfig={kubeconfig}")
    config = json.loads(run(*kubectl, "view", "--raw", "-o", "json"))
    for entry in config.get("users") or []:
        plugin = (entry.get("user") or {}).get("exec") or {}
        if os.path.basename(plugin.get("command") or "") != "kubelogin":
            continue
        given = plugin.get("args") or []
        server_id = given[given.index("--server-id") + 1] if "--server-id" in given else AKS_SERVER_ID
        arguments = ("get-token", "--login", login, "--server-id", server_id)
        run(
            *kubectl, "set-credentials", entry["name"], "--exec-command=kubelogin",
            f"--exec-api-version={API_VERSION}", *(f"--exec-arg={argument}" for argument in arguments),
        )  # fmt: skip


def carry_out(words: list[str]) -> None:
    """Whatever these words ask for."""
    if words[:2] == ["get-token", "--login"] and words[3:4] == ["--server-id"] and len(words) == 5:
        return get_token(words[2], words[4])  # as it stands in a kubeconfig
    import argparse

    parser = argparse.ArgumentParser(prog="kubelogin", description="A stand-in for kubelogin: signs in with az.")
    parser.add_argument("--version", action="version", version="kubelogin version \ngit hash: stand-in")
    commands = parser.add_subparsers(dest="command", required=True)
    convert = commands.add_parser("convert-kubeconfig", help="have a kubeconfig's Entra users sign in with az")
    convert.add_argument("--kubeconfig")
    get = commands.add_parser("get-token", help="print a credential for kubectl")
    get.add_argument("--server-id", required=True)
    for command in (convert, get):
        command.add_argument("-l", "--login", default="devicecode")
    options = parser.parse_args(words)
    if options.command == "get-token":
        return get_token(options.login, options.server_id)
    return convert_kubeconfig(options.login, options.kubeconfig)


def main(words: list[str]) -> int:
    try:
        carry_out(words)
    except Refused as refused:
        print(f"Error: {refused}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

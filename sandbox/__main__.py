"""``python -m sandbox``: start, stop and ask the sandbox, or serve it in the foreground."""

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

from sandbox import process, shellenv
from sandbox.home import Home, lab_home
from sandbox.process import ProcessError
from sandbox.trouble.plan import FAULTS


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m sandbox", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, summary in (
        ("start", "join the running sandbox or start one, and print where it is"),
        ("serve", "be the sandbox, in the foreground"),
        ("stop", "end the running sandbox; its state stays"),
        ("status", "what runs and what it has counted; exit code 3 where nothing runs"),
        ("reset", "stop the sandbox and delete its state"),
        ("env", "export lines for a POSIX shell"),
        ("faults", "what can go wrong on purpose, and how it shows"),
        ("trouble", "let it go wrong by a seeded plan, or tell what was injected so far"),
        ("assertion", "a token that vouches for the operator for a while, as a pipeline has one"),
        ("state", "what stands once nothing changes any more, with names for all that is random"),
    ):
        command = commands.add_parser(name, help=summary, description=summary)
        command.add_argument("--home", type=Path, help="the sandbox's folder (default: $AKS_LAB_HOME/sandbox)")
        if name in ("start", "serve"):
            command.add_argument("--pace", type=float, help="0: at once (default); 1: as slow as Azure")
            command.add_argument("--port", type=int, help="the port of a new sandbox (default: any free one)")
            command.add_argument("--ingress-port", type=int, help="the port of its ingress (default: any free one)")
        if name in ("start", "env", "status"):
            command.add_argument("--tools", type=Path, help="the folder of az, kubectl and helm")
            command.add_argument("--kubeconfig", type=Path, help="default: kubeconfig in the sandbox's folder")
        if name == "status":
            command.add_argument("--clients", action="store_true", help="also what az, kubectl and helm need")
        if name == "assertion":
            command.add_argument("--seconds", type=float, default=600, help="for how long (default: ten minutes)")
        if name == "trouble":
            command.add_argument("--seed", type=int, help="begin; the same seed means the same faults")
            command.add_argument("--faults", help="only these, with commas between them (default: all)")
            command.add_argument("--rate", type=float, help="the part of all requests at which one begins")
            command.add_argument("--end", action="store_true", help="end it, and forget what was injected")
    return parser.parse_args()


def _clients(home: Home, found: dict[str, Any], asked: argparse.Namespace) -> dict[str, Any]:
    """What az, kubectl and helm need in order to talk to it."""
    kubeconfig = asked.kubeconfig.absolute() if asked.kubeconfig else None
    tools = (asked.tools or lab_home() / "tools" / "bin").absolute()
    settings = shellenv.variables(home, found["url"], found["identity_header"], kubeconfig)
    return {"env": settings, "path": shellenv.path(home, tools)}


def _described(home: Home, found: dict[str, Any], asked: argparse.Namespace) -> dict[str, Any]:
    ingress = process.ask(home, "GET", "/_sandbox/status")["ingress"]
    place = {"url": found["url"], "home": str(home.root), "pid": found["pid"], "ingress": ingress}
    return place | _clients(home, found, asked)


def _trouble(home: Home, asked: argparse.Namespace) -> Any:
    if asked.end:
        return process.ask(home, "DELETE", "/_sandbox/trouble")
    if asked.seed is None:
        return process.ask(home, "GET", "/_sandbox/trouble")
    plan = {"seed": asked.seed, "faults": asked.faults and asked.faults.split(","), "rate": asked.rate}
    given = {key: value for key, value in plan.items() if value is not None}
    return process.ask(home, "PUT", "/_sandbox/trouble", given)


def _settled(home: Home) -> Any:
    """The state once it has been the same for half a second, and after twenty seconds in any case."""
    ends_at = time.monotonic() + 20
    found = process.ask(home, "GET", "/_sandbox/state")
    while time.monotonic() < ends_at:
        time.sleep(0.5)
        before, found = found, process.ask(home, "GET", "/_sandbox/state")
        if found == before:
            break
    return found


def main() -> int:
    asked = _arguments()
    home = Home((asked.home or lab_home() / "sandbox").absolute())
    try:
        match asked.command:
            case "start":
                found = process.start(home, asked.pace, asked.port, asked.ingress_port)
                print(json.dumps(_described(home, found, asked), indent=2))
            case "serve":
                from sandbox.serving import serve  # the libraries of the server take long to import

                serve(home, asked.pace or 0.0, asked.port, asked.ingress_port)
            case "stop":
                print("stopped" if process.stop(home) else "nothing was running")
            case "reset":
                process.reset(home)
                print(f"deleted the sandbox's state in {home.root}")
            case "status":
                if not process.running(home):
                    print(json.dumps({"running": False, "home": str(home.root)}, indent=2))
                    return 3
                status = {"running": True} | process.ask(home, "GET", "/_sandbox/status")
                clients = _clients(home, process.endpoint(home), asked) if asked.clients else {}
                print(json.dumps(status | clients, indent=2))
            case "faults":
                print(json.dumps(FAULTS, indent=2))
            case "trouble":
                print(json.dumps(_trouble(home, asked), indent=2))
            case "assertion":
                print(process.ask(home, "POST", "/_sandbox/assertion", {"seconds": asked.seconds})["assertion"])
            case "state":
                print(json.dumps(_settled(home), indent=1))
            case "env":
                clients = _clients(home, process.endpoint(home), asked)
                sys.stdout.write(shellenv.exports(clients["env"], clients["path"]))
    except ProcessError as error:
        print(f"sandbox: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

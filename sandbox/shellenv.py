"""The environment in which az, kubectl and helm talk to the sandbox and leave the user's own files alone."""

import os
import shlex
import sys
from pathlib import Path

from sandbox.home import Home

KUBELOGIN = Path(__file__).with_name("kubelogin.py")


def variables(home: Home, url: str, identity_header: str, kubeconfig: Path | None = None) -> dict[str, str]:
    """What to set, by name. PATH is not among them: see ``path``."""
    trust = str(home.tls / "ca-bundle.pem")
    return {
        "AZURE_CONFIG_DIR": str(home.azure),
        "AZURE_CORE_COLLECT_TELEMETRY": "0",
        "AZURE_CORE_INSTANCE_DISCOVERY": "false",
        "AZURE_CORE_SURVEY_MESSAGE": "false",
        "AZURE_CORE_LOGIN_EXPERIENCE_V2": "false",
        "AZURE_BICEP_CHECK_VERSION": "false",
        "AZURE_EXTENSION_USE_DYNAMIC_INSTALL": "no",
        "KUBECONFIG": str(kubeconfig or home.kubeconfig),
        "KUBECACHEDIR": str(home.kube_cache),
        "HELM_CACHE_HOME": str(home.helm / "cache"),
        "HELM_CONFIG_HOME": str(home.helm / "config"),
        "HELM_DATA_HOME": str(home.helm / "data"),
        # For requests (az) and Go, curl, OpenSSL: our authority beside the public ones, so that a shell
        # with this environment still reaches the outside world.
        "REQUESTS_CA_BUNDLE": trust,
        "SSL_CERT_FILE": trust,
        # The machine's managed identity, for `az login --identity`.
        "IDENTITY_ENDPOINT": f"{url}/msi/token",
        "IDENTITY_HEADER": identity_header,
        "NO_PROXY": _not_proxied(),
        "no_proxy": _not_proxied(),
    }


def path(home: Home, tools: Path) -> list[str]:
    """What goes in front of PATH: the sandbox's kubelogin, which a real one must not hide, then the folder of az,
    kubectl and helm."""
    return [str(_stand_in(home).parent), str(tools)]


def _stand_in(home: Home) -> Path:
    """The sandbox's kubelogin, run by the Python that runs the sandbox: what is called python3 on PATH may be an old
    one, or a script of pyenv that takes longer to find one than all the rest."""
    script = f'#!/bin/sh\nexec {shlex.join([sys.executable, "-I", "-S", str(KUBELOGIN)])} "$@"\n'
    program = home.bin / "kubelogin"
    if not program.exists() or program.read_text() != script:
        home.bin.mkdir(parents=True, exist_ok=True)
        draft = program.with_name(f".kubelogin.{os.getpid()}")
        draft.write_text(script)
        draft.chmod(0o755)
        draft.replace(program)
    return program


def exports(settings: dict[str, str], folders: list[str]) -> str:
    """``export`` lines for a POSIX shell. Folders that are in PATH already are not added again."""
    present = os.environ.get("PATH", "").split(os.pathsep)
    lines = [f"export {name}={shlex.quote(value)}" for name, value in settings.items()]
    if missing := [folder for folder in folders if folder not in present]:
        lines.append(f'export PATH={shlex.quote(os.pathsep.join(missing))}"{os.pathsep}$PATH"')
    return "\n".join(lines) + "\n"


def _not_proxied() -> str:
    """The hosts that no proxy serves: the user's own, and this machine (requests does not know that by
    itself)."""
    kept = os.environ.get("NO_PROXY") or os.environ.get("no_proxy") or ""
    hosts = [host for host in kept.split(",") if host]
    return ",".join(hosts + [host for host in ("localhost", "127.0.0.1") if host not in hosts])

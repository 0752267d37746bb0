"""Python packages by uv, from the index that the user has set up for uv or, failing that, for pip."""

from __future__ import annotations

import ast
import os
import ssl
import sys
from collections.abc import Mapping
from pathlib import Path

from engine.errors import Absent
from engine.goal import Command, Completed, Question

#: Any of these, or a settings file of uv's, and uv's own settings are the ones to go by.
UV_INDEXES = (
    "UV_DEFAULT_INDEX",
    "UV_INDEX",
    "UV_INDEX_URL",
    "UV_EXTRA_INDEX_URL",
    "UV_FIND_LINKS",
    "UV_CONFIG_FILE",
)

#: What pip calls a setting, what uv calls it, and what uv puts between several.
PIP_TO_UV = (
    ("index-url", "UV_DEFAULT_INDEX", " "),
    ("extra-index-url", "UV_INDEX", " "),
    ("find-links", "UV_FIND_LINKS", ","),
    ("trusted-host", "UV_INSECURE_HOST", " "),
    ("cert", "SSL_CERT_FILE", " "),
    ("client-cert", "SSL_CLIENT_CERT", " "),
    ("proxy", "ALL_PROXY", " "),
)


def uv(*words: str, env: Mapping[str, str], stdin: str | None = None) -> Command:
    """A uv command that keeps its progress bars to itself."""
    from uv import find_uv_bin

    argv = (find_uv_bin(), "--no-progress", *words)
    return Command(argv, stdin=stdin, env=env, timeout_s=1800)


def environment(folder: Path, lock: Path, env: Mapping[str, str]) -> tuple[Command, ...]:
    """An environment of this Python in `folder`, with just what `lock` lists. It may be moved afterwards."""
    python = str(folder / "bin" / "python")
    return (
        uv("venv", "--relocatable", "--no-project", "--python", sys.executable, str(folder), env=env),
        uv("pip", "sync", "--require-hashes", "--python", python, str(lock), env=env),
    )


def compiled(folder: Path, packages: tuple[str, ...]) -> Command:
    """Some packages of an environment as bytecode: their first import would otherwise take ten times as long.

    The parts for asyncio are left out; command lines do not import them."""
    site = folder / "lib" / f"python{sys.version_info.major}.{sys.version_info.minor}" / "site-packages"
    words = (
        "-m",
        "compileall",
        "-q",
        "-j",
        "0",
        "-x",
        "/(aio|tests)/",
        *(str(site / package) for package in packages),
    )
    return Command((str(folder / "bin" / "python"), *words), timeout_s=600)


def wheel(requirement: str, sha256: str, folder: Path, env: Mapping[str, str]) -> Command:
    """One wheel's files in `folder`, without what it depends on; uv refuses a file with another hash."""
    line = f"{requirement} --hash=sha256:{sha256}\n"
    words = ("pip", "install", "--no-deps", "--require-hashes", "--python", sys.executable)
    return uv(*words, "--target", str(folder), "--requirement", "-", env=env, stdin=line)


def pip_settings() -> Question:
    """What pip is configured with, wherever that is written: {"index-url": …}. It may hold passwords.

    An installation without pip has none."""
    command = Command((sys.executable, "-m", "pip", "config", "list"), timeout_s=60, secret=True)
    return Question(command, read=_listed, topic="tools/pip", accepts=frozenset({0, 1}))


def _listed(completed: Completed) -> dict[str, str]:
    """The lines `section.key='value'`; the environment (`:env:`) outdoes `install`, and that `global`."""
    if completed.exit_code:
        raise Absent("this Python has no pip")
    settings: dict[str, str] = {}
    rows = [line.partition("=") for line in completed.stdout.splitlines() if "=" in line]
    for section in ("global", "install", ":env:"):
        for name, _, value in rows:
            if name.startswith(f"{section}."):
                settings[name.removeprefix(f"{section}.")] = str(ast.literal_eval(value))
    return settings


def uv_environment(pip: Mapping[str, str], own: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Variables that let uv find what pip finds; only such as the user has not set.

    pip looks at all indexes for the best version, so uv is told to do so. Every file is known by its hash: from
    which index it comes does not matter."""
    env: dict[str, str] = {}
    if _system_has_certificates():
        env |= {"UV_SYSTEM_CERTS": "true", "UV_NATIVE_TLS": "true"}  # its name now, and until uv 0.10
    if not _configured(own):
        env |= {uv_name: between.join(pip[name].split()) for name, uv_name, between in PIP_TO_UV if pip.get(name)}
        env["UV_INDEX_STRATEGY"] = "unsafe-best-match"
    return {name: value for name, value in env.items() if not own.get(name)}


def _configured(own: Mapping[str, str]) -> bool:
    """The user has told uv itself where packages come from."""
    home = Path(own.get("XDG_CONFIG_HOME") or Path(own.get("HOME", "/nonexistent")) / ".config")
    files = (home / "uv" / "uv.toml", Path("/etc/uv/uv.toml"))
    return any(own.get(name) for name in UV_INDEXES) or any(file.exists() for file in files)


def _system_has_certificates() -> bool:
    """uv brings its own, but a company's proxy is known only to the system."""
    paths = ssl.get_default_verify_paths()
    return (
        sys.platform == "darwin" or paths.cafile is not None or bool(paths.capath and any(Path(paths.capath).iterdir()))
    )

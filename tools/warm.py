"""az kept warm: which interpreter runs it, found in the script that starts it."""

from __future__ import annotations

import hashlib
import re
import shlex
import shutil
import sys
from pathlib import Path

from engine.warm import Server

SERVER = Path(__file__).with_name("warm_server.py")

#: Variables that az, its libraries or Python may read while they are loaded, AZURE_CONFIG_DIR above all.
BOUND = ("AZURE_*", "HOME", "LANG", "LC_*", "PYTHON*")

#: `exec /opt/az/bin/python3 -Im azure.cli "$@"`, with variables before it, as every package of az has it.
STARTER = re.compile(r'^\s*(?:exec\s+)?(?P<words>.*?)\s-(?P<flags>[A-Za-z]*)m\s+azure\.cli\s+"\$@"\s*$', re.MULTILINE)
#: `exec /usr/bin/az "$@"`: another one starts it.
ANOTHER = re.compile(r'^exec (?P<words>\S+) "\$@"\s*$', re.MULTILINE)
EXPORT = re.compile(r"^export (?P<name>\w+)=(?P<value>\S*)$", re.MULTILINE)
#: The packages of Debian and RPM look beside themselves. Bash takes the `[0]` for a part of the file's name.
BESIDE = re.compile(r'^(?P<name>\w+)=`cd "\$\(dirname "\$BASH_SOURCE\[0\]"\)"(?:;| &&) pwd`$', re.MULTILINE)
#: And that of RPM takes `python3.12`, the one that it was made for, rather than `python3`.
RATHER = re.compile(
    r"^(?P<name>\w+)=(?P<else>[\w.]+)\nif command -v (?P<then>[\w.]+) &>/dev/null; then (?P=name)=(?P=then); fi$",
    re.MULTILINE,
)
VARIABLE = re.compile(r"\$(?:(\w+)|\{(\w+)\})")
PYTHON = re.compile(r"(?:/.*/)?python[\d.]*")
#: Nothing that a shell would have to make something of.
PLAIN = re.compile(r"[^$`]*")
#: The first line of a script that pip installs, with the interpreter or where to look it up; and the beginning of one
#: whose interpreter has too long a path for that, or lies beside it (pip, uv).
SHEBANG = re.compile(r"#!\s*(?:/usr/bin/env )?(?P<words>(?:/\S*/)?python[\d.]*)\s*\n")
EXEC = re.compile(r"#!/bin/sh\n'''exec' (?P<words>.+) \"\$0\" \"\$@\"\n")
OWN_FOLDER = '"$(dirname -- "$(realpath -- "$0")")"'


def az(file: Path, path: str, folder: Path) -> Server | str:
    """How the az that `file` starts is kept warm, or why it is not. Other programs are found on `path`."""
    if sys.platform == "darwin":
        return "on macOS Python asks Apple's frameworks for proxies, and those do not work in a fork"
    found = interpreter(file, path)
    if found is None:
        return f"{file} does not say which Python runs it in any way that is known here"
    argv, env = found
    folder.mkdir(parents=True, exist_ok=True)
    learned = folder / f"az-{hashlib.sha256(argv[0].encode()).hexdigest()[:12]}.json"
    return Server((*argv, str(SERVER), str(learned)), tuple(env.items()), BOUND)


def interpreter(file: Path, path: str, hops: int = 3) -> tuple[tuple[str, ...], dict[str, str]] | None:
    """The words that start Python as this script does, and the variables that it sets for it."""
    try:
        script = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return None
    env = {found["name"]: found["value"] for found in EXPORT.finditer(script)}
    flags: list[str] = []
    if started := STARTER.search(script):
        known = _variables(file, script, path)
        words = _words(VARIABLE.sub(lambda one: known.get(one[1] or one[2], one[0]), started["words"]))
        while words and re.match(r"\w+=", words[0]):
            name, _, value = words.pop(0).partition("=")
            env[name] = value
        flags = [f"-{started['flags']}"] if started["flags"] else []
    elif "azure.cli" in script and (found := EXEC.match(script) or SHEBANG.match(script)):
        words = _words(found["words"].replace(OWN_FOLDER, shlex.quote(str(file.resolve().parent))))
        env = {"AZ_INSTALLER": "PIP"}
    else:
        another = ANOTHER.search(script)
        return interpreter(Path(another["words"]), path, hops - 1) if another and hops else None
    if not words or not PYTHON.fullmatch(words[0]) or not all(map(PLAIN.fullmatch, (*words, *env.values()))):
        return None
    python = words[0] if "/" in words[0] else shutil.which(words[0], path=path)
    return ((python, *words[1:], *flags), env) if python else None


def _words(text: str) -> list[str]:
    """As a shell would take it apart; nothing of what is no whole command line."""
    try:
        return shlex.split(text)
    except ValueError:
        return []


def _variables(file: Path, script: str, path: str) -> dict[str, str]:
    """Those that a script of a shell sets in one of the ways that are known."""
    known = {found["name"]: str(file.absolute().parent) for found in BESIDE.finditer(script)}
    for found in RATHER.finditer(script):
        known[found["name"]] = found["then"] if shutil.which(found["then"], path=path) else found["else"]
    return known

"""az kept warm: which interpreter runs it, found in the script that starts it."""

from __future__ import annotations

import hashlib
import re
import shlex
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
#: The first line of the script that pip installs.
SHEBANG = re.compile(r"#!\s*(?P<python>/\S*python[\d.]*)\s*$")


def az(file: Path, folder: Path) -> Server | None:
    """How the az that `file` starts is kept warm; None where its interpreter cannot be told from the script."""
    found = interpreter(file)
    if found is None:
        return None
    argv, env = found
    python = argv[0]
    learned = folder / f"az-{hashlib.sha256(python.encode()).hexdigest()[:12]}.json"
    return Server((*argv, str(SERVER), str(learned)), env, BOUND)


def interpreter(file: Path, hops: int = 3) -> tuple[tuple[str, ...], dict[str, str]] | None:
    """The words that start Python as this script does, and the variables that it sets for it."""
    try:
        script = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return None
    env = {found["name"]: found["value"] for found in EXPORT.finditer(script)}
    if (shebang := SHEBANG.match(script.partition("\n")[0])) and "azure.cli" in script:
        return (shebang["python"],), {"AZ_INSTALLER": "PIP"}
    if started := STARTER.search(script):
        words = shlex.split(started["words"])
        while words and re.fullmatch(r"\w+=[^$`]*", words[0]):
            name, _, value = words.pop(0).partition("=")
            env[name] = value
        words += [f"-{started['flags']}"] if started["flags"] else []
        plain = words and words[0].startswith("/") and not any(mark in word for word in words for mark in "$`")
        return (tuple(words), env) if plain else None
    another = ANOTHER.search(script)
    return interpreter(Path(another["words"]), hops - 1) if another and hops else None

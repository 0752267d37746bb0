"""One build stage: the image as it stands after each instruction (files, layers, configuration, history)."""

import json
import re
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from sandbox.acr import copying, filesystem, words
from sandbox.acr.contents import digest_of
from sandbox.acr.dockerfile import Dockerfile, DockerfileError, Instruction
from sandbox.acr.filesystem import Tree

_PORT = re.compile(r"(\d{1,5})(?:-(\d{1,5}))?(?:/(tcp|udp|sctp))?")
_DURATION = re.compile(r"(?:\d+(?:\.\d+)?(?:ns|us|ms|s|m|h))+")
_UNITS_NS = {"ns": 1, "us": 10**3, "ms": 10**6, "s": 10**9, "m": 60 * 10**9, "h": 3600 * 10**9}
_PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


@dataclass
class Stage:
    """``config`` is the image configuration's ``config`` object; ``opaque`` says that files are missing from
    ``files`` which a real build would have: from a base image without content, or from a RUN."""

    name: str
    base: str
    files: Tree = field(default_factory=dict)
    layers: list[bytes] = field(default_factory=list)
    config: dict[str, Any] = field(default_factory=lambda: {"Env": [_PATH]})
    history: list[dict[str, Any]] = field(default_factory=list)
    opaque: bool = False
    arguments: dict[str, str] = field(default_factory=dict)
    #: CMD stood in this very stage: an ENTRYPOINT drops only a command that came from the base image.
    has_command: bool = False
    author: str = ""

    def child(self, name: str, base: str) -> "Stage":
        """A stage that goes on from where this one ended."""
        return Stage(
            name, base, dict(self.files), list(self.layers),
            {key: list(value) if isinstance(value, list) else value for key, value in self.config.items()},
            list(self.history), self.opaque,
        )  # fmt: skip

    @property
    def id(self) -> str:
        """A short id of the state reached, like the ones that docker prints after each step."""
        layers = [digest_of(layer) for layer in self.layers]
        return digest_of(repr((self.base, self.history, self.config, layers)).encode())[7:19]

    @property
    def variables(self) -> dict[str, str]:
        """What ``$names`` mean here: the environment wins over build arguments."""
        return self.arguments | dict(pair.split("=", 1) for pair in self.config["Env"])

    # instructions that change the configuration only

    def set_env(self, instruction: Instruction, dockerfile: Dockerfile) -> None:
        held = dict(pair.split("=", 1) for pair in self.config["Env"])
        held |= self._pairs(instruction, dockerfile)
        self.config["Env"] = [f"{name}={value}" for name, value in held.items()]

    def set_labels(self, instruction: Instruction, dockerfile: Dockerfile) -> None:
        self.config["Labels"] = self.config.get("Labels", {}) | self._pairs(instruction, dockerfile)

    def _pairs(self, instruction: Instruction, dockerfile: Dockerfile) -> dict[str, str]:
        """``key=value ...``, or the old form ``key value``."""
        parts = words.split(instruction.arguments, dockerfile.escape)
        if "=" not in parts[0]:
            if len(parts) < 2:
                where = f"dockerfile parse error on line {instruction.line}"
                raise DockerfileError(f"{where}: {instruction.name} must have two arguments")
            rest = instruction.arguments[len(parts[0]) :].strip()
            return {parts[0]: words.resolve(rest, self.variables, dockerfile.escape)}
        pairs = {}
        for part in parts:
            name, equals, value = part.partition("=")
            if not equals:
                raise DockerfileError(f'Syntax error - can\'t find = in "{part}". Must be of the form: name=value')
            variables = self.variables
            pairs[words.resolve(name, variables, dockerfile.escape)] = words.resolve(
                value, variables, dockerfile.escape
            )
        return pairs

    def set_workdir(self, path: str) -> None:
        self.config["WorkingDir"] = filesystem.normal(path, self.config.get("WorkingDir") or "/")

    def expose(self, ports: list[str]) -> None:
        exposed = dict(self.config.get("ExposedPorts", {}))
        for port in ports:
            matched = _PORT.fullmatch(port)
            if not matched or int(matched[1]) > 65535:
                raise DockerfileError(f"Invalid containerPort: {port}")
            for number in range(int(matched[1]), int(matched[2] or matched[1]) + 1):
                exposed[f"{number}/{matched[3] or 'tcp'}"] = {}
        self.config["ExposedPorts"] = exposed

    def command(self, instruction: Instruction) -> None:
        """CMD and ENTRYPOINT; the shell form runs under ``/bin/sh -c`` (or SHELL's)."""
        if instruction.words is not None:
            value = list(instruction.words)
        else:
            shell = self.config.get("Shell", ["/bin/sh", "-c"])
            value = [*shell, instruction.arguments] if instruction.arguments else []
        self.config[instruction.name.capitalize()] = value
        if instruction.name == "CMD":
            self.has_command = True
        elif not self.has_command:
            self.config.pop("Cmd", None)

    def healthcheck(self, instruction: Instruction) -> None:
        kind, _, rest = instruction.arguments.partition(" ")
        if kind.upper() == "NONE":
            self.config["Healthcheck"] = {"Test": ["NONE"]}
            return
        if kind.upper() != "CMD":
            raise DockerfileError(
                f"dockerfile parse error on line {instruction.line}: Unknown type {json.dumps(kind.upper())}"
                " in HEALTHCHECK (try CMD)"
            )
        check: dict[str, Any] = {"Test": ["CMD-SHELL", rest.strip()]}
        if rest.strip().startswith("["):
            with suppress(json.JSONDecodeError):  # the daemon, too, takes what is no JSON for a shell command
                check["Test"] = ["CMD", *json.loads(rest)]
        for flag, key in (("interval", "Interval"), ("timeout", "Timeout"), ("start-period", "StartPeriod")):
            if flag in instruction.flags:
                check[key] = _nanoseconds(instruction.flags[flag])
        if "retries" in instruction.flags:
            retries = instruction.flags["retries"]
            if not retries.isdecimal():
                raise DockerfileError(f'strconv.ParseInt: parsing "{retries}": invalid syntax')
            check["Retries"] = int(retries)
        self.config["Healthcheck"] = check

    # instructions that change files

    def copy(self, source: Tree, sources: list[str], destination: str) -> None:
        workdir = self.config.get("WorkingDir") or "/"
        added = copying.copied(source, sources, destination, workdir, self.files)
        for path, entry in added.items():
            if entry.is_folder and path in self.files and self.files[path].content is not None:
                raise DockerfileError(f"COPY failed: mkdir {path}: not a directory")
        self.add_layer(added)

    def add_layer(self, added: Tree) -> None:
        self.files |= added
        self.layers.append(filesystem.to_layer(added))


def _nanoseconds(text: str) -> int:
    if not _DURATION.fullmatch(text):
        raise DockerfileError(f'time: invalid duration "{text}"')
    return round(sum(float(n) * _UNITS_NS[unit] for n, unit in re.findall(r"([\d.]+)(ns|us|ms|s|m|h)", text)))

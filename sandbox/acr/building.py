"""A Dockerfile carried out on a context, as far as that goes without running anything: files, layers, configuration.

RUN is not executed and public base images have no content here; the log says so. Everything else is done for real,
so the image's digest changes exactly when its sources do.
"""

import json
import posixpath
from collections.abc import Callable
from dataclasses import dataclass

from sandbox.acr import dockerfile, filesystem, words
from sandbox.acr.contents import OCI_MANIFEST, digest_of
from sandbox.acr.copying import NotInSource
from sandbox.acr.dockerfile import Dockerfile, DockerfileError, Instruction
from sandbox.acr.filesystem import Tree
from sandbox.acr.stage import Stage

#: An image of a registry as the stage to go on from; None for a public one, which has no content in the sandbox.
Bases = Callable[[str], Stage | None]
Say = Callable[[str], None]

#: The epoch stands for every image's time of creation: a digest must not depend on when it was built.
_CREATED = "1970-01-01T00:00:00Z"


@dataclass(frozen=True)
class Built:
    """``blobs`` are the configuration and the layers; ``bases`` the images that the stages started from."""

    manifest: bytes
    blobs: list[bytes]
    files: Tree
    image_id: str
    bases: list[str]
    media_type: str = OCI_MANIFEST


class Build:
    """One run of the builder. ``platform`` is (os, architecture)."""

    def __init__(self, context: Tree, bases: Bases, say: Say, platform: tuple[str, str] = ("linux", "amd64")) -> None:
        self._context, self._bases, self._say, self._platform = context, bases, say, platform
        self._stages: list[Stage] = []
        self._used: list[str] = []
        self._globals: dict[str, str] = {}
        self._consumed: set[str] = set()

    def run(self, text: str, name: str, arguments: dict[str, str], target: str = "") -> Built:
        """Build the file's last stage, or ``target``. Raises DockerfileError with the daemon's words."""
        file = dockerfile.parse(text, name)
        self._arguments = arguments
        steps = file.instructions
        for number, instruction in enumerate(steps, 1):
            if instruction.name == "FROM" and target and self._stages and self._stages[-1].name == target:
                break
            self._say(f"Step {number}/{len(steps)} : {instruction.text}")
            try:
                self._step(instruction, file)
            except words.BadWord as error:
                raise DockerfileError(f"failed to process {json.dumps(instruction.arguments)}: {error}") from error
            if self._stages:
                self._say(f" ---> {self._stages[-1].id}")
        final = self._stages[-1]
        if target and final.name != target:
            raise DockerfileError(f"failed to reach build target {target} in Dockerfile")
        if unused := sorted(set(arguments) - self._consumed):
            self._say(f"[Warning] One or more build-args [{' '.join(unused)}] were not consumed")
        return self._image(final)

    def _step(self, instruction: Instruction, file: Dockerfile) -> None:
        name = instruction.name
        if name == "FROM":
            self._from(instruction, file)
            return
        if name == "ARG":
            self._arg(instruction, file)
            return
        stage = self._stages[-1]
        if name in ("COPY", "ADD"):
            self._copy(stage, instruction, file)
        elif name == "RUN":
            self._say(" ---> Not executed: the sandbox runs no build commands")
            stage.opaque = True
        elif name == "ENV":
            stage.set_env(instruction, file)
        elif name == "LABEL":
            stage.set_labels(instruction, file)
        elif name == "WORKDIR":
            stage.set_workdir(self._value(stage, instruction, file))
        elif name == "USER":
            stage.config["User"] = self._value(stage, instruction, file)
        elif name == "STOPSIGNAL":
            stage.config["StopSignal"] = self._value(stage, instruction, file)
        elif name == "EXPOSE":
            stage.expose([words.resolve(word, stage.variables, file.escape) for word in instruction.arguments.split()])
        elif name == "VOLUME":
            volumes = instruction.words or instruction.arguments.split()
            stage.config["Volumes"] = {words.resolve(volume, stage.variables, file.escape): {} for volume in volumes}
        elif name == "SHELL":
            stage.config["Shell"] = list(instruction.words or ())
        elif name == "MAINTAINER":
            stage.author = instruction.arguments
        elif name == "ONBUILD":
            stage.config["OnBuild"] = [*stage.config.get("OnBuild", []), instruction.arguments]
        elif name == "HEALTHCHECK":
            stage.healthcheck(instruction)
        else:
            stage.command(instruction)
        entry = {"created": _CREATED, "created_by": instruction.text}
        stage.history.append(entry if name in ("COPY", "ADD") else entry | {"empty_layer": True})

    def _value(self, stage: Stage, instruction: Instruction, file: Dockerfile) -> str:
        return words.resolve(instruction.arguments, stage.variables, file.escape)

    def _from(self, instruction: Instruction, file: Dockerfile) -> None:
        parts = instruction.arguments.split()
        base = words.resolve(parts[0], self._globals, file.escape)
        if not base:
            raise DockerfileError(f"base name ({parts[0]}) should not be blank")
        name = parts[2].lower() if len(parts) == 3 else ""
        earlier = next((stage for stage in reversed(self._stages) if stage.name and stage.name == base.lower()), None)
        if earlier:
            self._stages.append(earlier.child(name, base))
        elif base == "scratch":
            self._stages.append(Stage(name, base))
        else:
            self._used.append(base)
            found = self._bases(base)
            stage = found.child(name, base) if found else Stage(name, base, opaque=True)
            self._stages.append(stage)

    def _arg(self, instruction: Instruction, file: Dockerfile) -> None:
        known = self._stages[-1].variables if self._stages else self._globals
        for word in words.split(instruction.arguments, file.escape):
            name, equals, default = word.partition("=")
            if name in self._arguments:
                self._consumed.add(name)
                value = self._arguments[name]
            elif equals:
                value = words.resolve(default, known, file.escape)
            elif self._stages and name in self._globals:
                value = self._globals[name]
            else:
                continue
            (self._stages[-1].arguments if self._stages else self._globals)[name] = value

    def _copy(self, stage: Stage, instruction: Instruction, file: Dockerfile) -> None:
        given = instruction.words or tuple(words.split(instruction.arguments, file.escape))
        *sources, destination = [words.resolve(word, stage.variables, file.escape) for word in given]
        origin = instruction.flags.get("from")
        if origin is None:
            local = [source for source in sources if "://" not in source]
            for source in sources:
                if source not in local and instruction.name == "ADD":
                    self._say(f" ---> Not downloaded: {source}: the sandbox fetches nothing while it builds")
            if not local and sources:
                stage.add_layer({})
                return
            stage.copy(self._context, local, destination)
            if instruction.name == "ADD":
                self._unpack(stage, local, destination)
            return
        other = self._origin(words.resolve(origin, stage.variables, file.escape))
        try:
            stage.copy(other.files, sources, destination)
        except NotInSource:
            if not other.opaque:
                raise
            self._say(f" ---> Left out: {' '.join(sources)} would come from a RUN or a base image")
            stage.add_layer({})
            stage.opaque = True

    def _origin(self, name: str) -> Stage:
        """The stage (by name or number) or image that ``COPY --from`` means."""
        if name.isdecimal():
            if int(name) >= len(self._stages) - 1:
                raise DockerfileError(f"invalid from flag value {name}: refers to current build stage")
            return self._stages[int(name)]
        for stage in self._stages[:-1]:
            if stage.name == name.lower():
                return stage
        self._used.append(name)
        return self._bases(name) or Stage("", name, opaque=True)

    def _unpack(self, stage: Stage, sources: list[str], destination: str) -> None:
        """ADD lays a local tar archive out instead of copying it."""
        place = filesystem.normal(destination, stage.config.get("WorkingDir") or "/")
        for source in sources:
            entry = self._context.get(filesystem.normal(source))
            if entry and entry.content and source.endswith((".tar", ".tar.gz", ".tgz", ".tar.xz", ".tar.bz2")):
                packed = filesystem.from_tar(entry.content)
                stage.files.pop(posixpath.join(place, posixpath.basename(source)), None)
                stage.layers.pop()
                stage.add_layer({posixpath.join(place, path.lstrip("/")): item for path, item in packed.items()})

    def _image(self, stage: Stage) -> Built:
        os, architecture = self._platform
        config = json.dumps(
            {
                "created": _CREATED, "architecture": architecture, "os": os,
                **({"author": stage.author} if stage.author else {}),
                "config": stage.config,
                "rootfs": {"type": "layers", "diff_ids": [digest_of(layer) for layer in stage.layers]},
                "history": stage.history,
            },
            sort_keys=True,
        ).encode()  # fmt: skip
        manifest = json.dumps(
            {
                "schemaVersion": 2,
                "mediaType": OCI_MANIFEST,
                "config": _descriptor("application/vnd.oci.image.config.v1+json", config),
                "layers": [_descriptor("application/vnd.oci.image.layer.v1.tar", layer) for layer in stage.layers],
                "annotations": {"org.opencontainers.image.base.name": stage.base},
            }
        ).encode()
        return Built(manifest, [config, *stage.layers], stage.files, digest_of(config)[7:19], self._used)


def _descriptor(media_type: str, content: bytes) -> dict[str, str | int]:
    return {"mediaType": media_type, "digest": digest_of(content), "size": len(content)}

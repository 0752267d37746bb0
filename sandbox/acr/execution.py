"""A run carried out: sources unpacked, the Dockerfile built, the image pushed to its registry, all told in a log."""

import gzip
import tarfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import yaml

from sandbox.acr import blobs, filesystem, references, runs
from sandbox.acr.bases import bases
from sandbox.acr.building import Build, Built
from sandbox.acr.contents import Contents
from sandbox.acr.dockerfile import DockerfileError
from sandbox.acr.filesystem import Tree
from sandbox.arm import resources
from sandbox.arm.ids import ResourceId
from sandbox.operations import work
from sandbox.store import Document
from sandbox.world import World

#: Azure's typical seconds: an agent found and the sources fetched, the build, the push.
_PREPARE_S, _BUILD_S, _PUSH_S = 15, 35, 10


class RunFailed(Exception):
    """The run ends as Failed; the message stands in its log."""


class Log:
    """A run's log as ACR writes it: lines end with CRLF, for az prints up to those. Written to its blob as it grows."""

    def __init__(self, blob: blobs.Blob) -> None:
        self._blob = blob
        self._lines: list[str] = []

    def say(self, text: str) -> None:
        """A line of the builder."""
        self._lines.extend(text.split("\n"))
        self._flush()

    def note(self, text: str) -> None:
        """A line of the agent, with the time."""
        self.say(f"{datetime.now(UTC):%Y/%m/%d %H:%M:%S} {text}")

    def close(self, outcome: str) -> None:
        """The log is whole; ``outcome`` is what az judges the run by (``successful``, ``failed``)."""
        self._flush(Complete=outcome)

    def _flush(self, **metadata: str) -> None:
        self._blob.write("".join(f"{line}\r\n" for line in self._lines).encode(), **metadata)


@work("acr.run")
async def carry_out(world: World, arguments: Document) -> None:
    """Do the run to its end. A run that was under way when the sandbox stopped starts over."""
    id = ResourceId(arguments["id"])
    run = resources.stored(world, id)
    if run is None:
        return
    started = time.monotonic()
    log = Log(blobs.Blob(world, runs.log_path(id)))
    runs.update(world, id, status="Running", startTime=runs.utc())
    try:
        await world.pace.sleep(_PREPARE_S)
        execution = Execution(world, id, run["_request"], log)
        execution.prepare()
        await world.pace.sleep(_BUILD_S)
        built = execution.build()
        await world.pace.sleep(_PUSH_S)
        images = execution.push(built)
    except RunFailed as failure:
        log.say(str(failure))
        log.say(f"\nRun ID: {id.name} failed after {_seconds(started)}s. Error: failed during run, err: exit status 1")
        runs.update(world, id, status="Failed", finishTime=runs.utc(), runErrorMessage=str(failure))
        log.close("failed")
        return
    except Exception:  # the sandbox's own fault: who waits for the run must not wait for ever
        runs.update(world, id, status="Error", finishTime=runs.utc())
        log.close("internalerror")
        raise
    log.say(f"\nRun ID: {id.name} was successful after {_seconds(started)}s")
    runs.update(world, id, status="Succeeded", finishTime=runs.utc(), outputImages=images)
    log.close("successful")


def _seconds(started: float) -> int:
    return max(1, round(time.monotonic() - started))


class Execution:
    """One attempt at a run."""

    def __init__(self, world: World, id: ResourceId, request: Document, log: Log) -> None:
        self._world, self._id, self._request, self._log = world, id, request, log
        self._contents = Contents(world, id.parent.name)
        registry = resources.stored(world, id.parent)
        if registry is None:
            raise RunFailed(f"registry {id.parent.name} has been deleted")
        self._registry = registry
        self._host: str = registry["properties"]["loginServer"]
        self._source: Tree = {}

    def prepare(self) -> None:
        """Fetch and unpack the sources."""
        note = self._log.note
        note("Downloading source code...")
        blob = blobs.Blob(self._world, f"{self._id.parent.name.lower()}/{self._request['sourceLocation']}")
        if not blob.exists:
            raise RunFailed(f"failed to download context: {self._request['sourceLocation']}: 404 Not Found")
        try:
            self._source = filesystem.from_tar(blob.file.read_bytes())
        except (tarfile.TarError, gzip.BadGzipFile, EOFError) as error:
            raise RunFailed(f"failed to download context: failed to extract the archive: {error}") from error
        note("Finished downloading source code")
        note("Setting up Docker configuration...")
        note("Successfully set up Docker configuration")
        note(f"Logging in to registry: {self._host}")
        note(f"Successfully logged into {self._host}")

    def build(self) -> Built:
        """Build the image and keep its sources and files for who runs it."""
        note, name = self._log.note, self._request["dockerFilePath"]
        timeout_s = self._request.get("timeout") or 3600
        note(f"Executing step ID: build. Timeout(sec): {timeout_s}, Working directory: '', Network: ''")
        note("Scanning for dependencies...")
        dockerfile = self._source.get(filesystem.normal(name))
        if dockerfile is None or dockerfile.content is None:
            with self._step("build", "failed to scan dependencies: exit status 1"):
                raise DockerfileError(
                    f"Output from dependency scanning: error opening dockerfile: {name}, error: open {name}: no such "
                    "file or directory"
                )
        note("Successfully scanned dependencies")
        note("Launching container with name: build")
        context = {path: entry for path, entry in self._source.items() if path != filesystem.normal(name)}
        size = sum(len(entry.content or b"") for entry in context.values())
        self._log.say(f"Sending build context to Docker daemon  {size / 1000:.4g}kB")
        platform = self._request["platform"]
        arguments = {argument["name"]: argument["value"] for argument in self._request.get("arguments") or []}
        with self._step("build", "exit status 1"):
            built = Build(
                context,
                bases(self._world, self._registry, self._contents),
                self._log.say,
                (platform["os"].lower(), platform.get("architecture") or "amd64"),
            ).run(dockerfile.content.decode(errors="replace"), name, arguments, self._request.get("target") or "")
        self._log.say(f"Successfully built {built.image_id}")
        for image in self._names():
            self._log.say(f"Successfully tagged {image}")
        note("Successfully executed container: build")
        self._keep(built, context)
        return built

    @contextmanager
    def _step(self, name: str, reason: str) -> Iterator[None]:
        """A step's error as the agent reports it: the step's own words, then its exit status."""
        try:
            yield
        except DockerfileError as error:
            self._log.say(str(error))
            self._log.note(f"Container failed during run: {name}. No retries remaining.")
            raise RunFailed(f"failed to run step ID: {name}: {reason}") from error

    def _names(self) -> list[references.Reference]:
        given = self._request.get("imageNames") or []
        return [references.parse(name.replace("{{.Run.ID}}", self._id.name), self._host) for name in given]

    def _keep(self, built: Built, context: Tree) -> None:
        for blob in built.blobs:
            self._contents.put_blob(blob)
        folder = self._contents.image_folder(self._contents.put_blob(built.manifest))
        if not folder.exists():
            for part, tree in (("context", context), ("root", built.files)):
                (folder / part).mkdir(parents=True)
                filesystem.write(tree, folder / part)

    def push(self, built: Built) -> list[Document]:
        """Tag the image in the registry, and return what the run put out."""
        note, images = self._log.note, []
        if self._request.get("isPushEnabled"):
            note("Executing step ID: push. Timeout(sec): 3600, Working directory: '', Network: ''")
            for name in self._names():
                note(f"Pushing image: {name}, attempt 1")
                self._log.say(f"The push refers to repository [{name.host}/{name.repository}]")
                digest = self._contents.put_manifest(name.repository, built.manifest, built.media_type, name.tag)
                self._log.say(f"{name.tag}: digest: {digest} size: {len(built.manifest)}")
                note(f"Successfully pushed image: {name}")
                images.append({"registry": name.host, "repository": name.repository, "tag": name.tag, "digest": digest})
        note("Step ID: build marked as successful")
        if images:
            note("Step ID: push marked as successful")
        self._dependencies(images, built.bases)
        return images

    def _dependencies(self, images: list[Document], used: list[str]) -> None:
        self._log.note("The following dependencies were found:")
        found = []
        for image in images:
            parsed = [references.parse(base) for base in dict.fromkeys(used)]
            build = [{"registry": base.host, "repository": base.repository, "tag": base.tag} for base in parsed]
            found.append({"image": image, "runtime-dependency": build[-1] if build else {}, "git": {}})
        self._log.say(yaml.safe_dump(found, sort_keys=False).rstrip())

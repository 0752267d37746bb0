"""Builds: what lands in the image, what the log says, and how a build fails."""

import json
from typing import Any

import pytest
from registry_callers import REGISTRY, built

from sandbox.acr.contents import Contents
from sandbox.acr.images import described
from sandbox.world import World

pytestmark = pytest.mark.anyio

APP = {
    "Dockerfile": """
ARG VERSION=3.12
FROM python:${VERSION}-slim AS build
COPY requirements.txt .
RUN pip install -r requirements.txt --target /deps
FROM python:${VERSION}-slim
ARG COMMIT=none
WORKDIR /app
COPY --from=build /deps /deps
COPY src/ ./
COPY *.txt notes/
ENV PORT=8080 NAME="a b"
LABEL commit=$COMMIT
USER 1654:1654
EXPOSE $PORT 9000/udp
HEALTHCHECK --interval=1m30s --retries=2 CMD ["python", "-c", "1"]
ENTRYPOINT ["python", "main.py"]
CMD ["--serve"]
""",
    "src/main.py": "print('hello')",
    "src/parts/one.py": "",
    "requirements.txt": "flask",
    "notes.txt": "n",
}


def config_of(world: World, image: str = "app", tag: str = "1") -> dict[str, Any]:
    contents = Contents(world, REGISTRY.name)
    manifest = contents.manifest(image, tag)
    assert manifest
    return json.loads(contents.content(json.loads(contents.content(manifest["digest"]))["config"]["digest"]))


async def test_an_image_has_what_its_dockerfile_says(world: World, acr: dict[str, Any]) -> None:
    run, log = await built(world, APP, arguments=[{"name": "COMMIT", "value": "abc"}, {"name": "OTHER", "value": "1"}])
    assert run["properties"]["status"] == "Succeeded"
    config = config_of(world)["config"]
    assert config["Entrypoint"] == ["python", "main.py"]
    assert config["Cmd"] == ["--serve"]
    assert config["User"] == "1654:1654"
    assert config["WorkingDir"] == "/app"
    assert {"PORT=8080", "NAME=a b"} <= set(config["Env"])
    assert set(config["ExposedPorts"]) == {"8080/tcp", "9000/udp"}
    assert config["Labels"] == {"commit": "abc"}
    assert config["Healthcheck"] == {"Test": ["CMD", "python", "-c", "1"], "Interval": 90 * 10**9, "Retries": 2}
    assert "build-args [OTHER] were not consumed" in log
    assert "Not executed: the sandbox runs no build commands" in log
    assert log.endswith("\r\n")
    assert all(line.endswith("\r") for line in log.split("\n")[:-1])


async def test_files_land_where_copy_puts_them(world: World, acr: dict[str, Any]) -> None:
    run, _ = await built(world, APP)
    digest = run["properties"]["outputImages"][0]["digest"]
    contents = Contents(world, REGISTRY.name)
    image = described(contents, "app", contents.manifest("app", digest) or {})
    assert image.root and image.context
    files = {path.relative_to(image.root).as_posix() for path in image.root.rglob("*") if path.is_file()}
    assert files == {"app/main.py", "app/parts/one.py", "app/notes/requirements.txt", "app/notes/notes.txt"}
    assert (image.context / "src/main.py").read_text() == "print('hello')"
    assert (image.entrypoint, image.command, image.ports) == (
        ("python", "main.py"),
        ("--serve",),
        ("8080/tcp", "9000/udp"),
    )


async def test_a_digest_changes_with_the_sources_only(world: World, acr: dict[str, Any]) -> None:
    async def digest(files: dict[str, str], mtime: int) -> str:
        run, _ = await built(world, files, mtime=mtime)
        return run["properties"]["outputImages"][0]["digest"]

    first = await digest(APP, 1)
    assert await digest(APP, 2) == first
    assert await digest(APP | {"src/main.py": "print('other')"}, 1) != first


async def test_an_image_of_the_registry_is_a_base(world: World, acr: dict[str, Any]) -> None:
    await built(world, APP)
    host = acr["properties"]["loginServer"]
    files = {"Dockerfile": f'FROM {host}/app:1\nCOPY more.py .\nENTRYPOINT ["sh"]\n', "more.py": ""}
    run, _ = await built(world, files, "derived:1")
    assert run["properties"]["status"] == "Succeeded"
    config = config_of(world, "derived")["config"]
    assert config["User"] == "1654:1654"
    assert config["Entrypoint"] == ["sh"]
    assert "Cmd" not in config, "an ENTRYPOINT drops the command that came from the base image"


@pytest.mark.parametrize(
    ("dockerfile", "said"),
    [
        (
            "FROM a\nCOPY nope.py /",
            "not found in build context or excluded by .dockerignore: stat nope.py",
        ),
        ("FROM a\nCOPY *.nope /", "COPY failed: no source files were specified"),
        ("FROM a\nCOPY ../x /", "COPY failed: forbidden path outside the build context: ../x ()"),
        ("FROM a\nCOPY one.txt two.txt /file", "the destination must be a directory and end with a /"),
        ("FROM scratch AS x\nFROM a\nCOPY --from=x /none /", "stat none: file does not exist"),
        ("FROM a\nCOPY --from=1 / /", "invalid from flag value 1: refers to current build stage"),
        ("FROM a\nEXPOSE web", "Invalid containerPort: web"),
        ("FROM a\nENV one", "ENV must have two arguments"),
        ("FROM a\nHEALTHCHECK --interval=soon CMD x", 'time: invalid duration "soon"'),
        ("FROM localhost:6001/none:1", "manifest for localhost:6001/none:1 not found"),
        ("FROM example.invalid/a", "no such host"),
        ("FROM a\nCOPY one.txt /x\nCOPY two.txt /x/y", "mkdir /x: not a directory"),
        ("FROM a\nHEALTHCHECK --retries=x CMD y", 'parsing "x": invalid syntax'),
        ("FROM ${NONE}", "base name (${NONE}) should not be blank"),
        ("BAD", "unknown instruction: BAD"),
    ],
)
async def test_failing_builds(world: World, acr: dict[str, Any], dockerfile: str, said: str) -> None:
    run, log = await built(world, {"Dockerfile": dockerfile, "one.txt": "", "two.txt": ""})
    assert run["properties"]["status"] == "Failed"
    assert said in log
    assert "failed to run step ID: build: exit status 1" in log
    assert f"Run ID: {run['name']} failed after" in log
    assert Contents(world, REGISTRY.name).repositories() == []


async def test_a_missing_dockerfile_and_a_missing_target(world: World, acr: dict[str, Any]) -> None:
    run, log = await built(world, {"app.py": ""})
    assert run["properties"]["status"] == "Failed"
    assert "error opening dockerfile: Dockerfile, error: open Dockerfile: no such file or directory" in log
    run, log = await built(world, {"Dockerfile": "FROM scratch AS one\n"}, target="two")
    assert "failed to reach build target two" in log


async def test_a_target_ends_the_build_early(world: World, acr: dict[str, Any]) -> None:
    run, log = await built(world, APP, target="build")
    assert run["properties"]["status"] == "Succeeded"
    assert "ENTRYPOINT" not in log


async def test_names_may_carry_the_run_id(world: World, acr: dict[str, Any]) -> None:
    run, _ = await built(world, APP, "app:{{.Run.ID}}")
    assert run["properties"]["outputImages"][0]["tag"] == run["name"]


async def test_links_that_lead_out_of_the_image_are_left_out(world: World, acr: dict[str, Any], tmp_path: Any) -> None:
    from sandbox.acr import filesystem
    from sandbox.acr.filesystem import Entry

    tree = {"/a": Entry(0o777, target="../../etc/passwd"), "/b": Entry(0o777, target="/c"), "/c": Entry(0o644, b"x")}
    folder = tmp_path / "laid-out"
    folder.mkdir()
    filesystem.write(tree, folder)
    assert not (folder / "a").is_symlink()
    assert (folder / "b").read_text() == "x"
    assert filesystem.from_tar(filesystem.to_layer(tree)) == tree

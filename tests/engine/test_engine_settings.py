"""Every way in which an environment file can be wrong: named with file, line and key, all mistakes at once."""

import os
from pathlib import Path
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from pydantic import BaseModel, Field, field_validator

from engine.document import LIMIT_BYTES
from engine.errors import SettingsError
from engine.settings import load


class Zone(BaseModel):
    name: str
    resource_group: str = ""


class Nodes(BaseModel):
    count: int = Field(2, ge=1, le=10)
    size: str = "Standard_D2s_v5"
    zones: list[Zone] = []


class Model(BaseModel):
    region: str
    version: str = "1.34"
    nodes: Nodes = Nodes()
    issuer: Literal["staging", "production"] = "staging"
    spare: Nodes | None = None
    prefix: str = "lab"

    @field_validator("prefix")
    @classmethod
    def short(cls, value: str) -> str:
        if len(value) > 5:
            raise ValueError("has at most 5 letters")
        return value


@pytest.fixture
def problems(tmp_path):
    def check(content: str | bytes) -> list[str]:
        path = tmp_path / "env.yaml"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        with pytest.raises(SettingsError) as error:
            load(path, Model)
        assert error.value.exit_code == 2
        return str(error.value).replace(f"{tmp_path}/", "").splitlines()

    return check


def test_a_good_file(tmp_path):
    path = tmp_path / "env.yaml"
    path.write_text("region: westeurope\nnodes:\n  count: 3\n  zones:\n  - name: a\n")
    settings = load(path, Model)
    assert (settings.region, settings.nodes.count, settings.nodes.zones[0].name) == ("westeurope", 3, "a")


def test_all_mistakes_at_once_in_the_order_of_the_lines(problems):
    assert problems("regoin: x\nnodes:\n  count: many\n  zones:\n  - nmae: a\nissuer: live\nprefix: laboratory\n") == [
        "env.yaml:1: region: is missing",
        "env.yaml:1: regoin: unknown key - did you mean 'region'?",
        "env.yaml:3: nodes.count: should be a valid integer, unable to parse string as an integer ('many')",
        "env.yaml:5: nodes.zones[0].name: is missing",
        "env.yaml:5: nodes.zones[0].nmae: unknown key - did you mean 'name'?",
        "env.yaml:6: issuer: should be 'staging' or 'production' ('live')",
        "env.yaml:7: prefix: has at most 5 letters ('laboratory')",
    ]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("region: x\nspare:\n  cuont: 1\n", "env.yaml:3: spare.cuont: unknown key - did you mean 'count'?"),
        ("region: x\nzzz: 1\n", "env.yaml:2: zzz: unknown key"),
        ("region: x\nnodes: {count: 11}\n", "env.yaml:2: nodes.count: should be less than or equal to 10 (11)"),
        ("region: x\nversion: 1.30\n", "env.yaml:2: version: should be a valid string (1.3) - write it in quotes: \"1.30\""),  # noqa: E501
        ("region: no\n", "env.yaml:1: region: should be a valid string (False) - write it in quotes: \"no\""),
        ("region:\n", "env.yaml:1: region: should be a valid string (None)"),
        ("region: x\nregion: y\n", "env.yaml:2: region: stands here twice (first in line 1)"),
        ("region: x\nnodes:\n  size: a\n  size: b\n", "env.yaml:4: nodes.size: stands here twice (first in line 3)"),
        ("region: &a x\nversion: *a\n", "env.yaml:1: version: an alias (*name) is not supported here: write the value out"),  # noqa: E501
        ("region: !secret x\n", "env.yaml:1: region: cannot be understood: could not determine a constructor for the tag '!secret'"),  # noqa: E501
        ("region: 2026-13-45\n", "env.yaml:1: region: cannot be understood: month must be in 1..12"),
        ("? [a, b]\n: c\n", "env.yaml:1: a key is a plain word"),
        ("", "env.yaml: the file is empty"),
        ("# only a comment\n", "env.yaml: the file is empty"),
        ("- a\n- b\n", "env.yaml:1: a settings file is a mapping (key: value)"),
        ("just words\n", "env.yaml:1: a settings file is a mapping (key: value)"),
        (b"region: caf\xe9\n", "env.yaml:1: not UTF-8 (byte 0xe9)"),
        (b"a: b\nregion: \x1b[31mred\n", "env.yaml:2: the character '\\x1b' is not allowed in YAML"),
        (b"region: \x00\n", "env.yaml:1: the character '\\x00' is not allowed in YAML"),
        ("region: x\n" + "#" * LIMIT_BYTES, "env.yaml: longer than 256 KiB, which no settings file is"),
        ("region: " + "[" * 50_000, "env.yaml:1: not YAML: nested too deeply"),
        ("region: x\n<<: {version: y}\n", "env.yaml:2: <<: a merge key (<<) is not supported here: write the values out"),  # noqa: E501
        ('region: x\n"\\e[2J\\u202e": 1\n', "env.yaml:2: \\x1b[2J\\u202e: unknown key"),
        (f"region: x\n{'k' * 900}: 1\n", f"env.yaml:2: {'k' * 77}...: unknown key"),
        ("region: x\n---\nregion: y\n", "env.yaml:2: not YAML: expected a single document in the stream but found another document"),  # noqa: E501
    ],
)  # fmt: skip
def test_one_mistake(problems, content, problem):
    assert problems(content) == [problem]


def test_broken_yaml_is_told_with_its_line(problems):
    (problem,) = problems("region: x\nnodes: {count: 1\nversion: y\n")
    assert problem.startswith("env.yaml:3: not YAML: ")
    (problem,) = problems("region: x\n\tnodes: 1\n")
    assert problem.startswith("env.yaml:2: not YAML: ")


def test_an_alias_bomb_is_defused(problems):
    lines = ["region: x", "a0: &a0 [x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 30)]
    *first, last = problems("\n".join(lines))
    assert all("an alias" in problem for problem in first)
    assert (len(first), last) == (20, "and 241 more mistakes")


def test_a_byte_order_mark_does_not_matter(tmp_path):
    path = tmp_path / "env.yaml"
    path.write_bytes(b"\xef\xbb\xbfregion: x\n")
    assert load(path, Model).region == "x"


@pytest.mark.parametrize(
    ("make", "what"),
    [
        (lambda path: None, "no such file"),
        (Path.mkdir, "is a folder"),
        (os.mkfifo, "not a regular file"),
        (lambda path: path.symlink_to("nowhere"), "no such file"),
        (lambda path: path.symlink_to(path), "cannot be read: Too many levels of symbolic links"),
        (lambda path: path.symlink_to("/dev/zero"), "not a regular file"),
    ],
)
def test_what_is_no_file(tmp_path, make, what):
    path = tmp_path / "env.yaml"
    make(path)
    with pytest.raises(SettingsError, match=what):
        load(path, Model)


def test_a_name_that_is_too_long(tmp_path):
    with pytest.raises(SettingsError, match="cannot be read: File name too long"):
        load(tmp_path / ("x" * 300), Model)


@pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="Linux has such a file")
def test_a_file_that_cannot_be_read_whoever_one_is():
    with pytest.raises(SettingsError, match="cannot be read: Input/output error"):
        load(Path("/proc/self/mem"), Model)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read(tmp_path):
    path = tmp_path / "env.yaml"
    path.write_text("region: x\n")
    path.chmod(0)
    with pytest.raises(SettingsError, match="cannot be read: Permission denied"):
        load(path, Model)


@hypothesis_settings(max_examples=200, deadline=None)
@given(st.one_of(st.binary(max_size=200), st.text("{}[]:,-&*!|>'\"#%@` \nabregion0\t", max_size=80).map(str.encode)))
def test_no_content_gets_past_or_crashes(tmp_path_factory, content):
    path = tmp_path_factory.getbasetemp() / "fuzz.yaml"
    path.write_bytes(content)
    try:
        assert isinstance(load(path, Model), Model)
    except SettingsError as error:
        assert error.problems
        assert str(error).startswith(str(path))

"""Environment files broken in every way that Hypothesis finds: refused with file and key, before anything is done."""

import contextlib
import io
import json
import random
import socket
import time
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from invoke.program import Program

from engine.errors import SettingsError
from engine.process import Process
from engine.settings import load
from steps.environment import Environment

PROJECT = Path(__file__).parents[2]
COMPLETE = json.loads(load(PROJECT / "config/sandbox.yaml", Environment).model_dump_json(exclude_none=True))
"""A valid environment in which every key stands."""

ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**30), 10**30),
    st.floats(),
    st.text(max_size=20),
    st.text(st.characters(categories=["Cc", "Cf", "Co"]), min_size=1, max_size=5),
    st.sampled_from(["x" * 5000, 10**4000, -1, "../../etc", "$(id)", "{{ 7*7 }}", "--help", "=", "~", "null", "1.30"]),
    st.lists(st.integers(), max_size=3),
    st.dictionaries(st.text(max_size=5), st.integers(), max_size=3),
)


@st.composite
def documents(draw: st.DrawFn) -> bytes:
    """The complete environment with up to three changes in its data and up to two in its text."""
    data = json.loads(json.dumps(COMPLETE))
    for _ in range(draw(st.integers(0, 3))):
        _change(draw, data)
    text = yaml.safe_dump(data, allow_unicode=draw(st.booleans()), sort_keys=False).encode()
    for _ in range(draw(st.integers(0, 2))):
        text = draw(st.sampled_from(TEXT_CHANGES))(text, random.Random(draw(st.integers(0, 10**6))))
    return text


def _change(draw: st.DrawFn, data: Any) -> None:
    """Goes down to some mapping, and takes a key away, adds one, renames one or gives one another value."""
    while True:
        inner = [one for one in data.values() if isinstance(one, dict) and one]
        if not inner or draw(st.booleans()):
            break
        data = draw(st.sampled_from(inner))
    if not data:
        return
    key = draw(st.sampled_from(sorted(data, key=str)))
    match draw(st.sampled_from(["remove", "add", "rename", "another value", "deeper"])):
        case "remove":
            del data[key]
        case "add":
            data[draw(st.text(max_size=12))] = draw(ODD)
        case "rename":
            data[key[:-1] + draw(st.text(max_size=3))] = data.pop(key)
        case "another value":
            data[key] = draw(ODD)
        case "deeper":
            for _ in range(draw(st.integers(1, 120))):
                data[key] = {"a": data[key]} if draw(st.booleans()) else [data[key]]


def _inserted(what: bytes) -> Any:
    def insert(text: bytes, chance: random.Random) -> bytes:
        place = chance.randint(0, len(text))
        return text[:place] + what + text[place:]

    return insert


def _line_twice(text: bytes, chance: random.Random) -> bytes:
    lines = text.splitlines(keepends=True)
    line = chance.choice(lines) if lines else b"a: 1\n"
    return b"".join([*lines, line])


def _cut(text: bytes, chance: random.Random) -> bytes:
    return text[: chance.randint(0, len(text))]


def _bomb(text: bytes, chance: random.Random) -> bytes:
    levels = "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 12))
    return text + b"a0: &a0 [x]\n" + levels.encode()


TEXT_CHANGES = [
    _line_twice,
    _cut,
    _bomb,
    *map(_inserted, [b"\0", b"\xff\xfe", b"\xef\xbb\xbf", b"\x1b[2J", b"\t", b"<<: *a\n", b"[" * 2000, b"{a: " * 300]),
    *map(
        _inserted, [b"- " * 500, b"!!python/object/apply:os.system [id]", b"&a ", b"*a", b"---\n", b"'", b"x" * 300_000]
    ),
    lambda text, chance: text.decode(errors="replace").encode("utf-16"),
    lambda text, chance: b"\xef\xbb\xbf" + text,
]


def refusal(path: Path) -> SettingsError | None:
    """Why the file is refused; None where it is not. Quick in any case."""
    began = time.monotonic()
    try:
        assert isinstance(load(path, Environment), Environment)
        return None
    except SettingsError as error:
        return error
    finally:
        assert time.monotonic() - began < 10


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fuzzed") / "env.yaml"


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(content=documents())
def test_a_broken_file_is_refused_in_few_clean_lines_that_name_it_and_the_key(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    error = refusal(path)
    if error is None:
        return
    lines = str(error).split("\n")
    assert len(lines) <= 21 and all(line.isprintable() and len(line) < 1000 for line in lines)
    assert all(line.startswith(str(path)) for line in lines[:20])
    whole = ("not YAML", "not UTF-8", "the character", "the file", "longer than", "a settings file", "a key is")
    assert all(problem.key or problem.what.startswith(whole) for problem in error.problems)


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(content=documents())
def test_inv_ends_with_2_before_it_does_anything(path: Path, content: bytes) -> None:
    """The same through Invoke's program and our executor: no process, no request, no folder."""
    path.write_bytes(content)
    if refusal(path) is None:
        return
    home = path.parent / "home"
    said, told = io.StringIO(), io.StringIO()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AKS_LAB_HOME", str(home))
        patch.setattr(Process, "__init__", _refuse_to_start)
        patch.setattr(socket.socket, "connect", _refuse_to_start)
        with contextlib.redirect_stderr(said), contextlib.redirect_stdout(told), pytest.raises(SystemExit) as end:
            Program().run(["inv", "-r", str(PROJECT), "-f", str(path), "lab"])
    assert end.value.code == 2
    assert str(path) in said.getvalue() and "Traceback" not in said.getvalue()
    assert told.getvalue() == ""
    assert not home.exists()


def _refuse_to_start(*args: Any, **kwargs: Any) -> None:
    raise AssertionError("a process was started, or a connection")

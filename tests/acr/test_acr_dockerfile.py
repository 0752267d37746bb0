"""Dockerfiles: read as docker reads them, refused with the daemon's words."""

import re

import pytest

from sandbox.acr import references, words
from sandbox.acr.dockerfile import DockerfileError, parse


def names(text: str) -> list[str]:
    return [instruction.name for instruction in parse(text).instructions]


def test_comments_blank_lines_and_continuations_make_no_instructions() -> None:
    file = parse("# a comment\n\nFROM a\nRUN one \\\n  # within\n\n  two\nCMD x\n")
    assert [(one.line, one.name, one.arguments) for one in file.instructions] == [
        (3, "FROM", "a"),
        (4, "RUN", "one   two"),
        (8, "CMD", "x"),
    ]


def test_the_escape_directive_changes_continuations() -> None:
    assert names("# escape=`\nFROM a\nRUN one `\n two\n") == ["FROM", "RUN"]


def test_flags_and_the_exec_form_are_taken_apart() -> None:
    instruction = parse('FROM a\nCOPY --from=0 --chown=1:1 ["a b", "/c/"]').instructions[1]
    assert (instruction.flags, instruction.words) == ({"from": "0", "chown": "1:1"}, ("a b", "/c/"))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "the Dockerfile (Dockerfile) cannot be empty"),
        ("# only this", "the Dockerfile (Dockerfile) cannot be empty"),
        ("FROM a\nCOPI x y", "dockerfile parse error on line 2: unknown instruction: COPI"),
        ("RUN x", "no build stage in current context"),
        ("FROM a\nCOPY x", "line 2: COPY requires at least two arguments, but only one was provided"),
        ("FROM a AS", "line 1: FROM requires either one or three arguments"),
        ("FROM a\nRUN --mount=type=cache,target=/x y", "the --mount option requires BuildKit"),
        ("FROM a\nCOPY --chmod=755 a b", "the --chmod option requires BuildKit"),
        ("FROM a\nCOPY --frm=x a b", "unknown flag: frm"),
        ("FROM a\nSHELL sh", "SHELL requires the arguments to be in JSON form"),
        ("FROM a\nENV", "ENV requires at least one argument"),
        ("FROM a\nRUN <<EOF\necho\nEOF", "unknown instruction: echo"),
    ],
)
def test_refusals(text: str, said: str) -> None:
    with pytest.raises(DockerfileError, match=re.escape(said)):
        parse(text)


@pytest.mark.parametrize(
    ("word", "value"),
    [
        ("$A/b", "1/b"),
        ("${A}b", "1b"),
        ("'$A'", "$A"),
        ('"$A b"', "1 b"),
        (r"\$A", "$A"),
        ("${NONE:-d$A}", "d1"),
        ("${A:+yes}", "yes"),
        ("${NONE:+yes}", ""),
        ("$NONE", ""),
        ("a$", "a$"),
    ],
)
def test_words_resolve(word: str, value: str) -> None:
    assert words.resolve(word, {"A": "1"}) == value


def test_words_are_split_outside_of_quotes_only() -> None:
    assert words.split('a="b c" d=e\\ f  g') == ['a="b c"', "d=e\\ f", "g"]
    with pytest.raises(words.BadWord, match="matching"):
        words.split('a="b')
    with pytest.raises(words.BadWord, match="missing"):
        words.resolve("${A", {})


@pytest.mark.parametrize(
    ("text", "full"),
    [
        ("nginx", "docker.io/library/nginx:latest"),
        ("team/app:v1", "docker.io/team/app:v1"),
        ("localhost:6001/team/app:v1", "localhost:6001/team/app:v1"),
        ("ghcr.io/a/b@sha256:" + "0" * 64, "ghcr.io/a/b@sha256:" + "0" * 64),
    ],
)
def test_references(text: str, full: str) -> None:
    assert str(references.parse(text)) == full


@pytest.mark.parametrize("text", ["Team/app", "a//b", "a:b c", "a@sha256:1", "a:" + "x" * 129])
def test_references_that_are_none(text: str) -> None:
    with pytest.raises(references.InvalidReference):
        references.parse(text)

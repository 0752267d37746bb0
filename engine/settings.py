"""Reads an environment file into its model, or tells every mistake in it: where, what, and what was probably meant."""

from __future__ import annotations

import difflib
import typing
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from engine.document import Document, KeyPath, dotted, read
from engine.errors import Problem, SettingsError

if TYPE_CHECKING:
    from pydantic import BaseModel

M = TypeVar("M", bound="BaseModel")


def load(path: str | Path, model: type[M]) -> M:
    """The settings in this file. Unknown keys are refused at every level, whatever the model allows.

    :raises SettingsError: with all mistakes, ordered by line
    """
    from pydantic import ValidationError

    document = read(path)
    try:
        return model.model_validate(document.data, extra="forbid")
    except ValidationError as error:
        problems = [_problem(document, model, detail) for detail in error.errors(include_url=False)]
    raise SettingsError(sorted(set(problems), key=lambda problem: (problem.line, problem.key)))


def nearest(word: str, known: Iterable[str]) -> str:
    """- did you mean 'x'? -, or nothing when no known word is near."""
    found = difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f" - did you mean '{found[0]}'?" if found else ""


def _problem(document: Document, model: type[BaseModel], detail: Any) -> Problem:
    kind = detail["type"]
    key = _in_file(document, detail["loc"], kind == "missing")
    line = document.line(key)
    if kind == "missing":
        what = "is missing"
        line = document.line(key[:-1])
    elif kind == "extra_forbidden":
        what = "unknown key" + nearest(str(key[-1]), _fields(model, key[:-1]))
    else:
        what = f"{_sentence(detail)} ({_shown(detail['input'])})"
        written = str(document.written.get(key, detail["input"]))
        if kind == "string_type" and not isinstance(detail["input"], dict | list | None) and len(written) <= 60:
            what += f' - write it in quotes: "{written}"'
    return Problem(document.path, line, dotted(key), what)


def _in_file(document: Document, loc: KeyPath, missing: bool) -> KeyPath:
    """pydantic also names the branch of a union or a validator in its path; those are no keys of the file."""
    key: KeyPath = ()
    for part in loc:
        if (*key, part) in document.lines:
            key = (*key, part)
    return (*key, loc[-1]) if missing else key


def _sentence(detail: Any) -> str:
    text: str = detail["msg"].removeprefix("Value error, ").removeprefix("Assertion failed, ")
    text = text.removeprefix("Input ")
    return text[0].lower() + text[1:]


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _fields(model: Any, path: KeyPath) -> set[str]:
    """The keys that the model knows at this path; several models where a union allows them."""
    models = set(_models(model))
    for part in path:
        inner: set[Any] = set()
        for one in models:
            if isinstance(part, int):
                inner.add(one)  # the list's own annotation was already opened
                continue
            for name, info in one.model_fields.items():
                if part in (name, info.alias):
                    inner.update(_models(info.annotation))
        models = inner
    return {info.alias or name for one in models for name, info in one.model_fields.items()}


def _models(annotation: Any) -> Iterable[Any]:
    """The models inside an annotation: in Optional, list, dict values, unions."""
    if hasattr(annotation, "model_fields"):
        yield annotation
        return
    for inner in typing.get_args(annotation):
        yield from _models(inner)

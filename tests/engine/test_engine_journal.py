"""The journal's format: what is written is what the schema and the document say, and nothing else is read."""

import json
import re
from pathlib import Path

import jsonschema
import pytest
from engine_projects import ROOT
from rich_run import RICH

from engine import record
from engine.errors import UsageError
from engine.events import EVENTS, StepStarted
from engine.journal import Journal
from engine.schema import journal_schema

SCHEMA = json.loads((ROOT / "docs" / "journal.schema.json").read_text())


def lines(run: Path) -> list[dict]:
    return [json.loads(line) for line in (run / "journal.jsonl").read_text().splitlines()]


def test_the_schema_is_made_from_the_events():
    assert journal_schema() == SCHEMA, "write it anew: python -m engine.schema > docs/journal.schema.json"


def test_what_runs_write_is_what_the_schema_knows(project):
    project.tasks(RICH)
    assert project.inv("--dry", "last").returncode == 0
    assert project.inv("last", "flaky", "peering").returncode == 1
    valid = jsonschema.Draft202012Validator(SCHEMA)
    seen = [line for run in project.runs for line in lines(run)]
    assert [error.message for line in seen for error in valid.iter_errors(line)] == []
    assert {line["event"] for line in seen} == {event.event for event in EVENTS}
    assert {line["on"] for line in seen if line["event"] == "wait.started"} >= {"lock", "effect", "attempt"}
    for line in seen:  # and has no field that the schema does not describe
        event = next(event for event in EVENTS if event.event == line["event"])
        assert set(line) <= {*SCHEMA["properties"], *SCHEMA["$defs"][event.__name__]["properties"]}
    started = next(line for line in seen if line["event"] == "step.started")
    assert list(valid.iter_errors({**started, "step": 1})) and list(valid.iter_errors({**started, "v": 2}))


def test_the_document_names_every_event_and_every_field():
    rows = re.findall(r"^\| `([a-z.]+)` \| ((?:`\w+` ?)+)", (ROOT / "docs" / "journal.md").read_text(), re.MULTILINE)
    told = {event: set(re.findall(r"\w+", fields)) for event, fields in rows}
    assert told == {event.event: set(SCHEMA["$defs"][event.__name__]["properties"]) for event in EVENTS}


def test_a_torn_line_is_left_out_and_the_steps_before_it_are_told(project):
    project.tasks(RICH)
    project.inv("network")
    path = project.runs[-1] / "journal.jsonl"
    whole = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(whole[:-2]) + whole[-2][:20])
    run = record.read(path)
    assert (run.end, run.word, run.goes_on, run.steps["network"].word) == (None, "no end", False, "cut off")
    assert run.steps["network"].commands[-1].exit_code == 0


def test_a_journal_of_another_version_is_refused(project):
    project.tasks(RICH)
    project.inv("network")
    path = project.runs[-1] / "journal.jsonl"
    path.write_text(path.read_text().replace('"v": 1,', '"v": 2,'))
    with pytest.raises(UsageError, match="version 2; only version 1 is read here"):
        record.read(path)


def test_nothing_is_appended_to_the_journal_of_another_run(tmp_path):
    Journal(tmp_path / "journal.jsonl", lost=pytest.fail).write(StepStarted("one"))
    with pytest.raises(FileExistsError):
        Journal(tmp_path / "journal.jsonl", lost=pytest.fail)


def test_what_a_later_version_adds_is_skipped(project):
    project.tasks(RICH)
    project.inv("network")
    path = project.runs[-1] / "journal.jsonl"
    path.write_text(path.read_text().replace('"step": "network"', '"step": "network", "colour": "red"'))
    with path.open("a") as file:
        file.write('{"v": 1, "at": "2026-01-01T00:00:00Z", "t": 1, "event": "step.painted", "step": "network"}\n')
    assert record.read(path).steps["network"].word == "changed"

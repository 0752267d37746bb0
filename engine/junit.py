"""A run as JUnit XML, as pipelines publish test results: a test case for each step.

The form is that of the Windyroad schema (https://github.com/windyroad/JUnit-Schema), which Azure DevOps names as what
its PublishTestResults reads; it wants `id`, `package`, `hostname` and a timestamp without a zone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from engine.record import RunRecord, StepRecord

_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
"""What XML 1.0 has no way to say, not even escaped: all that is not in its production `Char`."""


def as_junit(run: RunRecord) -> bytes:
    """The XML. A step that failed or was cut off is a failure; one that was blocked or did not begin is skipped."""
    start, steps = run.start, list(run.steps.values())
    failed, skipped = run.worded("failed", "cut off"), run.worded("blocked", "not begun")
    counts = {"tests": len(steps), "failures": len(failed), "errors": 0, "skipped": len(skipped)}
    suite = Element("testsuite", name=_text(start.command), package=_text(start.environment), id="0")
    suite.attrib |= {name: str(count) for name, count in counts.items()}
    suite.attrib |= {"time": f"{run.seconds:.3f}", "timestamp": run.at.partition(".")[0], "hostname": start.host}
    properties = SubElement(suite, "properties")
    for name, value in _properties(run):
        SubElement(properties, "property", name=name, value=_text(value))
    for step in steps:
        suite.append(_case(run, step))
    SubElement(suite, "system-out").text = _text("".join(f"{line}\n" for line in map(_line, steps)))
    SubElement(suite, "system-err")
    suites = Element("testsuites")
    suites.append(suite)
    ElementTree.indent(suites)
    return ElementTree.tostring(suites, encoding="utf-8", xml_declaration=True) + b"\n"


def _properties(run: RunRecord) -> Iterator[tuple[str, str]]:
    yield "title", run.start.title
    yield "run", run.start.run
    yield "plan", str(run.start.dry).lower()
    yield "jobs", str(run.start.jobs)
    yield "exit code", str(run.end.exit_code) if run.end else "none"


def _case(run: RunRecord, step: StepRecord) -> Element:
    seconds = step.span.seconds if step.span else 0.0
    case = Element("testcase", name=step.name, classname=_text(run.start.environment), time=f"{seconds:.3f}")
    note = step.end.note if step.end else ""
    if step.word in ("failed", "cut off"):
        message = note or "the run ended before the step did"
        failure = SubElement(case, "failure", message=_text(message), type=step.word)
        failure.text = _text("\n".join(_words(run, step)))
    elif step.word in ("blocked", "not begun"):
        chain = " -> ".join([step.name, *step.end.blocked_by]) if step.end and step.end.blocked_by else ""
        skipped = SubElement(case, "skipped", message=_text(note or step.word))
        skipped.text = chain or None
    return case


def _words(run: RunRecord, step: StepRecord) -> Iterator[str]:
    """All that is known about a failure, a line each."""
    end = step.end
    if end is not None:
        if end.failed:
            yield f"$ {end.failed.command}"
            yield f"exit code {end.failed.exit_code}, {end.failed.attempts} attempt(s), {end.failed.seconds:.1f} s"
            yield from (f"| {line}" for line in end.failed.said)
            yield from end.why.splitlines()[1:]  # what failed beside it
        else:
            yield end.why
        yield from (f"{name}: {text}" for name, text in (("meaning", end.meaning), ("what to do", end.advice)) if text)
        yield from [f"log: {end.log}"] if end.log else []
    yield f"go on with: {run.start.again} {step.name}"


def _line(step: StepRecord) -> str:
    return f"{step.word:<13} {step.name}  {step.end.note if step.end else ''}".rstrip()


def _text(text: str) -> str:
    return _NOT_XML.sub("\N{REPLACEMENT CHARACTER}", text)

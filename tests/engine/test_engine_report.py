"""The page and the JUnit XML of a run: all that happened is there, and nothing comes from elsewhere."""

import json
import re
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pytest
from engine_projects import Project
from rich_run import RICH

from engine import record, report
from engine.events import GoalReached, RunEnded, RunStarted, StepEnded, StepStarted
from engine.journal import Journal
from engine.junit import as_junit
from engine.timeline import MOST_ROWS

#: Elements without an end.
VOID = {"meta", "br", "path"}


class Page(HTMLParser):
    """Every tag with its attributes, all text, and whether each element is closed by its own end."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.texts: list[str] = []
        self._open: list[str] = []
        self.feed(path.read_text())
        self.close()
        assert self._open == []
        self.text = re.sub(r"\s+", " ", " ".join(self.texts))

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag):
        if tag not in VOID:
            assert self._open.pop() == tag

    def handle_data(self, data):
        self.texts.append(data)

    def values(self, name: str) -> list[str]:
        return [attributes[name] for _, attributes in self.tags if name in attributes]


def written(folder: Path) -> Path:
    return report.write(record.read(folder / "journal.jsonl"), folder)


@pytest.fixture(scope="module")
def rich(tmp_path_factory) -> Project:
    project = Project(tmp_path_factory.mktemp("rich"))
    project.tasks(RICH)
    assert project.inv("last", "flaky", "peering").returncode == 1
    return project


def test_the_page_tells_all_that_happened(rich):
    shown = rich.inv("report").stdout.strip()
    page = Page(rich.folder / shown)
    assert "inv last flaky peering failed after" in page.text
    assert "1 failed" in page.text and "2 blocked" in page.text and "4 changed" in page.text
    assert "the server is <gone> & will not come back" in page.text and "What to do start it again" in page.text
    assert "last ← behind ← bad" in page.text
    assert "1 more attempt" in page.text and "waiting for the role to take effect" in page.text
    assert "waiting for net, held by network" in page.text
    assert "The run came down to this chain of 2 steps" in page.text
    chained = [attributes for _, attributes in page.tags if "chained" in attributes.get("class", "")]
    assert len(chained) == 2
    ids = Counter(page.values("id"))
    assert max(ids.values()) == 1
    for address in page.values("href"):  # within the page, or to a file beside it
        if address.startswith("#"):
            assert address[1:] in ids
        else:
            assert ((rich.folder / shown).parent / address).is_file()
    assert "bad.log" in page.values("href") and "junit.xml" in page.values("href")


def test_nothing_on_the_page_comes_from_elsewhere_and_nothing_that_a_tool_said_is_let_through(rich, tmp_path):
    path = report.write(*report.chosen(rich.folder / ".lab/environments/default"), tmp_path / "page.html")
    text = path.read_text()
    page = Page(path)
    assert [tag for tag, _ in page.tags if tag in ("link", "img", "iframe", "object", "embed")] == []
    assert page.values("src") == []
    assert [tag for tag, _ in page.tags].count("script") == 1
    assert not re.search(r"@import|url\(|https?://", text)
    assert "<script>alert" not in text and "&lt;script&gt;alert(1)" in text
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f]", text)
    assert any(address.endswith("/bad.log") and address.startswith("..") for address in page.values("href"))


def test_in_a_pipeline_the_page_is_written_by_itself(rich):
    run = rich.inv("network", CI="true")
    assert run.stdout.splitlines()[-1] == f"report: {rich.runs[-1].relative_to(rich.folder)}/report.html"
    assert (rich.runs[-1] / "report.html").exists()


def test_runs_are_named_by_how_they_begin(rich):
    first = rich.runs[0]
    rich.inv("network")
    assert rich.inv("report", first.name[:-1], "--output", "page.html").stdout == "page.html\n"
    for words, message in [
        (["report", "2"], f"runs begin with 2: {rich.runs[-1].name}"),
        (["report", "x"], "there is no run x in "),
        (["report", "--output", "no/such/page.html"], "cannot be written"),
    ]:
        run = rich.inv(*words)
        assert (run.returncode, message in run.stderr) == (2, True), run.stderr


def test_a_killed_run_and_a_plan_have_their_pages_too(rich, project):
    path = rich.runs[0] / "journal.jsonl"
    lines = path.read_text().splitlines(keepends=True)
    cut = next(number for number, line in enumerate(lines) if '"wait.started"' in line and "take effect" in line)
    folder = rich.runs[0].parent / "cut"
    folder.mkdir()
    (folder / "journal.jsonl").write_text("".join(lines[: cut + 1]))
    page = Page(written(folder))
    assert "no end in the journal" in page.text and "role cut off after" in page.text
    assert "The run ended before this step did." in page.text

    project.tasks(RICH)
    project.inv("--dry", "last")
    page = Page(written(project.runs[-1]))
    assert "a plan: nothing was changed" in page.text and "3 would change" in page.text
    assert "sleep 0.5; echo there &gt; world/network" in (project.runs[-1] / "report.html").read_text()


def test_of_a_run_of_many_steps_the_longest_are_drawn(tmp_path):
    names = [f"step-{number}" for number in range(500)]
    started = RunStarted("r", "inv all", "e", "title", "inv", False, 8, 1, "host", {name: () for name in names})
    told = [(0.0, started), *((0.01 * number, StepStarted(name)) for number, name in enumerate(names))]
    told += [(5 + 0.02 * number, StepEnded(name, "held", 0)) for number, name in enumerate(names)]
    told += [(16.0, RunEnded(0, 16.0, {"held": 500}))]
    lines = [{"v": 1, "at": "2026-01-01T00:00:00Z", "t": t, "event": one.event, **one.line()} for t, one in told]
    (tmp_path / "journal.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    page = Page(written(tmp_path))
    assert [tag for tag, _ in page.tags].count("details") == 500
    assert page.values("class").count("track") == MOST_ROWS
    assert "380 more steps took 8.8 s or less each" in page.text
    assert (tmp_path / "report.html").stat().st_size < 500_000


def test_junit_has_a_case_for_each_step(rich):
    suite = ElementTree.parse(rich.runs[0] / "junit.xml").getroot()[0]
    assert suite.attrib.items() >= {
        "name": "inv last flaky peering", "package": "default", "id": "0",
        "tests": "7", "failures": "1", "errors": "0", "skipped": "2",
    }.items()  # fmt: skip
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", suite.attrib["timestamp"])
    assert [child.tag for child in suite] == ["properties", *["testcase"] * 7, "system-out", "system-err"]
    cases = {case.attrib["name"]: case for case in suite.iter("testcase")}
    assert cases["network"].attrib["classname"] == "default" and float(cases["network"].attrib["time"]) > 0.3
    failure = cases["bad"].find("failure")
    assert failure.attrib["message"].startswith("sh: ERROR: gone <script>alert(1)</script>")
    for words in ("exit code 3", "| ERROR: gone", "meaning: the server is", "what to do: start it again", "inv bad"):
        assert words in failure.text
    assert cases["last"].find("skipped").text == "last -> behind -> bad"


def test_junit_has_no_character_that_xml_has_not(tmp_path):
    journal = Journal(tmp_path / "journal.jsonl", lost=pytest.fail)
    journal.write(RunStarted("r", "inv \udcff one", "e", "ti\x0btle\ufffe", "inv", False, 4, 1, "host", {"one": []}))
    journal.write(StepStarted("one"))
    journal.write(GoalReached("one", "goal", "held", note="\x1b[31mred"))
    journal.write(StepEnded("one", "failed", 0.1, note="a\x00b\ufffe\uffff ]]> & <c>", why="a\x00b"))
    text = as_junit(record.read(tmp_path / "journal.jsonl"))
    suite = ElementTree.fromstring(text)[0]
    assert suite.find("testcase/failure").attrib["message"].endswith("]]> & <c>")
    assert not re.search("[\x00-\x08\x0b-\x1f\ufffe\uffff]", text.decode())

"""OpenTelemetry spans, as a collector gets them over HTTP: what hangs below what, and who knows of it."""

import http.server
import sys
import threading
import time
from collections.abc import Iterator

import pytest
from rich_run import RICH

proto = pytest.importorskip(
    "opentelemetry.proto.collector.trace.v1.trace_service_pb2", reason="the extra `otel` is not installed"
)
pytest.importorskip("opentelemetry.exporter.otlp.proto.http", reason="the extra `otel` is not installed")

TRACE, AROUND = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
ERROR = 2


class Receiver(http.server.ThreadingHTTPServer):
    """Takes OTLP over HTTP; `refuses` makes it answer with that status."""

    def __init__(self, refuses: int = 200) -> None:
        super().__init__(("127.0.0.1", 0), Taking)
        self.refuses, self.spans, self.resources = refuses, [], []

    @property
    def endpoint(self) -> dict[str, str]:
        return {"OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{self.server_port}"}


class Taking(http.server.BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        assert self.path == "/v1/traces"
        for resource in proto.ExportTraceServiceRequest.FromString(body).resource_spans:
            self.server.resources.append(attributes(resource.resource))
            self.server.spans += [span for scope in resource.scope_spans for span in scope.spans]
        self.send_response(self.server.refuses)
        self.end_headers()

    def log_message(self, *words: object) -> None:
        pass


def attributes(bearer) -> dict:
    return {one.key: getattr(one.value, one.value.WhichOneof("value")) for one in bearer.attributes}


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def test_a_run_its_steps_and_their_commands_are_spans_of_the_trace_around_it(project, receiver):
    project.tasks(RICH.replace("echo there > world/network", "echo $TRACEPARENT > world/network"))
    run = project.inv("last", "flaky", TRACEPARENT=f"00-{TRACE}-{AROUND}-01", **receiver.endpoint)
    assert run.returncode == 1, run.stderr
    spans = {span.name: span for span in receiver.spans}
    assert {span.trace_id.hex() for span in receiver.spans} == {TRACE}
    assert receiver.resources[0]["service.name"] == "inv"

    root = spans["inv last flaky"]
    assert (root.parent_span_id.hex(), root.status.code) == (AROUND, ERROR)
    assert attributes(root)["process.exit.code"] == 1
    assert [event.name for event in root.events] == ["behind is blocked", "last is blocked"]
    for step in ("network", "role", "flaky", "bad"):
        assert spans[step].parent_span_id == root.span_id
        assert root.start_time_unix_nano <= spans[step].start_time_unix_nano <= spans[step].end_time_unix_nano
    assert attributes(spans["network"])["lab.verdict"] == "changed"
    assert "waiting for the role to take effect, usually 1 s" in [event.name for event in spans["role"].events]

    shells = [span for span in receiver.spans if span.name == "sh"]
    of_flaky = [attributes(span) for span in shells if span.parent_span_id == spans["flaky"].span_id]
    assert [(one["lab.attempt"], one["process.exit.code"]) for one in of_flaky] == [(1, 1), (2, 0)]
    failed = [span for span in receiver.spans if span.status.code == ERROR]
    assert {span.name for span in failed} == {"inv last flaky", "bad", "sh"}, (
        "an exit code that is an answer is no error"
    )
    assert [span.parent_span_id for span in failed if span.name == "sh"] == [spans["bad"].span_id]

    made = (project.folder / "world" / "network").read_text().strip()
    (of_network,) = [span for span in shells if span.parent_span_id == spans["network"].span_id]
    assert made == f"00-{TRACE}-{of_network.span_id.hex()}-01"


def test_a_collector_that_is_not_there_costs_little_and_is_told_once_at_the_end(project):
    project.tasks(RICH)
    began = time.monotonic()
    run = project.inv("network", OTEL_EXPORTER_OTLP_ENDPOINT="http://127.0.0.1:9", OTEL_EXPORTER_OTLP_TIMEOUT="50")
    assert run.returncode == 0
    assert time.monotonic() - began < 40, "the library alone would have tried for 50 s"
    assert run.stderr == ""
    assert "span" in run.stdout.splitlines()[-1]


def test_without_the_variables_nothing_is_imported_and_without_the_library_one_line_says_so(project):
    project.tasks(
        "import sys\nnothing = step(lambda lab: lab.say(str('opentelemetry' in sys.modules)), name='nothing')"
    )
    assert "False" in project.inv("nothing").stdout
    assert "False" in project.inv("nothing", OTEL_TRACES_EXPORTER="none", OTEL_EXPORTER_OTLP_ENDPOINT="http://x").stdout
    project.write("sitecustomize.py", "import sys\nsys.modules['opentelemetry'] = None")
    run = project.inv("nothing", OTEL_TRACES_EXPORTER="otlp", PYTHONPATH=f"{project.folder}:{':'.join(sys.path)}")
    assert run.returncode == 0, run.stderr
    (line,) = [line for line in run.stdout.splitlines() if "OTEL_" in line]
    assert "opentelemetry" in line and "is not installed; pip install opentelemetry-sdk" in line

"""The request log: what it keeps, and what it must not."""

import asyncio
from pathlib import Path

from starlette.responses import PlainTextResponse
from starlette.types import Message, Receive, Scope, Send

from sandbox.requests import RequestLog, Requests
from sandbox.store import Store


def served(log: RequestLog, store: Store, query: str = "", write: bool = True) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if write:
            store.table("things")["a"] = {"n": 1}
            store.table("notes", quiet=True)["b"] = {"n": 2}
        await PlainTextResponse("done", 201)(scope, receive, send)

    async def receive() -> Message:
        return {"type": "http.request"}

    async def send(message: Message) -> None:
        assert message["type"].startswith("http.response")

    scope: Scope = {"type": "http", "method": "PUT", "path": "/things", "query_string": query.encode(), "headers": []}
    asyncio.run(Requests(app, log, "main")(scope, receive, send))


def test_a_line_names_what_was_written_without_book_keeping(tmp_path: Path) -> None:
    log = RequestLog(tmp_path / "requests.jsonl")
    served(log, Store(None))
    served(log, Store(None), write=False)
    assert [line["wrote"] for line in log.since(0)] == [[["things", "a"]], []]
    assert (log.count, log.writing) == (2, 1)


def test_secrets_in_queries_stay_out(tmp_path: Path) -> None:
    log = RequestLog(tmp_path / "requests.jsonl")
    served(log, Store(None), "api-version=1&sig=s3cr%3Dt&SIG=too")
    assert log.since(0)[0]["query"] == "api-version=1&sig=***&SIG=***"


def test_writes_outside_of_requests_are_nobodys(tmp_path: Path) -> None:
    log, store = RequestLog(tmp_path / "requests.jsonl"), Store(None)
    served(log, store, write=False)
    store.table("things")["a"] = {}
    assert log.writing == 0


def test_the_log_goes_on_after_a_half_written_line(tmp_path: Path) -> None:
    path = tmp_path / "requests.jsonl"
    served(RequestLog(path), Store(None))
    with path.open("a") as file:
        file.write('{"n": 1, "time"')
    log = RequestLog(path)
    assert log.count == 1
    served(log, Store(None))
    assert [line["n"] for line in log.since(0)] == [0, 1]

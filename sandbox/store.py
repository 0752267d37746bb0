"""The sandbox's state: named tables of JSON documents, in memory and, write by write, in one SQLite file.

A document is replaced, never changed in place: put a new one under its key. Every write is on disk (in the
operating system's hands) before the next statement runs, so a killed sandbox starts again where it stood.
"""

import json
import sqlite3
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any

Document = dict[str, Any]

#: What the request being served has written: (table, key) pairs. Unset outside of requests, so that the
#: sandbox's own controllers never count as a client's write.
writes: ContextVar[list[tuple[str, str]] | None] = ContextVar("writes", default=None)


class Table(MutableMapping[str, Document]):
    """One kind of document by key, in the order in which they were first written.

    ``quiet`` tables are book-keeping (issued tokens, operations): writing them does not make a request a
    write.
    """

    def __init__(self, database: sqlite3.Connection, name: str, quiet: bool) -> None:
        self._database, self.name, self._quiet = database, name, quiet
        rows = database.execute("SELECT key, value FROM documents WHERE kind = ? ORDER BY rowid", (name,))
        self._documents: dict[str, Document] = {key: json.loads(value) for key, value in rows}

    def __getitem__(self, key: str) -> Document:
        return self._documents[key]

    def __setitem__(self, key: str, document: Document) -> None:
        self._database.execute(
            "INSERT INTO documents (kind, key, value) VALUES (?, ?, ?)"
            " ON CONFLICT (kind, key) DO UPDATE SET value = excluded.value",
            (self.name, key, json.dumps(document)),
        )
        self._documents[key] = document
        self._note(key)

    def __delitem__(self, key: str) -> None:
        del self._documents[key]
        self._database.execute("DELETE FROM documents WHERE kind = ? AND key = ?", (self.name, key))
        self._note(key)

    def __iter__(self) -> Iterator[str]:
        return iter(list(self._documents))

    def __len__(self) -> int:
        return len(self._documents)

    def _note(self, key: str) -> None:
        written = writes.get()
        if written is not None and not self._quiet:
            written.append((self.name, key))


class Store:
    """All tables of one sandbox. ``path`` None keeps them in memory only (for tests)."""

    def __init__(self, path: Path | None) -> None:
        self._database = sqlite3.connect(path or ":memory:", isolation_level=None, check_same_thread=False)
        self._database.execute("PRAGMA journal_mode = WAL")
        self._database.execute("PRAGMA synchronous = OFF")
        self._database.execute(
            "CREATE TABLE IF NOT EXISTS documents (kind TEXT, key TEXT, value TEXT, PRIMARY KEY (kind, key))"
        )
        self._tables: dict[str, Table] = {}

    def table(self, name: str, quiet: bool = False) -> Table:
        """The table called ``name``, made on first use."""
        if name not in self._tables:
            self._tables[name] = Table(self._database, name, quiet)
        return self._tables[name]

    @contextmanager
    def together(self) -> Iterator[None]:
        """What is written meanwhile is on disk as a whole or, if the sandbox dies before the end, not at all."""
        self._database.execute("BEGIN")
        yield
        self._database.execute("COMMIT")

    def close(self) -> None:
        self._database.close()

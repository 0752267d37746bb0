"""Long-running operations: work that goes on after the answer, is polled by clients and survives a restart.

A room registers the work under a name with ``@work("aks.put")`` and starts it with ``await
operations.start(...)``. The work is a coroutine of (world, arguments); what it returns is the operation's
result, an ``AzureError`` that it raises is the operation's error. At pace 0 it runs to its end before
``start`` returns, so that rooms can answer synchronously (clients then never poll). Work found running when
the sandbox starts is begun again: it must converge.
"""

import asyncio
import traceback
import uuid
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from sandbox.errors import AzureError
from sandbox.store import Document, writes

if TYPE_CHECKING:
    from sandbox.world import World

Work = Callable[["World", Document], Awaitable[Any]]

_works: dict[str, Work] = {}


def work(name: str) -> Callable[[Work], Work]:
    """Register a coroutine function as the work called ``name``."""

    def register(function: Work) -> Work:
        _works[name] = function
        return function

    return register


class Operations:
    """The operations of one sandbox. A document of its table: id, name, arguments, status (``InProgress``,
    ``Succeeded``, ``Failed``), result, error (Azure's ``{"code", "message", "details"}``)."""

    def __init__(self, world: "World") -> None:
        self._world = world
        self._table = world.store.table("operations", quiet=True)
        self._tasks: set[asyncio.Task[None]] = set()

    def get(self, operation_id: str) -> Document | None:
        return self._table.get(operation_id)

    async def start(self, name: str, arguments: Document) -> Document:
        """Start the work and return the operation's document: finished already when the pace is 0."""
        operation_id = str(uuid.uuid4())
        self._table[operation_id] = {
            "id": operation_id, "name": name, "arguments": arguments,
            "status": "InProgress", "result": None, "error": None,
        }  # fmt: skip
        if self._world.pace.factor == 0:
            await self._run(operation_id)
        else:
            self._spawn(operation_id)
        return self._table[operation_id]

    def resume(self) -> None:
        """Begin again what was under way when the sandbox stopped."""
        for operation_id, operation in list(self._table.items()):
            if operation["status"] == "InProgress":
                self._spawn(operation_id)

    def _spawn(self, operation_id: str) -> None:
        async def detached() -> None:
            writes.set(None)  # what goes on after the answer is the sandbox's doing, not the request's
            await self._run(operation_id)

        task = asyncio.get_running_loop().create_task(detached())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _run(self, operation_id: str) -> None:
        operation = self._table[operation_id]
        try:
            result = await _works[operation["name"]](self._world, operation["arguments"])
            self._table[operation_id] = operation | {"status": "Succeeded", "result": result}
        except AzureError as error:
            self._table[operation_id] = operation | {"status": "Failed", "error": error.body()["error"]}
        except Exception as error:  # noqa: BLE001  whatever it was, who polls must get an answer
            traceback.print_exc()
            fault = {"code": "SandboxFault", "message": f"The sandbox failed in {operation['name']}: {error!r}"}
            self._table[operation_id] = operation | {"status": "Failed", "error": fault}

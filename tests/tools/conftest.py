"""az in the shell of a sandbox, called plainly or warm."""

import socket
from collections.abc import Iterator

import pytest
from client_shell import Shell

from benchmarks.clients import Clients


@pytest.fixture(scope="module")
def clients(shell: Shell, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clients]:
    shell.az("account show")  # az writes its index files, and complains of one that another az has half written
    clients = Clients(shell.environ, tmp_path_factory.mktemp("learned"))
    yield clients
    clients.warm.close()


@pytest.fixture
def silence() -> Iterator[str]:
    """The address of something that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/"

"""Two organizations with everything in them, and an assistant of Acme's admin, called through the protocol's client."""

import shutil
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from storage.session import Store, open_store
from storage.settings import settings
from tests.cli.conftest import FakePrefect, call, prefect  # noqa: F401 (fixtures)
from tests.conftest import opened
from tests.flows.conftest import house, store  # noqa: F401 (fixtures)
from tests.flows.house import House
from tests.storage.isolation import World, filled

ADMIN = "admin@alpha.example"
Ask = Callable[..., Awaitable[Any]]


@dataclass(frozen=True, slots=True)
class Two:
    store: Store
    alpha: World
    beta: World


@pytest.fixture(scope="session")
def both(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, World, World]:
    """Filled once, for it takes a while; each test gets a copy."""
    file = tmp_path_factory.mktemp("assistant") / "two.db"
    shutil.copy(sqlite_template, file)
    with opened(f"sqlite:///{file}") as there, there.begin() as session:
        alpha, beta = filled(session, "Alpha"), filled(session, "Beta")
        for table in ("notices", "notify_targets"):  # who is told, each test says itself
            session.connection.exec_driver_sql(f"DELETE FROM {table}")
    return file, alpha, beta


@pytest.fixture
def two(
    both: tuple[Path, World, World], house: House, monkeypatch: pytest.MonkeyPatch, tmp_path: Path  # noqa: F811
) -> Iterator[Two]:  # fmt: skip
    file, alpha, beta = both
    shutil.copy(file, tmp_path / "two.db")
    monkeypatch.setenv("CONTACTFLOW_DATABASE_URL", f"sqlite:///{tmp_path / 'two.db'}")
    monkeypatch.setenv("CONTACTFLOW_SMTP_URL", "smtp://127.0.0.1:9")
    settings.cache_clear()
    del house  # its settings come first
    there = open_store()
    yield Two(there, alpha, beta)
    there.engine.dispose()


@asynccontextmanager
async def assistant(store: Store, prefect_url: str, user: str = ADMIN) -> AsyncIterator[Any]:  # noqa: F811 (a parameter)
    from mcp import Client  # noqa: PLC0415 (four seconds, for those who need it)

    from deployments.assistant.context import ToolContext  # noqa: PLC0415 (as above)
    from deployments.assistant.server import server_of  # noqa: PLC0415 (as above)
    from tasks.providers.flow_runs.engine import Engine  # noqa: PLC0415 (as above)

    async with Client(server_of(ToolContext(store, Engine(prefect_url), "alpha", user))) as client:
        yield client


@pytest.fixture
def ask(two: Two, prefect: FakePrefect) -> Ask:  # noqa: F811 (the fixture imported above)
    """What a tool said, or the sentence that it refused with; called with the tool's name and what it is given."""

    async def asked(tool: str, **given: Any) -> Any:
        async with assistant(two.store, prefect.url) as client:
            return told(await client.call_tool(tool, given))

    return asked


def told(result: Any) -> Any:
    if result.is_error:
        return result.content[0].text
    return result.structured_content


@pytest.fixture
def messages(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[bytes]]:
    """What people were told, by a webhook that the settings name."""
    got: list[bytes] = []

    class Takes(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            got.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: Any) -> None: ...

    with HTTPServer(("127.0.0.1", 0), Takes) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setenv("CONTACTFLOW_NOTIFY_URLS", f"json://127.0.0.1:{server.server_port}/")
        settings.cache_clear()
        yield got
        server.shutdown()

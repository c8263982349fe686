"""The command line, called as a function; the house and the steps of a sync are those of the flow's tests."""

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from click.testing import CliRunner, Result

from deployments.cli import main
from tests.flows.conftest import book, connection, house, pipeline, store  # noqa: F401 (fixtures)
from tests.flows.house import House
from tests.flows.pipeline import Pipeline

CLOSED = "http://127.0.0.1:9/api"  # nobody listens at the discard port

Call = Callable[..., Result]


@pytest.fixture
def call(house: House, monkeypatch: pytest.MonkeyPatch) -> Call:  # noqa: F811 (the fixture imported above)
    """`call("contacts", "--org", "acme")`, with Prefect down unless a test starts one. A traceback fails the test."""
    del house
    monkeypatch.setenv("PREFECT_API_URL", CLOSED)

    def called(*words: str, **how: Any) -> Result:
        return CliRunner().invoke(main, words, catch_exceptions=False, **how)

    return called


@pytest.fixture
def told(call: Call) -> Callable[..., Any]:
    """What a command says to a script."""

    def called(*words: str, **how: Any) -> Any:
        result = call(*words, "--json", **how)
        assert result.exit_code == 0, result.output
        return json.loads(result.stdout)

    return called


@dataclass
class FakePrefect:
    """As much of Prefect's API as the terminal uses: a deployment, runs that are started, and runs that are woken."""

    url: str = ""
    started: list[dict[str, Any]] = field(default_factory=list)
    woken: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    on_start: Callable[[dict[str, Any]], None] = lambda _body: None

    def answer(self, method: str, path: str, body: dict[str, Any]) -> Any:
        parts = path.strip("/").split("/")
        if path.endswith("/create_flow_run"):
            self.started.append(body)
            self.on_start(body)
            return {"id": f"run-{len(self.started)}"}
        if path.endswith("/resume"):
            self.woken.append((parts[-2], body.get("run_input", {})))
            return {"status": "ACCEPT"}
        if "deployments" in parts:
            return {"id": parts[-2], "status": "READY"}
        return {"state_name": "Completed", "state": {}} if method == "GET" else {}


@pytest.fixture
def prefect(call: Call, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakePrefect]:
    del call  # says where Prefect is first
    fake = FakePrefect()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._reply()

        def do_POST(self) -> None:
            self._reply()

        def _reply(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)) or b"{}")
            text = json.dumps(fake.answer(self.command, self.path.removeprefix("/api"), body)).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the library's signature)
            """Quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        fake.url = f"http://127.0.0.1:{server.server_port}/api"
        monkeypatch.setenv("PREFECT_API_URL", fake.url)
        yield fake
        server.shutdown()


@pytest.fixture
def completed(pipeline: Pipeline, connection: str, book: Any) -> str:  # noqa: F811 (the fixtures imported above)
    """The id of a sync that brought Acme twenty people."""
    del book
    return pipeline.run(connection).id

"""A Prefect server that demands credentials gets them from Prefect's own settings; its refusals are errors."""

import threading
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tasks.providers.flow_runs.engine import Engine, EngineError, EngineRefused

OURS = "operator:a-password"


@contextmanager
def served(handler: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/api"
        server.shutdown()


@pytest.fixture
def guarded() -> Iterator[str]:
    """The address of a server that lets nobody in but the operator."""

    class Door(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer()

        def do_POST(self) -> None:
            self._answer()

        def _answer(self) -> None:
            known = self.headers.get("Authorization") == f"Basic {b64encode(OURS.encode()).decode()}"
            self.send_response(200 if known else 401)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, *_: object) -> None:
            """Tests are quiet."""

    with served(Door) as url:
        yield url


@pytest.fixture
def broken() -> Iterator[str]:
    """The address of a proxy whose server is away: it answers with a page of its own."""

    class Proxy(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.send_response(502)
            self.send_header("Content-Length", "21")
            self.end_headers()
            self.wfile.write(b"<html>Bad gateway</h>")

        def log_message(self, *_: object) -> None:
            """Tests are quiet."""

    with served(Proxy) as url:
        yield url


def test_a_run_that_could_not_be_resumed_is_no_run_that_was_not_suspended(guarded: str, broken: str) -> None:
    for url, said in ((guarded, "PREFECT_API_AUTH_STRING"), (broken, "502")):
        with pytest.raises(EngineError, match=said):
            Engine(url).resume("a-run", {"decision": "approve"})


def test_who_is_known_is_let_in(guarded: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PREFECT_API_AUTH_STRING", OURS)
    engine = Engine(guarded)
    assert engine.is_up()
    assert engine.ask("GET", "deployments/name/contact-sync/default") == {}


@pytest.mark.parametrize(
    "given", [{}, {"PREFECT_API_AUTH_STRING": "operator:wrong"}, {"PREFECT_API_KEY": "of a cloud"}]
)
def test_who_is_not_is_told_which_setting_it_is_about(
    guarded: str, monkeypatch: pytest.MonkeyPatch, given: dict[str, str]
) -> None:
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(EngineRefused, match="PREFECT_API_AUTH_STRING") as refused:
        Engine(guarded).ask("GET", "deployments/name/contact-sync/default")
    assert not [value for value in given.values() if value in str(refused.value)]

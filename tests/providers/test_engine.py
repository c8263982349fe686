"""A Prefect server that asks who comes is told, by Prefect's own settings."""

import threading
from base64 import b64encode
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tasks.providers.flow_runs.engine import Engine, EngineRefused

OURS = "operator:a-password"


@pytest.fixture
def guarded() -> Iterator[str]:
    """The address of a server that lets nobody in but the operator."""

    class Door(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            known = self.headers.get("Authorization") == f"Basic {b64encode(OURS.encode()).decode()}"
            self.send_response(200 if known else 401)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, *_: object) -> None:
            """Tests are quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Door) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/api"
        server.shutdown()


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

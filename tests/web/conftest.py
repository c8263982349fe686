"""The web process on a port of its own, a Prefect that notes what it is asked, and people who look at pages."""

import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx2
import pytest
import uvicorn
from jinja2 import Environment
from starlette.testclient import TestClient

from storage import audit
from storage.campaign.campaigns import Campaign
from storage.organization import sign_ins, tenants
from storage.records import Role
from storage.scope import Scope
from storage.session import Store
from storage.settings import Settings
from storage.sync.syncs import Sync
from tasks.providers.flow_runs.engine import Engine
from tests.web.campaigns_to_review import written_campaign
from tests.web.plans_to_review import waiting_plan
from web.app import create_app
from web.context import AppContext
from web.cookies import SESSION, csrf_of
from web.rendering import environment

HOST = "http://127.0.0.1:4280"


class NotedEngine(Engine):
    """Prefect as far as the pages ask for it."""

    def __init__(self) -> None:
        super().__init__("http://127.0.0.1:9/api")
        self.restarted: list[str] = []
        self.resumed: list[tuple[str, dict[str, Any]]] = []
        self.started: list[tuple[str, dict[str, Any], str]] = []

    def resume(self, run_id: str, answer: Mapping[str, Any] | None = None) -> bool:
        self.resumed.append((run_id, dict(answer or {})))
        return True

    def restart(self, run_id: str) -> None:
        self.restarted.append(run_id)

    def start(self, flow: str, parameters: Mapping[str, Any], *, key: str = "") -> str:
        self.started.append((flow, dict(parameters), key))
        return "a run"


@dataclass
class Person:
    """Somebody with a browser that runs no script."""

    http: TestClient = field(repr=False)
    context: AppContext = field(repr=False)
    token: str = field(repr=False)

    @property
    def csrf(self) -> str:
        return csrf_of(self.context, self.token)

    def get(self, path: str) -> httpx2.Response:
        return self.http.get(path)

    def post(self, path: str, **form: Any) -> httpx2.Response:
        return self.http.post(path, data={"csrf": self.csrf, **form})


@pytest.fixture
def engine() -> NotedEngine:
    return NotedEngine()


@pytest.fixture(scope="session")
def compiled() -> Environment:
    """The templates: turning them into code takes longer than most tests."""
    return environment()


@pytest.fixture
def context(store: Store, engine: NotedEngine, compiled: Environment) -> AppContext:
    return AppContext(store, engine, Settings.load(), compiled)


@pytest.fixture
def sign_in(context: AppContext) -> Callable[[Scope], Person]:
    app = create_app(context)

    def signed_in(scope: Scope) -> Person:
        with context.store.begin() as session:
            token = sign_ins.start(session, scope, actor="test", how="test")
        http = TestClient(app, base_url=HOST, follow_redirects=False, cookies={SESSION: token})
        return Person(http, context, token)

    return signed_in


@pytest.fixture
def stranger(context: AppContext) -> TestClient:
    return TestClient(create_app(context), base_url=HOST, follow_redirects=False)


@pytest.fixture
def ann(sign_in: Callable[[Scope], Person], scope: Scope) -> Person:
    """An admin of Acme."""
    return sign_in(scope)


@pytest.fixture
def ben(sign_in: Callable[[Scope], Person], store: Store, scope: Scope) -> Person:
    """Another one."""
    del scope
    with store.begin() as session:
        tenants.add_user(session, "acme", "ben@acme.example", role=Role.ADMIN)
        other = tenants.scope_of(session, "acme", "ben@acme.example")
    return sign_in(other)


@pytest.fixture
def rob(sign_in: Callable[[Scope], Person], rival: Scope) -> Person:
    """An admin of another organization."""
    return sign_in(rival)


@pytest.fixture
def sync(store: Store, scope: Scope) -> Sync:
    with store.begin() as session:
        return waiting_plan(session, scope)


@pytest.fixture
def campaign(store: Store, scope: Scope) -> Campaign:
    with store.begin() as session:
        return written_campaign(session, scope)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def served(context: AppContext, port: int = 0) -> Iterator[str]:
    port = port or free_port()
    server = uvicorn.Server(uvicorn.Config(create_app(context), host="127.0.0.1", port=port, log_level="error"))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            time.sleep(0.02)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join()


def refusals(store: Store, scope: Scope) -> list[audit.Entry]:
    with store.read() as session:
        return [one for one in audit.entries(session, scope) if one.action == "web.refused"]

"""Tokens: refreshed once for all who need them, kept as they rotate, and what a refusal means for the connection."""

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

import pytest

from deployments.simulators.faults import Fault
from deployments.simulators.server import Simulators
from storage.organization import connections
from storage.organization.connections import StoredTokens
from storage.records import ConnectionStatus, SyncStatus
from storage.settings import settings
from tasks.providers.access.kept_tokens import KeptTokens
from tasks.providers.access.sign_in_refusals import AppMisconfigured
from tasks.providers.base import NeedsReconnect
from tasks.providers.flow_runs.events import notify
from tests.flows.house import House
from tests.flows.pipeline import Pipeline

PROCESSES = 10
BOTH = pytest.mark.parametrize("house", ["sqlite", "postgres"], indirect=True)


def stored(house: House, connection: str) -> StoredTokens:
    with house.store.read() as session:
        kept = connections.tokens(session, house.scope, connection)
    assert kept
    return kept


def asked(simulators: Simulators) -> int:
    """How often the token endpoints were posted to."""
    paths = simulators.world.ledger.of("").paths
    return sum(count for path, count in paths.items() if path.endswith("/token"))


@BOTH
def test_ten_processes_that_need_a_token_at_once_cause_one_refresh(house: House, simulators: Simulators) -> None:
    connection, mailbox = house.connect(simulators, "microsoft", size=1)
    before = asked(simulators)
    command = [sys.executable, "-m", "tests.accounts.refresher", connection, str(PROCESSES)]
    given = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout.split()
    assert given == [stored(house, connection).access_token] * PROCESSES
    assert asked(simulators) == before + 1
    assert not simulators.world.ledger.of(mailbox.email).broken


@BOTH
async def test_a_refresher_that_died_is_followed_when_its_time_is_over(house: House, simulators: Simulators) -> None:
    connection, _ = house.connect(simulators, "microsoft", size=1)
    until = datetime.now(UTC) + timedelta(seconds=1)
    with house.store.begin() as session:  # it claims, and is never heard of again
        assert connections.claim_refresh(session, house.scope, connection, version=1, until=until)
    token = await KeptTokens(house.store, house.scope, connection).access_token()
    assert datetime.now(UTC) >= until
    assert token == stored(house, connection).access_token


async def test_whoever_claims_the_refresh_does_so_for_a_time_of_its_own(house: House, simulators: Simulators) -> None:
    connection, _ = house.connect(simulators, "google", size=1)
    simulators.world.faults.add(Fault("slow", route="/token", ms=600))
    tokens = [KeptTokens(house.store, house.scope, connection, claim=timedelta(seconds=0.2)) for _ in range(2)]
    before = asked(simulators)
    given = await asyncio.gather(*(one.access_token() for one in tokens))
    assert asked(simulators) == before + 2, "the first was taken for dead"
    for token in given:
        assert simulators.world.tokens.holder("google", token, simulators.world.now())


async def test_a_sign_in_that_is_known_to_have_lapsed_is_not_asked_for_again(
    house: House, simulators: Simulators
) -> None:
    connection, _ = house.connect(simulators, "microsoft", size=1)
    with house.store.begin() as session:
        connections.mark(session, house.scope, connection, ConnectionStatus.NEEDS_RECONNECT, "it was withdrawn")
    before = asked(simulators)
    with pytest.raises(NeedsReconnect, match="it was withdrawn"):
        await KeptTokens(house.store, house.scope, connection).access_token()
    assert asked(simulators) == before


async def test_short_lived_tokens_are_not_asked_for_at_every_request(house: House, simulators: Simulators) -> None:
    connection, _ = house.connect(simulators, "google", size=1)
    tokens, before = KeptTokens(house.store, house.scope, connection), asked(simulators)
    lifetime, simulators.world.tokens.lifetime = simulators.world.tokens.lifetime, 60
    assert len({await tokens.access_token() for _ in range(3)}) == 1
    simulators.world.tokens.lifetime = lifetime
    assert asked(simulators) == before + 1


async def test_microsofts_rotated_token_is_the_one_used_next(house: House, simulators: Simulators) -> None:
    connection, mailbox = house.connect(simulators, "microsoft", size=1)
    tokens, seen = KeptTokens(house.store, house.scope, connection), [stored(house, connection).refresh_token]
    token = ""
    for _ in range(3):
        token = await tokens.access_token(refused=token)
        seen.append(stored(house, connection).refresh_token)
    assert len(set(seen)) == 4
    assert not simulators.world.ledger.of(mailbox.email).broken, "no token was used twice"


async def test_googles_refresh_token_stays(house: House, simulators: Simulators) -> None:
    connection, _ = house.connect(simulators, "google", size=1)
    before = stored(house, connection)
    await KeptTokens(house.store, house.scope, connection).access_token()
    after = stored(house, connection)
    assert after.refresh_token == before.refresh_token
    assert after.access_token != before.access_token


@contextmanager
def mailbox_for_people() -> Iterator[tuple[str, list[bytes]]]:
    """Where apprise can send to, and what it sent."""
    got: list[bytes] = []

    class Takes(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            got.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: Any) -> None: ...

    with HTTPServer(("127.0.0.1", 0), Takes) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"json://127.0.0.1:{server.server_port}/", got
        server.shutdown()


@pytest.fixture(params=["microsoft", "google"])
def provider(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.mark.filterwarnings("ignore:'imghdr':DeprecationWarning")  # one of apprise's many services
def test_a_withdrawn_access_is_told_everywhere_and_changes_nothing(
    house: House, simulators: Simulators, pipeline: Pipeline, provider: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection, mailbox = house.connect(simulators, provider, size=5)
    pipeline.run(connection)
    before = house.cursor(connection), house.crm()
    simulators.world.tokens.revoke(provider, mailbox.email)
    events: list[dict[str, Any]] = []
    monkeypatch.setattr("tasks.providers.flow_runs.events.emit_event", lambda **event: events.append(event))
    monkeypatch.setattr("tasks.sync.close.notify", notify)  # the real one again
    with mailbox_for_people() as (address, got):
        monkeypatch.setenv("CONTACTFLOW_NOTIFY_URLS", address)
        settings.cache_clear()
        sync_id = pipeline.open(connection)
        with pytest.raises(NeedsReconnect):
            pipeline.to_review(sync_id)
    failed = pipeline.sync(sync_id)
    assert failed.status is SyncStatus.FAILED
    assert "sign in again" in failed.error
    with house.store.read() as session:
        told = connections.connection(session, house.scope, connection)
    assert told.status is ConnectionStatus.NEEDS_RECONNECT
    assert "sign in again" in told.cause
    assert (house.cursor(connection), house.crm()) == before
    assert [event["event"] for event in events] == ["contactflow.sync.failed"]
    assert len(got) == 1
    assert sync_id.encode() in got[0]
    assert mailbox.email.encode() not in got[0]


def test_an_application_that_is_not_accepted_is_the_operators_affair(
    house: House, simulators: Simulators, pipeline: Pipeline, provider: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection, _ = house.connect(simulators, provider, size=5)
    monkeypatch.setenv(f"CONTACTFLOW_{provider.upper()}_CLIENT_SECRET", "lapsed")
    settings.cache_clear()
    sync_id, before = pipeline.open(connection), asked(simulators)
    with pytest.raises(AppMisconfigured, match="operators must renew the client secret"):
        pipeline.to_review(sync_id)
    assert asked(simulators) == before + 1, "it is not asked for again"
    with house.store.read() as session:
        assert connections.connection(session, house.scope, connection).status is ConnectionStatus.ACTIVE
    assert stored(house, connection).refresh_token
    assert (pipeline.sync(sync_id).status, house.cursor(connection), house.crm()) == (SyncStatus.FAILED, "", [])

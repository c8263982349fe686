"""Connected accounts: tokens sealed, refreshed by one for all, and gone for good once disconnected."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from storage.organization import connections
from storage.organization.connections import StoredTokens, UnknownConnection
from storage.records import ConnectionStatus
from storage.scope import Scope
from storage.session import Store
from storage.tables import oauth_connections
from tests.storage.examples import connected

SOON = timedelta(minutes=5)


def in_a_while() -> datetime:
    return datetime.now(UTC) + SOON


def test_tokens_come_back_as_they_were_and_stand_nowhere_in_plain(store: Store, scope: Scope) -> None:
    with store.begin() as session:
        connection = connected(session, scope)
        fresh = StoredTokens("refresh-2", "access-2", in_a_while(), version=1)
        connections.keep_tokens(session, scope, connection.id, fresh, scopes=())
        stored = session.execute(select(oauth_connections.c.tokens)).scalar_one()
        read = connections.tokens(session, scope, connection.id)
    assert read == StoredTokens("refresh-2", "access-2", fresh.expires_at, version=2)
    assert b"refresh-2" not in stored
    assert b"access-2" not in stored


def test_connecting_again_mends_the_same_connection(store: Store, scope: Scope) -> None:
    with store.begin() as session:
        first = connected(session, scope)
        connections.advance(session, scope, first.id, "cursor")
        connections.mark(session, scope, first.id, ConnectionStatus.NEEDS_RECONNECT, "revoked")
        again = connected(session, scope)
        assert connections.cursor(session, scope, first.id) == "cursor"
        assert len(connections.connections(session, scope)) == 1
    assert (again.id, again.status, again.cause) == (first.id, ConnectionStatus.ACTIVE, "")


def test_of_many_who_want_to_refresh_exactly_one_does(store: Store, scope: Scope) -> None:
    with store.begin() as session:
        connection = connected(session, scope)

    def claim(_: int) -> bool:
        with store.begin() as session:
            return connections.claim_refresh(session, scope, connection.id, version=1, until=in_a_while())

    with ThreadPoolExecutor(4) as threads:
        assert sorted(threads.map(claim, range(8))) == [False] * 7 + [True]


def test_a_claim_ends_with_its_time_its_release_or_new_tokens(store: Store, scope: Scope) -> None:
    with store.begin() as session:
        it = connected(session, scope).id
        past = datetime.now(UTC) - SOON
        assert connections.claim_refresh(session, scope, it, version=1, until=past)
        assert connections.claim_refresh(session, scope, it, version=1, until=in_a_while()), "the first ran out"
        assert not connections.claim_refresh(session, scope, it, version=1, until=in_a_while())
        connections.release_refresh(session, scope, it)
        assert connections.claim_refresh(session, scope, it, version=1, until=in_a_while())
        connections.keep_tokens(session, scope, it, StoredTokens("new", version=1), scopes=())
        assert not connections.claim_refresh(session, scope, it, version=1, until=in_a_while()), "those tokens are old"
        assert connections.claim_refresh(session, scope, it, version=2, until=in_a_while())


def test_a_refresh_that_ends_after_a_disconnect_brings_nothing_back(store: Store, scope: Scope) -> None:
    with store.begin() as session:
        it = connected(session, scope).id
        connections.claim_refresh(session, scope, it, version=1, until=in_a_while())
        connections.disconnect(session, scope, it)
        connections.keep_tokens(session, scope, it, StoredTokens("refreshed", version=1), scopes=())
        assert connections.tokens(session, scope, it) is None
        assert connections.connection(session, scope, it).status is ConnectionStatus.DISCONNECTED


def test_a_refresh_that_ends_after_a_reconnect_does_not_replace_the_new_tokens(store: Store, scope: Scope) -> None:
    with store.begin() as session:
        it = connected(session, scope).id
        connections.claim_refresh(session, scope, it, version=1, until=in_a_while())
        connected(session, scope)
        connections.keep_tokens(session, scope, it, StoredTokens("of the old consent", version=1), scopes=())
        kept = connections.tokens(session, scope, it)
    assert kept == StoredTokens("refresh-me", "access-me", version=2)


def test_disconnecting_forgets_tokens_and_cursor_and_keeps_the_origin(store: Store, scope: Scope) -> None:
    with store.begin() as session:
        it = connected(session, scope).id
        connections.advance(session, scope, it, "cursor")
        connections.disconnect(session, scope, it)
        row = session.execute(select(oauth_connections)).one()
        assert (row.tokens, row.cursor) == (None, None)
        assert connections.cursor(session, scope, it) == ""
        assert connections.connection(session, scope, it).synced_at is not None


def test_a_wait_asked_for_holds_for_everybody(store: Store, scope: Scope) -> None:
    until = in_a_while()
    with store.begin() as session:
        it = connected(session, scope).id
        assert connections.quiet_until(session, scope, it) is None
        connections.keep_quiet(session, scope, it, until)
        assert connections.quiet_until(session, scope, it) == until


def test_an_unknown_connection_is_refused_with_what_to_do(store: Store, scope: Scope) -> None:
    with store.begin() as session, pytest.raises(UnknownConnection, match="contactflow connections"):
        connections.disconnect(session, scope, "no such connection")

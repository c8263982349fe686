"""A run's status moves once for each move, and a connection has one open run at most."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from storage.documents import new_id
from storage.organization import connections
from storage.records import Provider, Role, Statistics, SyncStatus
from storage.scope import Scope
from storage.session import Store
from storage.sync import opening, syncs
from storage.sync.opening import AlreadyOpen, NewSync
from storage.sync.syncs import UnknownSync
from tests.storage.examples import begun, connected


def test_a_run_is_found_again_as_it_was_opened(store: Store, scope: Scope) -> None:
    with store.begin() as session:
        connection = connected(session, scope)
        new = NewSync(new_id(), "flow run", Provider.MICROSOFT, connection.id, full=True, allowed=("removals",))
        opened = opening.open_sync(session, scope, new)
        assert syncs.of_run(session, scope, "flow run") == syncs.sync(session, scope, new.id) == opened
        assert syncs.open_syncs(session, scope) == [opened]
    assert (opened.status, opened.account, opened.full, opened.allowed) == (
        SyncStatus.EXTRACTING, connection.id, True, ("removals",),
    )  # fmt: skip
    assert opened.is_open
    assert opened.created_at.tzinfo is not None


def test_a_second_open_run_of_a_connection_is_refused_and_the_first_named(store: Store, scope: Scope) -> None:
    with store.begin() as session:
        connection = connected(session, scope)
        first = begun(session, scope, connection.id)
        with pytest.raises(AlreadyOpen, match=first.id) as refusal:
            begun(session, scope, connection.id)
        assert (refusal.value.sync_id, refusal.value.status) == (first.id, SyncStatus.EXTRACTING)
        syncs.close(session, scope, first.id, expected=list(SyncStatus), to=SyncStatus.CANCELLED, error="")
        assert begun(session, scope, connection.id).is_open
        assert begun(session, scope).is_open
        assert begun(session, scope).is_open, "files are no connection: any number of them may be read"


def test_of_two_who_open_at_once_one_does(store: Store, scope: Scope) -> None:
    with store.begin() as session:
        connection = connected(session, scope)

    def attempt(_: int) -> bool:
        try:
            with store.begin() as session:
                begun(session, scope, connection.id)
        except AlreadyOpen:
            return False
        return True

    with ThreadPoolExecutor(4) as threads:
        assert sorted(threads.map(attempt, range(4))) == [False, False, False, True]
    with store.read() as session:
        assert len(syncs.open_syncs(session, scope)) == 1


def test_of_many_who_move_a_run_one_does(store: Store, scope: Scope) -> None:
    with store.begin() as session:
        sync = begun(session, scope)

    def attempt(_: int) -> bool:
        with store.begin() as session:
            return syncs.move(session, scope, sync.id, expected=SyncStatus.EXTRACTING, to=SyncStatus.PREVIEW)

    with ThreadPoolExecutor(4) as threads:
        assert sorted(threads.map(attempt, range(8))) == [False] * 7 + [True]


def test_a_run_closes_only_from_where_it_was_expected(store: Store, scope: Scope) -> None:
    with store.begin() as session:
        sync = begun(session, scope)
        syncs.keep_cursor(session, scope, sync.id, "next")
        waiting = [SyncStatus.PREVIEW]
        assert not syncs.close(session, scope, sync.id, expected=waiting, to=SyncStatus.EXPIRED, error="")
        assert syncs.kept_cursor(session, scope, sync.id) == "next"
        assert syncs.close(session, scope, sync.id, expected=[SyncStatus.EXTRACTING], to=SyncStatus.FAILED, error="why")
        ended = syncs.sync(session, scope, sync.id)
        assert (ended.status, ended.error, ended.is_open) == (SyncStatus.FAILED, "why", False)
        assert not syncs.is_fetched(session, scope, sync.id)
        with pytest.raises(syncs.RunIsOver):
            syncs.demand_preview_key(session, scope, sync.id)


def test_a_completed_run_keeps_its_numbers_and_what_undo_needs(store: Store, scope: Scope) -> None:
    numbers = Statistics(created=1, updated=2, skipped=3, failed=4, conflicted=5, removed=6)
    with store.begin() as session:
        sync = begun(session, scope)
        assert not syncs.complete(session, scope, sync.id, numbers, undo_for=timedelta(days=30)), "it is not executing"
        syncs.move(session, scope, sync.id, expected=SyncStatus.EXTRACTING, to=SyncStatus.EXECUTING)
        assert syncs.is_at(session, scope, sync.id, SyncStatus.EXECUTING)
        assert syncs.complete(session, scope, sync.id, numbers, undo_for=timedelta(days=30))
        done = syncs.sync(session, scope, sync.id)
        assert syncs.preview_key(session, scope, sync.id) is None
        assert syncs.undo_key(session, scope, sync.id) is not None
    assert done.statistics == numbers
    assert done.statistics.total == 21
    assert done.undo_until
    assert done.completed_at
    assert done.undo_until - done.completed_at == timedelta(days=30)


def test_an_unknown_run_is_refused_with_what_to_do(store: Store, scope: Scope) -> None:
    with store.read() as session, pytest.raises(UnknownSync, match="contactflow syncs"):
        syncs.sync(session, scope, "no such run")


def test_nobody_opens_a_run_on_an_account_of_somebody_else(store: Store, scope: Scope) -> None:
    member = Scope(scope.organization_id, "somebody else", Role.MEMBER)
    with store.begin() as session:
        connection = connected(session, scope)
        with pytest.raises(connections.UnknownConnection):
            begun(session, member, connection.id)

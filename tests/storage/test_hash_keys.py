"""Without the key that hashes were made with, nobody who opted out is recognised: then nothing is begun."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from storage import hash_keys
from storage.campaign import suppressions
from storage.hash_keys import HashKeyMissing
from storage.organization import organization_settings, tenants
from storage.records import Criteria, Role, SuppressionReason
from storage.scope import Scope
from storage.session import Session, Store
from tasks.campaign.estimates import audience_of
from tests.conftest import opened

OLD, NEW = "an old secret of some length", "a new secret of some length"


def opted_out(session: Session, scope: Scope) -> None:
    hashed = suppressions.address_hash(session, scope, "ada@engines.example")
    suppressions.suppress(session, scope, [hashed], SuppressionReason.UNSUBSCRIBED)


def acme(store: Store) -> Scope:
    with store.begin() as session:
        tenants.add_organization(session, "Acme")
        tenants.add_user(session, "acme", "ann@acme.example", role=Role.ADMIN)
        return tenants.scope_of(session, "acme", "ann@acme.example")


def test_a_key_that_was_taken_away_stops_what_would_write_and_is_named(database_url: str) -> None:
    with opened(database_url, OLD) as store:
        scope = acme(store)
        with store.begin() as session:
            opted_out(session, scope)
    with opened(database_url, NEW, OLD) as store, store.read() as session:
        hash_keys.demand_key(session, scope)
        assert list(audience_of(session, scope, Criteria())) == []
    for keys in ((NEW,), (OLD, NEW)):
        with opened(database_url, *keys) as store, store.read() as session:
            with pytest.raises(HashKeyMissing, match="put it back at the end"):
                hash_keys.demand_key(session, scope)
            with pytest.raises(HashKeyMissing):
                audience_of(session, scope, Criteria())


def test_where_nobody_opted_out_keys_are_free_to_change(database_url: str) -> None:
    with opened(database_url, OLD) as store:
        scope = acme(store)
    with opened(database_url, NEW) as store, store.begin() as session:
        hash_keys.demand_key(session, scope)
        opted_out(session, scope)
        hash_keys.demand_key(session, scope)


def test_what_the_organization_sets_for_itself_stays_and_the_mark_too(store: Store, scope: Scope) -> None:
    with store.begin() as session:
        organization_settings.change(session, scope, {"rest_days": "3"}, actor="me")
        opted_out(session, scope)
        assert organization_settings.change(session, scope, {"tracking": "true"}, actor="me").rest_days == 3
        hash_keys.leave_mark(session, scope)
        kept = session.connection.exec_driver_sql("SELECT settings FROM organizations").scalar_one()
    assert hash_keys.NAME in str(kept)


def test_settings_changed_at_the_same_moment_are_all_kept(store: Store, scope: Scope) -> None:
    names = ("rest_days", "body_days", "undo_days", "remind_hours", "escalate_hours")
    start = threading.Barrier(len(names))

    def change(name: str) -> None:
        start.wait()
        with store.begin() as session:
            organization_settings.change(session, scope, {name: "7"}, actor="me")

    with ThreadPoolExecutor(len(names)) as threads:
        list(threads.map(change, names))
    with store.read() as session:
        kept = organization_settings.organization_settings(session, scope)
    assert [getattr(kept, name) for name in names] == [7] * len(names)

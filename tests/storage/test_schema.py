"""The migrations make the tables that `storage/tables` says, on both databases, there and back."""

import pytest
from sqlalchemy import inspect, select, text, update
from sqlalchemy.exc import DatabaseError

from storage import audit, schema
from storage.documents import fingerprint
from storage.scope import Scope
from storage.session import Store
from storage.tables import metadata, objects
from tests.conftest import past_row_security
from tests.storage.examples import ADA, kept
from tests.storage.schema_differences import differences

INDEXES = {
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'index'",
    "postgresql": "SELECT indexname FROM pg_indexes WHERE schemaname = 'public'",
}


def test_tables_and_migrations_say_the_same(store: Store) -> None:
    assert differences(store) == []


def test_up_and_down_and_up_again(owned_store: Store) -> None:
    schema.downgrade(owned_store)
    assert set(inspect(owned_store.engine).get_table_names()) <= {"alembic_version"}
    assert schema.version(owned_store) == ""

    schema.upgrade(owned_store)

    assert schema.version(owned_store) == schema.newest()
    assert differences(owned_store) == []


def test_every_index_is_there(store: Store) -> None:
    wanted = {index.name for table in metadata.tables.values() for index in table.indexes}
    with store.read() as session:
        there = set(session.execute(text(INDEXES[store.engine.dialect.name])).scalars())
    assert wanted <= there


def test_an_untouched_database_is_set_up_on_the_spot(owned_store: Store) -> None:
    schema.downgrade(owned_store)
    assert schema.version(schema.make_ready(owned_store)) == schema.newest()


def test_a_database_of_another_version_is_refused_with_what_to_do(owned_store: Store) -> None:
    with owned_store.begin() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '0000'"))
    with pytest.raises(schema.WrongSchema, match="contactflow migrate"):
        schema.make_ready(owned_store)
    assert schema.version(owned_store) == "0000"


def test_a_database_that_a_newer_program_left_is_not_sent_to_be_migrated(
    owned_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    schema.make_ready(owned_store)
    monkeypatch.setattr(schema, "newest", lambda: "0001")
    with pytest.raises(schema.WrongSchema, match="a newer Contactflow was here"):
        schema.make_ready(owned_store)


def test_a_contact_changed_by_hand_is_a_new_version_and_loses_its_fingerprint(store: Store, scope: Scope) -> None:
    with store.begin() as session:
        by_hand, untouched = kept(session, scope), kept(session, scope)
        session.enter(scope.organization_id)
        session.execute(update(objects).where(objects.c.id == by_hand.id).values(pipeline="sales"))
    with past_row_security(store) as session:
        found = {row.id: (row.version, row.fingerprint) for row in session.execute(select(objects))}
    assert found == {by_hand.id: (2, ""), untouched.id: (1, fingerprint(ADA))}


@pytest.mark.parametrize("deed", ["UPDATE audit_log SET actor = 'nobody'", "DELETE FROM audit_log"])
def test_the_database_itself_keeps_the_audit_log_as_it_is(store: Store, scope: Scope, deed: str) -> None:
    with pytest.raises(DatabaseError, match="append-only"), past_row_security(store) as session:
        session.execute(text(deed))
    with store.read() as session:
        assert audit.verify(session, scope) == audit.Verification(entries=1)


WAY_ROUND = {
    "sqlite": "INSERT OR REPLACE INTO audit_log SELECT id, organization_id, sequence, at, 'nobody', action, subject,"
    " detail, previous_hash, hash FROM audit_log",
    "postgresql": "TRUNCATE audit_log",
}


def test_nor_is_there_a_way_round_it(store: Store, scope: Scope) -> None:
    with pytest.raises(DatabaseError, match="append-only"), past_row_security(store) as session:
        session.execute(text(WAY_ROUND[store.engine.dialect.name]))
    with store.read() as session:
        assert audit.verify(session, scope) == audit.Verification(entries=1)

"""The second wall: on Postgres an application that forgets to ask for its own rows gets no others."""

import re
import uuid
from collections.abc import Iterator
from tempfile import TemporaryFile

import pytest
from sqlalchemy import Connection, Table, delete, func, insert, inspect, literal, select, text, update
from sqlalchemy.exc import OperationalError, ProgrammingError

from storage import row_security, schema
from storage.organization import tenants
from storage.people import contacts
from storage.records import Role
from storage.row_security import UnfitRole
from storage.scope import Scope
from storage.session import Session, Store
from storage.sync import syncs
from storage.tables import metadata, objects, users
from tests import postgres
from tests.conftest import in_role, opened, past_row_security
from tests.storage.examples import kept
from tests.storage.isolation import World, filled

TABLES = sorted(metadata.tables.keys() - row_security.SHARED_TABLES)


@pytest.fixture
def database_url(postgres_url: str) -> str:
    """SQLite has no walls."""
    return postgres_url


@pytest.fixture(scope="module")
def two(postgres_databases: postgres.Databases) -> Iterator[tuple[Store, World, World]]:
    """Two organizations with something in every table, seen as the application's role."""
    with postgres_databases.lent() as url, opened(postgres.as_role(url, postgres.APP)) as store:
        with store.begin() as session:
            acme, rival = filled(session, "Acme"), filled(session, "Rival")
        yield store, acme, rival


def owners(session: Session, table: Table) -> set[str]:
    column = table.c.organization_id if "organization_id" in table.c else table.c.id
    return set(session.execute(select(column).distinct()).scalars())


def test_what_has_no_wall_has_no_owner_and_names_nobody() -> None:
    columns = {
        name: set(metadata.tables[name].c.keys()) for name in row_security.SHARED_TABLES & metadata.tables.keys()
    }
    assert columns == {
        "chores": {"name", "done_at"},
        "refused_applications": {"provider", "registration", "cause", "refused_at"},
    }


@pytest.mark.parametrize("name", TABLES)
def test_without_a_where_nobody_sees_another_organizations_rows(two: tuple[Store, World, World], name: str) -> None:
    store, acme, rival = two
    with past_row_security(store) as session:
        assert {acme.scope.organization_id, rival.scope.organization_id} <= owners(session, metadata.tables[name]), (
            f"give each organization a row of {name} in `filled`, or this test proves nothing of it"
        )
    with store.read() as session:
        assert owners(session, metadata.tables[name]) == set()
        session.enter(acme.scope.organization_id)
        assert owners(session, metadata.tables[name]) == {acme.scope.organization_id}


@pytest.mark.parametrize("name", [name for name in TABLES if name != "audit_log"])
def test_nor_changes_or_deletes_them(two: tuple[Store, World, World], name: str) -> None:
    store, acme, rival = two
    table = metadata.tables[name]
    with store.begin() as session:
        session.enter(acme.scope.organization_id)
        column = table.c.organization_id if "organization_id" in table.c else table.c.id
        theirs = column == rival.scope.organization_id
        assert session.execute(update(table).where(theirs).values({column: column})).rowcount == 0
        assert session.execute(delete(table).where(theirs)).rowcount == 0


def test_nor_writes_a_row_into_another_organization(store: Store, scope: Scope, rival: Scope) -> None:
    with store.begin() as session:
        kept(session, scope)
    row = {"id": str(uuid.uuid4()), "organization_id": rival.organization_id, "email": "x@x.example", "role": "admin"}
    with store.begin() as session:
        session.enter(scope.organization_id)
        for deed in (
            insert(users).values(**row, created_at=func.now()),
            update(objects).values(organization_id=rival.organization_id),
        ):
            with pytest.raises(ProgrammingError, match="row-level security"), session.connection.begin_nested():
                session.execute(deed)


def test_the_next_transaction_begins_outside(store: Store, scope: Scope) -> None:
    """However many share a connection."""
    for _ in range(3):
        with store.begin() as session:
            assert owners(session, users) == set()
            contacts.count(session, scope)
            assert owners(session, users) == {scope.organization_id}


def test_a_transaction_begins_and_enters_in_one_message(store: Store, scope: Scope) -> None:
    with store.read() as session:
        wire = session.connection.connection.driver_connection.pgconn  # type: ignore[union-attr]
        with TemporaryFile() as told:
            wire.trace(told.fileno())
            syncs.syncs(session, scope)
            wire.untrace()
            told.seek(0)
            sent = re.findall(rb"\tF\t\d+\t(\w+)\t(.*)", told.read())
    assert sent[0][0] == b"Query"
    assert b"BEGIN; SELECT set_config" in sent[0][1]
    assert [kind for kind, _ in sent if kind in {b"Query", b"Execute"}] == [b"Query", b"Execute"]


@pytest.mark.usefixtures("scope")
def test_an_organization_is_a_name_and_never_a_command(store: Store) -> None:
    for name in ("', true); RESET ROLE; SELECT ('", "\\'; COMMIT; --", "Grün & Söhne"):
        with store.begin() as session:
            session.enter(name)
            assert session.execute(text("SELECT current_setting('contactflow.organization')")).scalar_one() == name
            assert owners(session, users) == set()


def test_where_the_connection_was_lost_entering_says_so_and_the_next_gets_another(
    store: Store, scope: Scope, superuser_url: str
) -> None:
    with opened(superuser_url) as power, store.read() as session:
        wire = session.connection.connection.driver_connection
        with power.begin() as ending:
            ending.execute(select(func.pg_terminate_backend(wire.info.backend_pid)))  # type: ignore[union-attr]
        with pytest.raises(OperationalError) as lost:
            session.enter(scope.organization_id)
        assert lost.value.connection_invalidated
    with store.read() as session:
        assert tenants.users_of(session, scope)


def test_the_settings_of_the_owner_are_of_no_use_to_the_application(two: tuple[Store, World, World]) -> None:
    store, _, _ = two
    with store.read() as session:
        session.execute(text("SELECT set_config('contactflow.upkeep', 'on', true)"))
        assert owners(session, users) == set()
        for deed in ("ALTER TABLE users DISABLE ROW LEVEL SECURITY", "SET ROLE contactflow_owner"):
            with pytest.raises(ProgrammingError), session.connection.begin_nested():
                session.execute(text(deed))


def test_the_owner_of_the_tables_is_held_too_unless_it_says_otherwise(two: tuple[Store, World, World]) -> None:
    store, acme, rival = two
    with opened(in_role(store, postgres.OWNER)) as owned, owned.read() as session:
        assert owners(session, users) == set()
        row_security.lift(session.connection)
        assert owners(session, users) >= {acme.scope.organization_id, rival.scope.organization_id}


def test_a_door_tells_whose_a_row_is_and_closes_behind(two: tuple[Store, World, World]) -> None:
    store, acme, _ = two
    with opened(in_role(store, postgres.OWNER)) as owned:  # who has most to gain from a door left open
        for one in (store, owned):
            with one.read() as session:
                assert tenants.scope_of_sync(session, acme.sync_id).organization_id == acme.scope.organization_id
                assert len(tenants.organizations_all(session)) == 2
                assert owners(session, users) == {acme.scope.organization_id}


@pytest.mark.parametrize("kind", ['users" --', "pg_authid", "users; DROP TABLE users", ""])
def test_a_door_opens_for_nothing_else(two: tuple[Store, World, World], kind: str) -> None:
    store, _, _ = two
    with store.read() as session, pytest.raises(ProgrammingError):
        session.execute(select(func.contactflow_owner_of(literal(kind), "x")))


def test_a_table_of_the_callers_does_not_stand_in_for_ours(two: tuple[Store, World, World]) -> None:
    store, acme, rival = two
    with store.begin() as session:
        session.execute(text("CREATE TEMP TABLE contact_syncs (id text, organization_id text) ON COMMIT DROP"))
        session.execute(
            text("INSERT INTO pg_temp.contact_syncs VALUES (:id, :theirs)"),
            {"id": acme.sync_id, "theirs": rival.scope.organization_id},
        )
        found = session.execute(select(func.contactflow_owner_of("contact_syncs", acme.sync_id))).scalar()
    assert found == acme.scope.organization_id


def test_a_new_table_gets_row_level_security_and_it_can_be_disabled(superuser_url: str) -> None:
    with opened(postgres.as_role(superuser_url, postgres.OWNER)) as owned:
        with owned.begin() as session:
            session.execute(text("CREATE TABLE brand_new (id text, organization_id text)"))
            assert _without_wall(session.connection) == {"brand_new"}
        schema.upgrade(owned)
        with owned.begin() as session:
            assert _without_wall(session.connection) == set()
            row_security.disable(session.connection)
            assert "brand_new" in _without_wall(session.connection)
            assert len(_without_wall(session.connection)) == len(TABLES) + 1


def test_an_application_role_is_made_and_let_in(superuser_url: str) -> None:
    name = f"app-{uuid.uuid4().hex}"
    with opened(postgres.as_role(superuser_url, postgres.OWNER)) as owned:
        with owned.begin() as session:
            assert row_security.admit(session.connection, name)
            assert not row_security.admit(session.connection, name)
        with opened(postgres.as_role(superuser_url, name)) as store, store.begin() as session:
            tenants.add_organization(session, "Acme")
            tenants.add_user(session, "acme", "ann@acme.example", role=Role.ADMIN)
            scope = tenants.scope_of(session, "acme", "ann@acme.example")
            assert kept(session, scope)
            with pytest.raises(ProgrammingError, match="permission denied"):
                session.execute(text("UPDATE alembic_version SET version_num = '0000'"))


@pytest.mark.parametrize("role", [postgres.USER, postgres.OWNER])
def test_a_role_that_no_wall_holds_is_not_let_in(superuser_url: str, role: str) -> None:
    with (
        opened(postgres.as_role(superuser_url, postgres.OWNER)) as owned,
        owned.begin() as session,
        pytest.raises(UnfitRole, match="another role"),
    ):
        row_security.admit(session.connection, role)


def test_the_wall_leaves_the_indexes_in_use(two: tuple[Store, World, World]) -> None:
    store, acme, _ = two
    with store.read() as session:
        session.enter(acme.scope.organization_id)
        session.execute(text("SET LOCAL enable_seqscan = off"))
        session.execute(text("SET LOCAL enable_bitmapscan = off"))
        plan = "\n".join(
            session.execute(text("EXPLAIN SELECT * FROM objects WHERE organization_id = 'x' AND id = 'y'")).scalars()
        )
    assert re.search(r"Index Scan using \S+ on objects", plan), plan


def _without_wall(connection: Connection) -> set[str]:
    walled = connection.execute(
        text(
            "SELECT relname FROM pg_class WHERE relrowsecurity AND relforcerowsecurity AND 2 ="
            " (SELECT count(*) FROM pg_policy WHERE polrelid = pg_class.oid)"
        )
    ).scalars()
    return set(inspect(connection).get_table_names()) - row_security.SHARED_TABLES - {*walled}

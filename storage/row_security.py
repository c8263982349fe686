"""Row-level security on Postgres, the second wall between organizations: the few doors in it, and who may use them.

The doors are functions in the database (SECURITY DEFINER) that run as the owner of the tables and say whose something
is, nothing else.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Connection,
    Select,
    Table,
    Text,
    cast,
    column,
    func,
    literal_column,
    select,
    text,
)

from storage.records import Role
from storage.reporting import measures
from storage.scope import Scope
from storage.session import Session
from storage.sql import statement
from storage.tables import organizations

_ROLE = text(
    "SELECT rolsuper OR rolbypassrls AS is_free, rolname = current_user AS is_owner FROM pg_roles WHERE rolname = :name"
)

# They name nobody: no organization can own a row of them, and each may see all.
SHARED_TABLES = frozenset({"alembic_version", "chores", "refused_applications"})

_GRANTS = (
    "GRANT USAGE ON SCHEMA {schema} TO {role}",
    "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {schema} TO {role}",
    "REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON alembic_version FROM {role}",
    "REVOKE UPDATE, DELETE ON audit_log FROM {role}",
    "GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA {schema} TO {role}",
    "ALTER DEFAULT PRIVILEGES IN SCHEMA {schema} GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {role}",
    "ALTER DEFAULT PRIVILEGES IN SCHEMA {schema} GRANT EXECUTE ON FUNCTIONS TO {role}",
)


_STANDING = text("""
    SELECT rolname AS name, rolsuper OR rolbypassrls AS is_free,
        EXISTS (SELECT FROM pg_class WHERE oid = 'organizations'::regclass AND relowner = pg_roles.oid) AS is_owner,
        ARRAY(
            SELECT relname::text FROM pg_class WHERE relnamespace = current_schema()::regnamespace
                AND relkind = 'r' AND NOT relforcerowsecurity ORDER BY relname
        ) AS open_tables
    FROM pg_roles WHERE rolname = current_user""")


@dataclass(frozen=True, slots=True)
class Standing:
    is_held: bool
    told: str
    open_tables: tuple[str, ...]


class UnfitRole(Exception):
    """Row-level security would not hold this role."""


def enable(connection: Connection) -> None:
    """After every migration: a table that is new gets its wall."""
    if connection.dialect.name == "postgresql":
        measures.make_door(connection)
        _run(connection, "row_security")


def disable(connection: Connection) -> None:
    _run(connection, "no_row_security")


def lift(connection: Connection) -> None:
    """Let the tables' owner, and nobody else, see all rows until the transaction ends: migrations change all."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SELECT set_config('contactflow.upkeep', 'on', true)")


def directory(session: Session, slug: str | None = None) -> Select[Any]:
    """The ids and names of all organizations, or of the one with this short name."""
    here: Any = organizations
    if session.is_postgres:
        here = func.contactflow_organizations(slug).table_valued("id", "slug", "name")
    everybody = select(here.c.id, here.c.slug, here.c.name).order_by(here.c.slug)
    return everybody if slug is None else everybody.where(here.c.slug == slug)


def across(session: Session, table: Table, standing: Sequence[str]) -> Select[Any]:
    """Rows of all organizations with these statuses, in one query. For upkeep only, never for a user."""
    if not session.is_postgres:
        return select(table).where(table.c.status.in_(standing))
    every = getattr(func, f"contactflow_all_{table.name}")(cast(list(standing), ARRAY(Text)))
    columns = (column(one.name, one.type) for one in table.columns)
    return select(every.table_valued(*columns, name=table.name))


def everywhere(session: Session, table: Table, wanted: ColumnElement[bool]) -> list[tuple[Scope, str]]:
    """(scope, row id) of such rows in all organizations, in one query. For upkeep only."""
    found = select(table.c.organization_id, table.c.id).where(wanted).order_by(table.c.id)
    if session.is_postgres:
        asked = found.where(table.c.organization_id == literal_column("$1"))
        question = asked.compile(session.connection, compile_kwargs={"literal_binds": True})
        every = func.contactflow_everywhere(str(question)).table_valued("organization_id", "id")
        found = select(every.c.organization_id, every.c.id)
    return [(Scope(owner, "", Role.ADMIN), row_id) for owner, row_id in session.execute(found)]


def owners_of(session: Session, table: Table, wanted: ColumnElement[bool]) -> list[Scope]:
    """The organizations that have such rows, so that upkeep skips all others."""
    return list(dict.fromkeys(scope for scope, _ in everywhere(session, table, wanted)))


def enter_owner_of(session: Session, table: Table, row_id: str) -> None:
    if session.is_postgres:
        session.enter(session.execute(select(func.contactflow_owner_of(table.name, row_id))).scalar() or "")


def enter_owner_of_token(session: Session, token_hash: str) -> None:
    if session.is_postgres:
        session.enter(session.execute(select(func.contactflow_owner_of_token(token_hash))).scalar() or "")


def enter_each_employer(session: Session, email: str) -> Iterator[None]:
    """Once for each organization that has a user of this address; once for all where there is no such wall."""
    if not session.is_postgres:
        yield
        return
    for organization_id in session.execute(select(func.contactflow_employers_of(email))).scalar_one():
        session.enter(organization_id)
        yield


def admit(connection: Connection, role: str) -> bool:
    """Grant a role what the application needs and no more; True if the role was created."""
    quoted = connection.dialect.identifier_preparer.quote(role)
    known = connection.execute(_ROLE, {"name": role}).one_or_none()
    if known is None:
        connection.exec_driver_sql(f"CREATE ROLE {quoted} LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE")
    elif known.is_owner or known.is_free:
        raise UnfitRole(f"{role} owns the tables or bypasses row-level security: name another role for the application")
    schema = connection.dialect.identifier_preparer.quote(
        str(connection.exec_driver_sql("SELECT current_schema()").scalar())
    )
    for grant in _GRANTS:
        connection.exec_driver_sql(grant.format(role=quoted, schema=schema))
    return known is None


def standing(connection: Connection) -> Standing:
    """How far row-level security holds whoever is connected."""
    row = connection.execute(_STANDING).one()
    held = not row.is_free
    told = f"{row.name} bypasses row-level security"
    if held:
        told = f"{row.name} owns the tables, and may lift row-level security" if row.is_owner else f"{row.name} is held"
    without = tuple(name for name in row.open_tables if name not in SHARED_TABLES)
    return Standing(held and not row.is_owner, told, without)


def _run(connection: Connection, name: str) -> None:
    if connection.dialect.name == "postgresql":
        # Not through SQLAlchemy's text(): what the functions hold is no parameter.
        connection.exec_driver_sql(statement(name).replace("%", "%%"))

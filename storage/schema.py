"""The database's schema: brought up to date, and taken back.

Alembic is imported only where it works: the terminal asks on every command whether the schema is current.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, inspect, text

from storage import row_security
from storage.session import Store

MIGRATIONS = Path(__file__).parent / "migrations"


class WrongSchema(Exception):
    """The database is not at the version that this program needs."""


def upgrade(store: Store, revision: str = "head") -> None:
    with _alone(store) as connection:
        _alembic(connection, "upgrade", revision)
        if revision == "head":
            row_security.enable(connection)


def downgrade(store: Store, revision: str = "base") -> None:
    with _alone(store) as connection:
        _alembic(connection, "downgrade", revision)


def version(store: Store) -> str:
    """Empty for a database that was never touched."""
    with store.read() as session:
        if not inspect(session.connection).has_table("alembic_version"):
            return ""
        return str(session.execute(text("SELECT version_num FROM alembic_version")).scalar() or "")


def newest() -> str:
    """A migration's file begins with its revision, and revisions are numbers that grow."""
    return max(path.name.split("_")[0] for path in (MIGRATIONS / "versions").glob("[0-9]*.py"))


def make_ready(store: Store) -> Store:
    """A new database is set up on the spot; an older one is changed only by somebody who asked for it."""
    here = version(store)
    if not here:
        upgrade(store)
    elif here != newest():
        raise WrongSchema(f"the database is at version {here}, this program needs {newest()}: {_way_out(here)}")
    return store


def _way_out(here: str) -> str:
    return "run `contactflow migrate`" if here < newest() else "a newer Contactflow was here, install that one"


@contextmanager
def _alone(store: Store) -> Iterator[Connection]:
    """One transaction; of several machines that upgrade at once, each waits for the one before."""
    with store.begin() as session:
        if session.is_postgres:  # SQLite's writers queue anyway
            session.execute(text("SELECT pg_advisory_xact_lock(hashtext('contactflow/schema'))"))
        row_security.lift(session.connection)
        yield session.connection


def _alembic(connection: Connection, verb: str, revision: str) -> None:
    from alembic import command  # noqa: PLC0415 (see above)
    from alembic.config import Config  # noqa: PLC0415 (see above)

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    getattr(command, verb)(config, revision)

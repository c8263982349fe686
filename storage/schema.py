"""The database's schema: brought up to date, taken back, compared with `tables.py`.

Alembic is imported only where it works: the terminal asks on every command whether the schema is current.
"""

from pathlib import Path
from typing import Any

from sqlalchemy import inspect, text

from storage import walls
from storage.session import Store

MIGRATIONS = Path(__file__).parent / "migrations"


class WrongSchema(Exception):
    """The database is not at the version that this program needs."""


def upgrade(store: Store, revision: str = "head") -> None:
    _alembic(store, "upgrade", revision)
    if revision == "head":
        with store.begin() as session:
            walls.put_up(session.connection)


def downgrade(store: Store, revision: str = "base") -> None:
    _alembic(store, "downgrade", revision)


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
        raise WrongSchema(
            f"the database is at version {here}, this program needs {newest()}: run `contactflow migrate`"
        )
    return store


def differences(store: Store) -> list[object]:
    """What the migrations lack: empty where tables.py and the database agree."""
    from alembic.autogenerate import compare_metadata  # noqa: PLC0415 (see above)
    from alembic.runtime.migration import MigrationContext  # noqa: PLC0415 (see above)

    from storage.tables import metadata  # noqa: PLC0415 (see above)

    with store.read() as session:
        context = MigrationContext.configure(session.connection, opts={"compare_type": True})
        return list(compare_metadata(context, metadata))


def _alembic(store: Store, verb: str, revision: str) -> None:
    from alembic import command  # noqa: PLC0415 (see above)
    from alembic.config import Config  # noqa: PLC0415 (see above)

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with store.begin() as session:
        if session.is_postgres:  # of several machines that upgrade, one does; SQLite's writers queue anyway
            session.execute(text("SELECT pg_advisory_xact_lock(hashtext('contactflow/schema'))"))
        attributes: dict[str, Any] = config.attributes
        attributes["connection"] = session.connection
        walls.lift(session.connection)
        getattr(command, verb)(config, revision)

"""The database's schema: brought up to date, taken back, compared with `tables.py`."""

from pathlib import Path

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from storage.session import Store
from storage.tables import metadata

MIGRATIONS = Path(__file__).parent / "migrations"


class WrongSchema(Exception):
    """The database is not at the version that this program needs."""


def upgrade(store: Store, revision: str = "head") -> None:
    with store.begin() as session:
        config = _config()
        config.attributes["connection"] = session.connection
        command.upgrade(config, revision)


def downgrade(store: Store, revision: str = "base") -> None:
    with store.begin() as session:
        config = _config()
        config.attributes["connection"] = session.connection
        command.downgrade(config, revision)


def version(store: Store) -> str:
    with store.read() as session:
        return MigrationContext.configure(session.connection).get_current_revision() or ""


def newest() -> str:
    return ScriptDirectory.from_config(_config()).get_current_head() or ""


def demand_current(store: Store) -> None:
    if (here := version(store)) != newest():
        raise WrongSchema(
            f"the database is at version {here or 'none'}, this program needs {newest()}: run `contactflow migrate`"
        )


def differences(store: Store) -> list[object]:
    """What a migration is missing: empty where tables.py and the database agree."""
    with store.read() as session:
        context = MigrationContext.configure(session.connection, opts={"compare_type": True})
        return list(compare_metadata(context, metadata))


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    return config

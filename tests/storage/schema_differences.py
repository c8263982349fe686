"""The database as its migrations made it, compared with the tables as they are declared."""

from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from storage.session import Store
from storage.tables import metadata


def differences(store: Store) -> list[object]:
    """Empty where both agree."""
    with store.read() as session:
        context = MigrationContext.configure(session.connection, opts={"compare_type": True})
        return list(compare_metadata(context, metadata))

"""What was deleted is gone from the files too: SQLite overwrites it in its pages; its log has the old ones."""

import time

from storage.session import Store

PATIENCE = 5.0
GLANCE = 0.1


def scrub(store: Store, *, patience: float = PATIENCE) -> bool:
    """False where somebody who reads kept the log from being emptied: then the next time does it."""
    if store.engine.dialect.name != "sqlite":
        return True
    deadline = time.monotonic() + patience
    while not _emptied(store):
        if time.monotonic() > deadline:
            return False
        time.sleep(GLANCE)
    return True


def _emptied(store: Store) -> bool:
    """Past SQLAlchemy, which would begin a transaction: within one, there is no emptying the log."""
    connection = store.engine.raw_connection()
    try:
        busy, left, _ = connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        return not busy and left <= 0
    finally:
        connection.close()

"""Online backup of a SQLite database. VACUUM INTO copies no free pages, so deleted values are not in it."""

import os
from pathlib import Path

from storage.session import Store


class CannotBackUp(Exception):
    """The text says what to do instead."""


def back_up(store: Store, path: Path) -> int:
    """Write to a new file with mode 0600; returns its size in bytes. Raises CannotBackUp."""
    if store.engine.dialect.name != "sqlite":
        raise CannotBackUp("Postgres is backed up by pg_dump: docs/operations.md says how")
    try:
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    except OSError as wrong:
        raise CannotBackUp(f"{path} cannot be written: {wrong.strerror}") from None
    # VACUUM rebuilds indexes, which needs the SQL functions of our connections; it must run outside a transaction.
    raw = store.engine.raw_connection()
    try:
        raw.cursor().execute("VACUUM INTO ?", (str(path),))
    finally:
        raw.close()
    return path.stat().st_size

"""A copy of the database while others work with it. What was deleted is not in it: a copy has no free pages."""

import os
from pathlib import Path

from storage.session import Store


class CannotBackUp(Exception):
    """The text says what to do instead."""


def back_up(store: Store, path: Path) -> int:
    """To a file that only its owner may read; returns its size in bytes."""
    if store.engine.dialect.name != "sqlite":
        raise CannotBackUp("Postgres is backed up by pg_dump: docs/operations.md says how")
    try:
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    except OSError as wrong:
        raise CannotBackUp(f"{path} cannot be written: {wrong.strerror}") from None
    # On a connection of our own kind, for indexes are built anew with its functions; and outside a transaction.
    raw = store.engine.raw_connection()
    try:
        raw.cursor().execute("VACUUM INTO ?", (str(path),))
    finally:
        raw.close()
    return path.stat().st_size

"""Removing deleted values from SQLite's files: `secure_delete` clears the pages, a checkpoint truncates the log."""

import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from storage.session import Store

PATIENCE = 5.0
GLANCE = 0.1
EMPTY_LOG = "PRAGMA wal_checkpoint(TRUNCATE)"


def scrub(store: Store, *, patience: float = PATIENCE) -> bool:
    """False if a reader kept the log from being truncated; the next call tries again."""
    path = store.engine.url.database
    if keeps_deleted(store) or not path:
        return True
    return _before_long(lambda: _emptied(path), patience)


def keeps_deleted(store: Store) -> bool:
    """Postgres does, until its files are written anew, which only its administrator may have it do."""
    return store.engine.dialect.name != "sqlite"


def scrub_file(path: Path, *, patience: float = PATIENCE) -> bool:
    """The same for another program's SQLite database. One that does not overwrite what it deletes is written anew."""
    return not path.exists() or _before_long(lambda: _cleaned(path), patience)


def overwrites_unasked() -> bool:
    """Some distributions build SQLite so, others do not."""
    with closing(sqlite3.connect(":memory:")) as connection:
        return bool(connection.execute("PRAGMA secure_delete").fetchone()[0])


def _before_long(done: Callable[[], bool], patience: float) -> bool:
    deadline = time.monotonic() + patience
    while not done():
        if time.monotonic() > deadline:
            return False
        time.sleep(GLANCE)
    return True


def _emptied(path: str) -> bool:
    with _opened(path) as connection:
        try:
            return _is_empty(connection.execute(EMPTY_LOG).fetchone())
        except sqlite3.OperationalError:  # another one does it just now
            return False


def _cleaned(path: Path) -> bool:
    with _opened(path) as connection:
        try:
            if not overwrites_unasked():
                connection.execute("VACUUM")
            return _is_empty(connection.execute(EMPTY_LOG).fetchone())
        except sqlite3.OperationalError:  # it is written to just now
            return False


def _opened(path: str | Path) -> closing[sqlite3.Connection]:
    """A connection that does not wait for long: while it waits for those who read, nobody writes."""
    return closing(sqlite3.connect(path, isolation_level=None, timeout=GLANCE))


def _is_empty(answer: tuple[int, int, int]) -> bool:
    busy, left, _ = answer
    return not busy and left <= 0

"""The database: opened once a process, used in short transactions.

SQLite runs with a write-ahead log, enforced foreign keys and deleted values overwritten; every writing transaction
takes the write lock at its start, so that two of them queue rather than fail half-way.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, cast

import msgspec
from sqlalchemy import CursorResult, Engine, Executable, create_engine, event
from sqlalchemy.engine import Connection, make_url

from storage.crypto import Keyring
from storage.settings import Settings, settings

BUSY_SECONDS = 30
PRAGMAS = (
    "journal_mode=WAL",
    "synchronous=NORMAL",
    f"busy_timeout={BUSY_SECONDS * 1000}",
    "foreign_keys=ON",
    "secure_delete=ON",
)

# Local to the transaction: the connection's next one starts without an organization.
ENTER = "SELECT set_config('contactflow.organization', %(organization)s, true)"


@dataclass(slots=True)
class Session:
    """One transaction, with the keys to what is sealed in it."""

    connection: Connection
    keyring: Keyring
    within: str = field(default="", init=False)

    def execute(self, statement: Executable, values: Any = None) -> CursorResult[Any]:
        return self.connection.execute(statement, values)

    def enter(self, organization_id: str) -> None:
        """Activate row-level security for this organization on Postgres; does nothing on SQLite."""
        if self.is_postgres and self.within != organization_id:
            if not _begun_within(self.connection, organization_id):
                self.connection.exec_driver_sql(ENTER, {"organization": organization_id})
            self.within = organization_id

    @property
    def is_postgres(self) -> bool:
        return self.connection.dialect.name == "postgresql"


@dataclass(frozen=True, slots=True)
class Store:
    engine: Engine
    keyring: Keyring

    @contextmanager
    def begin(self) -> Iterator[Session]:
        """A transaction that may write: committed at the end, rolled back on any error."""
        with self.engine.connect().execution_options(writes=True) as connection, connection.begin():
            yield Session(connection, self.keyring)

    @contextmanager
    def begin_durable(self) -> Iterator[Session]:
        """As `begin`, and once committed it survives a power cut: SQLite's log is on the disk, with all before it."""
        writing = self.engine.connect().execution_options(writes=True)
        with writing as connection, _synchronous(connection), connection.begin():
            yield Session(connection, self.keyring)

    @contextmanager
    def read(self) -> Iterator[Session]:
        with self.engine.connect() as connection:
            yield Session(connection, self.keyring)


def _begun_within(connection: Connection, organization_id: str) -> bool:
    """One message begins the transaction and enters; where that cannot be, entering by itself does it or says why."""
    from psycopg import pq  # noqa: PLC0415 (who is on SQLite need not have it loaded)

    wire: pq.abc.PGconn = cast("Any", connection.connection.driver_connection).pgconn
    if wire.transaction_status != pq.TransactionStatus.IDLE:
        return False
    whose = pq.Escaping(wire).escape_literal(organization_id.encode())
    begun = wire.exec_(b"BEGIN; SELECT set_config('contactflow.organization', %b, true)" % whose)
    return begun.status == pq.ExecStatus.TUPLES_OK


@contextmanager
def _synchronous(connection: Connection) -> Iterator[None]:
    if connection.dialect.name == "postgresql":  # it is so always, unless its administrator wants otherwise
        yield
        return
    driver: Any = connection.connection.driver_connection
    driver.execute("PRAGMA synchronous=FULL")
    try:
        yield
    finally:
        driver.execute("PRAGMA synchronous=NORMAL")


def open_store(chosen: Settings | None = None) -> Store:
    chosen = chosen or settings()
    chosen.home_made()
    return _open(chosen.database, chosen.keys())


@lru_cache(maxsize=8)
def _open(url: str, keys: tuple[str, ...]) -> Store:
    """One engine for one database, whatever else the settings say."""
    return Store(_engine(url), Keyring(keys))


def _engine(url: str) -> Engine:
    known = make_url(url)
    is_sqlite = known.get_backend_name() == "sqlite"
    if is_sqlite:
        _make_file(known.database or "")
    engine = create_engine(
        url,
        json_serializer=lambda value: msgspec.json.encode(value).decode(),
        json_deserializer=msgspec.json.decode,
        pool_pre_ping=not is_sqlite,
        hide_parameters=True,  # an error must not carry a contact into a log
    )
    if is_sqlite:
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    else:
        event.listen(engine, "connect", _prepare_postgres)
    return engine


def _make_file(path: str) -> None:
    """For its owner alone; SQLite's log beside it is given the same rights."""
    with suppress(OSError):  # SQLite will say what is wrong
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))


def _prepare_postgres(connection: Any, _record: object) -> None:
    """The driver then makes moments as they are wanted, wherever the server lives."""
    connection.execute("SET TIME ZONE 'UTC'")
    connection.commit()


def _prepare_sqlite(connection: Any, _record: object) -> None:
    # The driver must not open transactions by itself: `_begin_sqlite` says which kind.
    connection.isolation_level = None
    # SQLite's own knows ASCII only: nobody would find Müller by MÜLLER.
    connection.create_function(
        "lower", 1, lambda text: text.lower() if isinstance(text, str) else text, deterministic=True
    )
    for pragma in PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

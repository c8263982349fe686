"""A Postgres of the tests' own: on a free loopback port, with its data in a temporary folder, gone when they are."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

import psycopg

TEMPLATE = "migrated"
DEBIAN = Path("/usr/lib/postgresql")
USER = "contactflow"
OWNER = "contactflow_owner"  # of the tables, and no superuser: row-level security is forced on it too
APP = "contactflow_app"  # what the application connects as
PATIENCE = 30.0
# Nothing here need survive a power cut.
SPEED = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "autovacuum=off", "shared_buffers=32MB")

LEFT_BEHIND = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()"""
FILLED = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'alembic_version'"
SHAPE = """
    SELECT md5(string_agg(part, ',' ORDER BY part)) FROM (
        SELECT concat(relname, relkind, relforcerowsecurity) FROM pg_class WHERE relnamespace = 'public'::regnamespace
        UNION ALL SELECT concat(tgname, tgenabled) FROM pg_trigger
        UNION ALL SELECT concat(polrelid::regclass, polname) FROM pg_policy
        UNION ALL SELECT version_num FROM alembic_version
    ) AS parts (part)"""


def as_role(url: str, role: str) -> str:
    return url.replace(f"//{USER}@", f"//{role}@")


class NoPostgres(Exception):
    """None on this machine, or it does not start."""


class Databases:
    """Copies of one migrated database. Copying takes a fifth of a second, so a copy is emptied and lent again."""

    def __init__(self, server: str) -> None:
        self.server = server
        self._spare: list[str] = []
        self._made = 0
        self._shape = ""

    def migrated_once(self, migrate: Callable[[str], None]) -> Self:
        self._administer(f"CREATE ROLE {OWNER} LOGIN CREATEROLE")
        self._administer(f"CREATE DATABASE {TEMPLATE} OWNER {OWNER}")
        migrate(as_role(f"{self.server}/{TEMPLATE}", OWNER))
        with self._connect(TEMPLATE) as connection:
            self._shape = _shape(connection)
        return self

    @contextmanager
    def lent(self) -> Iterator[str]:
        name = self._spare.pop() if self._spare else self._new()
        yield f"{self.server}/{name}"
        if self._emptied(name):
            self._spare.append(name)
        else:
            self._administer(f"DROP DATABASE {name} WITH (FORCE)")

    def _new(self) -> str:
        self._made += 1
        self._administer(f"CREATE DATABASE test_{self._made} TEMPLATE {TEMPLATE} OWNER {OWNER}")
        return f"test_{self._made}"

    def _emptied(self, name: str) -> bool:
        """False where a test changed more than rows."""
        with self._connect(name) as connection:
            connection.execute(LEFT_BEHIND)
            if _shape(connection) != self._shape:
                return False
            connection.execute("SET session_replication_role = replica")  # no trigger, no foreign key is in the way
            for (table,) in connection.execute(FILLED).fetchall():
                connection.execute(f"DELETE FROM {table}")
        return True

    def _administer(self, statement: str) -> None:
        with self._connect("postgres") as connection:
            connection.execute(statement)

    def _connect(self, name: str) -> psycopg.Connection[tuple[str]]:
        return psycopg.connect(f"{self.server.replace('+psycopg', '')}/{name}", autocommit=True)


def _shape(connection: psycopg.Connection[tuple[str]]) -> str:
    try:
        found = connection.execute(SHAPE).fetchone()
    except psycopg.errors.UndefinedTable:
        return "no tables"
    return found[0] if found else ""


@contextmanager
def running() -> Iterator[str]:
    """The address of a fresh server, up to the name of the database."""
    there = programs()
    folder = Path(tempfile.mkdtemp(prefix="contactflow-postgres-"))
    try:
        _hand_over(folder)
        _run(folder, there / "initdb", "-D", "data", "-U", USER, "-A", "trust", "-E", "UTF8", "--locale=C", "-N")
        with _server(there, folder) as port:
            yield f"postgresql+psycopg://{USER}@127.0.0.1:{port}"
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def programs() -> Path:
    """The newest `initdb` and `postgres`: on the path, or where Debian hides them."""
    on_path = shutil.which("initdb")
    found = [Path(on_path).resolve().parent] if on_path else []
    found += sorted(DEBIAN.glob("*/bin"), key=lambda folder: float(folder.parent.name), reverse=True)
    for folder in found:
        if (folder / "initdb").exists() and (folder / "postgres").exists():
            return folder
    raise NoPostgres("no initdb and postgres on this machine: install PostgreSQL (Debian: apt-get install postgresql)")


@contextmanager
def _server(programs: Path, folder: Path) -> Iterator[int]:
    port = _free_port()
    switches = [word for setting in SPEED for word in ("-c", setting)]
    where = ("-D", "data", "-h", "127.0.0.1", "-p", str(port), "-k", "")
    with (folder / "log").open("wb") as log:
        command: list[str | Path] = [programs / "postgres", *where, *switches]
        process = subprocess.Popen(command, stdout=log, stderr=log, **_as_somebody(folder))
    try:
        _wait(process, folder, port)
        yield port
    finally:
        process.send_signal(signal.SIGINT)  # Postgres's "fast": it waits for no client
        process.wait(PATIENCE)


def _wait(process: subprocess.Popen[bytes], folder: Path, port: int) -> None:
    deadline = time.monotonic() + PATIENCE
    while process.poll() is None and time.monotonic() < deadline:
        try:
            psycopg.connect(f"host=127.0.0.1 port={port} user={USER} dbname=postgres").close()
        except psycopg.OperationalError:
            time.sleep(0.05)
        else:
            return
    raise NoPostgres(f"Postgres did not start: {(folder / 'log').read_text(errors='replace')[-2000:]}")


def _run(folder: Path, *command: str | Path) -> None:
    done = subprocess.run(command, check=False, capture_output=True, text=True, **_as_somebody(folder))
    if done.returncode:
        raise NoPostgres(f"{command[0]} failed: {done.stderr[-2000:]}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _hand_over(folder: Path) -> None:
    if os.geteuid() == 0:
        owner = _owner()
        os.chown(folder, owner.pw_uid, owner.pw_gid)


def _as_somebody(folder: Path) -> dict[str, Any]:
    """Postgres refuses to run as root."""
    start = {"cwd": folder, "stdin": subprocess.DEVNULL, "start_new_session": True}
    if os.geteuid() != 0:
        return start
    owner = _owner()
    return start | {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []}


def _owner() -> pwd.struct_passwd:
    known = {entry.pw_name: entry for entry in pwd.getpwall()}
    return known.get("postgres") or known["nobody"]

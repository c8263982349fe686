"""A backup that was made while others wrote, and restored: everything is there, opens, and the audit log is whole."""

import os
import shutil
import stat
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import make_url

from storage import audit, rotation, schema
from storage.backup import CannotBackUp, back_up
from storage.organization import tenants
from storage.people import contacts
from storage.scope import Scope
from storage.session import Store
from tests import postgres
from tests.conftest import in_role, opened
from tests.storage.examples import connected, kept
from tests.storage.schema_differences import differences

MANY = 20


@pytest.fixture
def busy(store: Store, scope: Scope) -> Iterator[Store]:
    """With something in it, and somebody who goes on writing."""
    with store.begin() as session:
        connected(session, scope, "box@acme.example")
    stop, enough = threading.Event(), threading.Event()

    def writing() -> None:
        written = 0
        while not stop.is_set():
            with store.begin() as session:
                kept(session, scope)
                audit.record(session, scope, actor="me", action="kept", subject=str(written))
            written += 1
            if written == MANY:
                enough.set()

    writer = threading.Thread(target=writing)
    writer.start()
    assert enough.wait(60)
    yield store
    stop.set()
    writer.join()


def test_a_backup_is_whole_when_it_is_restored(busy: Store, tmp_path: Path) -> None:
    restored = by_pg_dump if busy.engine.dialect.name == "postgresql" else by_copy
    with restored(busy, tmp_path) as store, store.read() as session:
        scope = tenants.whole_organization(session, "acme")
        found = audit.verify(session, scope)
        assert found.broken_at is None
        # Each contact was written together with its entry: the backup holds both or neither.
        there = contacts.count(session, scope)
        assert there >= MANY
        assert found.entries == there + 1
        assert rotation.readable(session, scope) == 1
        assert schema.version(store) == schema.newest()
        assert differences(store) == []


def test_a_backup_is_for_its_owner_alone_and_overwrites_nothing(sqlite_url: str, tmp_path: Path) -> None:
    with opened(sqlite_url) as store:
        assert back_up(store, tmp_path / "copy.db") == (tmp_path / "copy.db").stat().st_size > 0
        assert stat.S_IMODE((tmp_path / "copy.db").stat().st_mode) == 0o600
        with pytest.raises(CannotBackUp, match="exists"):
            back_up(store, tmp_path / "copy.db")


@contextmanager
def by_copy(store: Store, folder: Path) -> Iterator[Store]:
    back_up(store, folder / "copy.db")
    shutil.copy(folder / "copy.db", folder / "restored.db")
    with opened(f"sqlite:///{folder / 'restored.db'}") as restored:
        yield restored


@contextmanager
def by_pg_dump(store: Store, folder: Path) -> Iterator[Store]:
    """As docs/operations.md says: by the owner of the tables, past row-level security; into an empty database."""
    programs = postgres.programs()
    if not (programs / "pg_dump").exists():
        pytest.skip("no pg_dump on this machine")
    with pytest.raises(CannotBackUp, match="pg_dump"):
        back_up(store, folder / "copy.db")
    database = make_url(in_role(store, postgres.OWNER)).set(drivername="postgresql")
    fresh = database.set(username=postgres.USER, database=f"{database.database}_restored")
    shown = [url.render_as_string(hide_password=False) for url in (database, fresh)]
    above = fresh.set(database="postgres").render_as_string(hide_password=False)
    run(programs / "createdb", "--maintenance-db", above, "--owner", postgres.OWNER, str(fresh.database))
    try:
        upkeep = {"PGOPTIONS": "-c contactflow.upkeep=on"}
        run(programs / "pg_dump", "--enable-row-security", "-Fc", "-f", folder / "dump", shown[0], **upkeep)
        run(programs / "pg_restore", "--exit-on-error", "-d", shown[1], folder / "dump", **upkeep)
        app = fresh.set(drivername="postgresql+psycopg", username=postgres.APP)
        with opened(app.render_as_string(hide_password=False)) as restored:
            yield restored
    finally:
        run(programs / "dropdb", "--force", "--maintenance-db", above, str(fresh.database))


def run(*command: object, **environment: str) -> None:
    done = subprocess.run(
        [str(word) for word in command], check=False, capture_output=True, text=True,
        env={**os.environ, **environment},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr

"""After an erasure the bytes are gone: from the database, its free pages and its log, from all files, from backups."""

import logging
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

import pytest

from storage import scrubbing
from storage.session import Store
from tests.cli.conftest import Call
from tests.conftest import HOME
from tests.privacy.world import MARKS, NOW_AT, World


def found_in(path: Path) -> list[str]:
    low = path.read_bytes().lower()
    return [mark for mark in MARKS if any(mark.lower().encode(code) in low for code in ("utf-8", "utf-16-le"))]


def found_anywhere(places: Iterable[Path]) -> set[str]:
    return {mark for place in places for path in place.rglob("*") if path.is_file() for mark in found_in(path)}


def backup(database: Path, to: Path) -> None:
    with sqlite3.connect(database) as live, sqlite3.connect(to) as copy:
        live.backup(copy)
    live.close()
    copy.close()


def test_a_search_through_all_bytes_finds_nothing_of_a_person_who_was_erased(
    call: Call, world: World, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    database = Path(str(world.house.store.engine.url.database))
    places = {world.house.home, database.parent, HOME / "prefect", HOME / "contactflow", tmp_path}
    assert found_anywhere(places) >= {"Quellenbrunner", "truffles", "17011223344"}, "the search finds what is there"
    with caplog.at_level(logging.DEBUG):
        result = call("erase", NOW_AT, "--org", "acme", "--json")
    assert '"scrubbed": true' in result.stdout
    backup(database, tmp_path / "backup.db")
    assert found_anywhere(places) == set()
    assert [mark for mark in MARKS if mark in caplog.text + result.output] == []


@pytest.mark.parametrize("house", ["postgres"], indirect=True)
def test_that_postgres_keeps_what_was_deleted_in_its_files_is_said(call: Call, world: World) -> None:
    del world
    result = call("erase", NOW_AT, "--org", "acme")
    assert (result.exit_code, "until they are written anew" in result.stderr) == (0, True)


def test_a_log_that_somebody_reads_from_is_emptied_the_next_time(store: Store) -> None:
    with store.begin() as session:
        session.connection.exec_driver_sql("CREATE TABLE scratch (word TEXT)")
    with store.read() as reader:
        reader.connection.exec_driver_sql("SELECT count(*) FROM organizations").all()
        with store.begin() as session:
            session.connection.exec_driver_sql("INSERT INTO scratch VALUES ('x')")
        assert scrubbing.scrub(store, patience=0) is False
    assert scrubbing.scrub(store) is True


@pytest.mark.parametrize("overwrites", [True, False])
def test_another_programs_database_is_cleaned_while_it_is_in_use(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, overwrites: bool
) -> None:
    monkeypatch.setattr(scrubbing, "overwrites_unasked", lambda: overwrites)
    path = tmp_path / "another.db"
    assert scrubbing.scrub_file(path) is True, "there is none"
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        for pragma in ("journal_mode = WAL", f"secure_delete = {'ON' if overwrites else 'OFF'}"):
            other.execute(f"PRAGMA {pragma}").fetchall()
        other.execute("CREATE TABLE runs (brief TEXT)")
        other.executemany("INSERT INTO runs VALUES (?)", [("zibibbo " * 999,)] * 9)
        other.execute("DELETE FROM runs")
        assert b"zibibbo" in Path(f"{path}-wal").read_bytes()
        assert scrubbing.scrub_file(path) is True
        assert b"zibibbo" not in path.read_bytes() + Path(f"{path}-wal").read_bytes()


def test_a_database_that_somebody_reads_from_is_cleaned_the_next_time(tmp_path: Path) -> None:
    path = tmp_path / "another.db"
    reader, writer = (sqlite3.connect(path, isolation_level=None) for _ in range(2))
    with closing(reader), closing(writer):
        writer.execute("PRAGMA journal_mode = WAL").fetchall()
        writer.execute("CREATE TABLE runs (brief TEXT)")
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM runs").fetchall()
        writer.execute("INSERT INTO runs VALUES ('zibibbo')")
        early = scrubbing.scrub_file(path, patience=0)
        reader.execute("COMMIT")
        assert (early, scrubbing.scrub_file(path)) == (False, True)

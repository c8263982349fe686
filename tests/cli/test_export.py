"""Contacts written to a file and read back are the same, in a spreadsheet too, and other files are refused."""

import errno
import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from deployments.cli.values import spreadsheet_cell, unmarked
from storage.people import contacts
from storage.records import Labelled, Person, PostalAddress
from tests.cli.conftest import Call
from tests.flows.book import Book
from tests.flows.house import ANN, House
from tests.flows.pipeline import Pipeline

Told = Callable[..., Any]

RICH = Person(
    prefix="Dr.", given_name="Zoë", family_name="=SUM(1)", display_name='@Zoë, "the" first', company="A; B ::: C",
    job_title="Head\tof, all", notes="two\nlines", birthday="--02-29", tags=("red", "blue"),
    emails=(Labelled("zoe@firm.example", "work"), Labelled("z@home.example")),
    phones=(Labelled("+442071838750", "work (old)"),), urls=(Labelled("https://x.example/?a=1,2", "page"),),
    addresses=(PostalAddress("1 High St", "Leeds", "", "LS1 1AA", "GB", "work"),),
    custom=(Labelled("7", "Number"),),
)  # fmt: skip


@pytest.mark.parametrize("name", ["all.csv", "all.json"])
def test_what_is_exported_and_read_back_changes_nothing(
    told: Told, house: House, pipeline: Pipeline, connection: str, book: Book, tmp_path: Path, name: str
) -> None:
    book.put("rich", RICH)
    pipeline.run(connection)
    before, path = house.crm(), tmp_path / name
    assert told("export", str(path), "--org", "acme")["contacts"] == 21
    assert told("import", str(path), "--org", "acme") == {"created": 0, "updated": 0, "unchanged": 21}
    assert house.crm() == before


def test_a_cell_of_a_spreadsheet_is_no_formula(
    told: Told, pipeline: Pipeline, connection: str, book: Book, tmp_path: Path
) -> None:
    book.put("rich", RICH)
    pipeline.run(connection)
    path = tmp_path / "all.csv"
    told("export", str(path), "--org", "acme")
    assert "\"'@Zoë" in path.read_text(encoding="utf-8")
    assert "'=SUM(1)" in path.read_text(encoding="utf-8")


def test_a_row_with_an_id_changes_that_contact_and_one_without_makes_a_new_one(
    told: Told, house: House, completed: str, tmp_path: Path
) -> None:
    del completed
    one, path = house.crm()[0], tmp_path / "edits.csv"
    path.write_text(f"id,display_name,notes\n{one.id},{one.person.display_name},Likes tea\n,Somebody New,\n")
    assert told("import", str(path), "--org", "acme", "--user", ANN) == {"created": 1, "updated": 1, "unchanged": 0}
    shown = told("contact", one.id)
    assert shown["properties"]["notes"] == "Likes tea"
    assert shown["version"] == one.version + 1
    assert (shown["provenance"]["notes"]["source"], shown["provenance"]["notes"]["by"]) == ("manual", ANN)
    assert shown["properties"]["emails"][0]["value"] == one.person.emails[0].value


@pytest.mark.parametrize(
    ("name", "body", "why"),
    [
        ("a.csv", b"id,colour\n,red\n", "columns that no export has: colour"),
        ("a.csv", b"id,notes\nno-such,x\n", "1 ids are no contacts of this organization"),
        ("a.csv", b"id,notes\n,\xff\xfe\n", "is not UTF-8"),
        ("a.json", b"{}", "is not what `contactflow export` writes"),
        ("a.json", b"[", "is not what `contactflow export` writes"),
        ("a.json", b'[{"properties": {"emails": 3}}]', "is not what `contactflow export` writes"),
        ("a.json", b'[{"properties": 3}]', "is not what `contactflow export` writes"),
        ("a.json", json.dumps([{"id": "x" * 500}]).encode(), "are no contacts of this organization"),
        ("a.csv", b'id,notes\n,"' + b"x" * 200_000 + b'"\n', ""),
        ("a.csv", b"id,notes\n,a\0b\n", ""),
        ("a.csv", b"id,display_name\n\xc2\xa0,x\n", ""),
        ("a.csv", b"", "is empty"),
        ("a.csv", b"id,notes,display_name\n,x\n", "row 2 of a.csv has 2 cells, its head has 3"),
        ("a.csv", b"id,notes,display_name\n,Tea, or coffee,Ann\n", "row 2 of a.csv has 4 cells, its head has 3"),
        ("a.csv", b'id,notes\n,"never closed\n,b\n', "after row 1 of a.csv"),
        ("a.csv", b"id,notes,notes\n,a,b\n", "a column stands twice"),
        ("a.csv", b"id,notes\nsame,a\nsame,b\n", "1 ids stand in more than one row, first same"),
        ("a.json", b'[{"properties": {"colour": "red"}}]', "columns that no export has: colour"),
        ("a.json", b'[{"id": "same"}, {"id": "same"}]', "1 ids stand in more than one row, first same"),
    ],
)
def test_a_file_that_no_export_wrote_is_refused_in_a_sentence(
    call: Call, house: House, tmp_path: Path, name: str, body: bytes, why: str
) -> None:
    path = tmp_path / name
    path.write_bytes(body)
    result = call("import", str(path), "--org", "acme")
    assert result.exit_code == (1 if why else result.exit_code)
    assert result.exit_code in (0, 1)
    assert why in result.stderr
    assert house.crm() == [] or result.exit_code == 0


def test_a_huge_file_is_refused_before_it_is_read(call: Call, tmp_path: Path) -> None:
    path = tmp_path / "huge.csv"
    with path.open("wb") as file:
        file.truncate(101 * 2**20)
    result = call("import", str(path), "--org", "acme")
    assert (result.exit_code, "has more than 100 MB" in result.stderr) == (1, True)


@pytest.mark.parametrize(("sign", "encoding"), [(";", "utf-8"), (";", "utf-8-sig"), ("\t", "utf-16")])
def test_a_table_that_excel_has_saved_is_read_back(
    told: Told, house: House, completed: str, tmp_path: Path, sign: str, encoding: str
) -> None:
    del completed
    one, path = house.crm()[0], tmp_path / "edits.csv"
    path.write_bytes(f"id{sign}notes\r\n{one.id}{sign}Likes tea\r\n".encode(encoding))
    assert told("import", str(path), "--org", "acme") == {"created": 0, "updated": 1, "unchanged": 0}
    assert told("contact", one.id)["properties"]["notes"] == "Likes tea"


def test_json_that_names_one_field_touches_no_other(told: Told, house: House, completed: str, tmp_path: Path) -> None:
    del completed
    one, path = house.crm()[0], tmp_path / "edits.json"
    path.write_text(json.dumps([{"id": one.id, "properties": {"notes": "Likes tea"}}]))
    assert told("import", str(path), "--org", "acme") == {"created": 0, "updated": 1, "unchanged": 0}
    after = next(each for each in house.crm() if each.id == one.id)
    assert after.person == replace(one.person, notes="Likes tea")


@pytest.mark.parametrize("name", ["=1+1", "+cmd|' /C calc'!A1", "-2+3", "@SUM(A1)", "\tx", "-"])
def test_a_name_is_never_a_formula_and_comes_back_as_it_was(name: str) -> None:
    cell = spreadsheet_cell(name)
    assert not cell.startswith(("=", "+", "-", "@", "\t"))
    assert unmarked(cell) == name


@pytest.mark.parametrize("number", ["+442071838750", "+44 20 7183 8750", "+491701234567;ext=12"])
def test_a_telephone_number_is_no_formula(number: str) -> None:
    assert spreadsheet_cell((Labelled(number, "work (old)"), Labelled(number))).startswith(number)


def test_a_file_that_cannot_be_written_is_a_sentence(call: Call, completed: str, tmp_path: Path) -> None:
    del completed
    result = call("export", str(tmp_path / "no such folder" / "all.json"), "--org", "acme")
    assert result.exit_code == 1
    assert result.stderr.startswith("error: ")


@pytest.mark.parametrize("name", ["all.csv", "all.json"])
def test_a_full_disk_leaves_the_export_that_stood_there(
    call: Call, told: Told, completed: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str
) -> None:
    del completed
    path = tmp_path / name
    told("export", str(path), "--org", "acme")
    path.chmod(0o600)
    before = path.read_bytes()

    def full(found: object) -> Any:
        yield next(iter(cast("Any", found)))
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    everyone = contacts.everyone
    with monkeypatch.context() as patch:
        patch.setattr("deployments.cli.crm.contacts.everyone", lambda *asked: full(everyone(*asked)))
        result = call("export", str(path), "--org", "acme")
    assert (result.exit_code, "No space left on device" in result.stderr) == (1, True)
    assert (path.read_bytes(), list(tmp_path.glob(f".{name}*"))) == (before, [])
    told("export", str(path), "--org", "acme")
    assert (path.read_bytes(), path.stat().st_mode & 0o777) == (before, 0o600)


def test_an_edit_of_somebody_whom_nobody_knows_is_refused(
    call: Call, told: Told, house: House, completed: str, tmp_path: Path
) -> None:
    del completed
    path = tmp_path / "all.json"
    told("export", str(path), "--org", "acme")
    before = house.crm()
    result = call("import", str(path), "--org", "acme", "--user", "rob@rival.example")
    assert (result.exit_code, "is no user of this organization" in result.stderr) == (1, True)
    assert house.crm() == before


def test_what_has_no_room_to_be_written_is_a_sentence(
    call: Call, completed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    del completed

    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("deployments.cli.crm.show", full)
    result = call("contacts", "--org", "acme")
    assert (result.exit_code, result.stderr.count("\n")) == (1, 1)
    assert "No space left on device" in result.stderr

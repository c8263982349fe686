"""Contacts that are perhaps one person, at the terminal: found with reasons, merged, taken apart, told apart."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Call
from tests.flows.book import Book
from tests.flows.house import ANN, House
from tests.flows.pipeline import Pipeline

Told = Callable[..., Any]

MOLES = [
    {"given_name": "Robert", "family_name": "Mole", "company": "Acme", "emails": "rob@mole.example (work)"},
    {"given_name": "Bob", "family_name": "Mole", "company": "Acme Ltd", "emails": "rob@mole.example", "notes": "tea"},
    {"given_name": "Anna", "family_name": "Mole", "company": "Digging Co", "emails": "rob@mole.example"},
    {"given_name": "Zita", "family_name": "Quellenbrunner", "company": "Elsewhere", "emails": "zita@else.example"},
]


@pytest.fixture
def crowd(told: Told, house: House, tmp_path: Path) -> dict[str, str]:
    """Given name → id: two cards of one man, his wife who uses his address, and a stranger."""
    path, fields = tmp_path / "moles.csv", ["given_name", "family_name", "company", "emails", "notes"]
    lines = [",".join(fields), *(",".join(mole.get(name, "") for name in fields) for mole in MOLES)]
    path.write_text("\n".join(lines) + "\n")
    told("import", str(path), "--org", "acme", "--user", ANN)
    return {contact.person.given_name: contact.id for contact in house.crm()}


def pair_of(told: Told, crowd: dict[str, str], *names: str) -> dict[str, Any]:
    wanted = {crowd[name] for name in names}
    (found,) = (one for one in told("twins", "--org", "acme") if {one["one_id"], one["other_id"]} == wanted)
    return dict(found)


def test_twins_are_listed_with_a_reason_and_a_family_is_asked_about(
    told: Told, call: Call, crowd: dict[str, str]
) -> None:
    found = pair_of(told, crowd, "Robert", "Bob")
    assert (found["verdict"], found["reason"]) == (
        "sure", "same e-mail, one given name is a form of the other, same family name, company equal"
    )  # fmt: skip
    assert [one["properties"]["family_name"] for one in found["contacts"]] == ["Mole", "Mole"]
    assert pair_of(told, crowd, "Robert", "Anna")["verdict"] == "maybe"
    shown = call("twins", "--org", "acme", "--known")
    assert found["id"] in shown.output
    assert "Zita" not in shown.output
    assert call("twins", "--org", "acme", "--limit", "1").output.count("rob@mole.example") == 2


def test_a_person_sees_what_would_become_of_them_before_they_say_yes(
    told: Told, call: Call, house: House, crowd: dict[str, str]
) -> None:
    found, before = pair_of(told, crowd, "Robert", "Bob"), house.crm()
    asked = call("merge", found["id"], input="n\n")
    assert asked.exit_code == 1
    for part in ("same e-mail", "Make them one?", "tea", "the only one", "all of both"):
        assert part in asked.output
    assert house.crm() == before
    assert call("merge", found["id"], "--json").exit_code == 1
    assert house.crm() == before
    assert call("merge", found["id"], "--as", ANN, input="y\n").exit_code == 0
    assert house.count() == len(MOLES) - 1


def test_merged_contacts_show_it_and_come_apart_again(told: Told, house: House, crowd: dict[str, str]) -> None:
    found, before = pair_of(told, crowd, "Robert", "Bob"), house.crm()
    done = told("merge", found["id"], "--yes", "--as", ANN, "--keep", crowd["Robert"], "--take", "company")
    assert (done["kept"], done["gone"]) == (crowd["Robert"], crowd["Bob"])
    shown = told("contact", crowd["Robert"])
    assert (shown["properties"]["company"], shown["properties"]["notes"]) == ("Acme Ltd", "tea")
    assert [(deed["action"], deed["by"]) for deed in shown["history"]][-1] == ("merged", ANN)
    assert told("unmerge", found["id"])["contacts"] == [crowd["Robert"], crowd["Bob"]]
    assert [(one.id, one.person, one.provenance) for one in house.crm()] == [
        (one.id, one.person, one.provenance) for one in before
    ]


def test_two_people_are_never_proposed_again(told: Told, crowd: dict[str, str]) -> None:
    found = pair_of(told, crowd, "Robert", "Anna")
    assert set(told("keep-apart", found["id"], "--as", ANN)["apart"]) == {crowd["Robert"], crowd["Anna"]}
    assert found["id"] not in json.dumps(told("twins", "--org", "acme"))


def test_what_cannot_be_done_is_a_sentence(call: Call, told: Told, crowd: dict[str, str]) -> None:
    found = pair_of(told, crowd, "Robert", "Bob")
    for words, said in (
        (("merge", found["id"], "--yes", "--take", "emails"), "'emails' is no field with a single value"),
        (("merge", found["id"], "--yes", "--keep", "me"), "me is neither of the two"),
        (("merge", found["id"], "--yes", "--as", "rob@rival.example"), "is no user of this organization"),
        (("unmerge", found["id"]), "is not merged"),
    ):
        result = call(*words)
        assert (result.exit_code, result.stderr.startswith("error: ")) == (1, True)
        assert said in result.stderr


def test_the_next_sync_finds_both_source_records_at_the_contact_that_stayed(
    told: Told, house: House, pipeline: Pipeline, connection: str, book: Book
) -> None:
    book.put("twin", book.people["s1"])
    first = pipeline.run(connection)
    told("twins", "--org", "acme")
    sources = {row.source_id: row.object_id for row in house.sql("SELECT source_id, object_id FROM object_links")}
    assert sources["twin"] == sources["s1"], "twins inside a source are one contact from the start"
    one, other = sources["s1"], sources["s2"]
    house.sql(
        "INSERT INTO contact_twins (id, organization_id, one_id, other_id, one_version, other_version, verdict, score,"
        " state, found_at) VALUES ('pair', :org, :one, :other, 1, 1, 'maybe', 0.5, 'proposed', '2026-01-01 00:00:00')",
        org=house.scope.organization_id, one=min(one, other), other=max(one, other),
    )  # fmt: skip
    told("merge", "pair", "--yes", "--keep", one)
    book.edit("s2", job_title="Director")
    assert pipeline.run(connection).statistics.updated == 1
    (kept,) = (contact for contact in house.crm() if contact.id == one)
    assert kept.person.job_title == "Director"
    assert one in pipeline.undo(first).refused, "a contact that took in another since is not taken away by an undo"
    assert one in {contact.id for contact in house.crm()}

"""The CRM at the terminal: search, and one contact with its history."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from deployments.cli import main
from storage.records import Labelled, Person
from tests.cli.conftest import Call
from tests.flows.book import Book, somebody
from tests.flows.house import ANN, House
from tests.flows.pipeline import Pipeline

Told = Callable[..., Any]


def test_contacts_are_found_by_part_of_a_name_or_address(told: Told, call: Call, completed: str) -> None:
    del completed
    wanted = somebody(5)
    (found,) = told("contacts", "--org", "acme", "--search", wanted.family_name[2:].upper())
    assert found["properties"]["emails"][0]["value"] == wanted.emails[0].value
    assert told("contacts", "--org", "acme", "--search", "%") == []
    assert "20 in all" in call("contacts", "--org", "acme", "--limit", "2").output
    nobody = call("contacts", "--org", "acme", "--search", "no such name").output
    assert nobody == "none of 20 contacts has all these words\n"


def test_a_contact_shows_where_its_values_came_from_and_what_happened_to_it(
    told: Told, call: Call, house: House, completed: str
) -> None:
    one = house.crm()[0]
    shown = told("contact", one.id)
    assert shown["provenance"]["emails"]["sync"] == completed
    assert [(deed["action"], deed["by"]) for deed in shown["history"]] == [("created", ANN)]
    assert shown["sources"][0]["provider"] == "google"
    assert one.person.display_name in call("contact", one.id).output


def test_each_of_several_values_says_where_it_came_from(
    told: Told, call: Call, house: House, pipeline: Pipeline, connection: str, book: Book, tmp_path: Path
) -> None:
    book.edit("s1", emails=(Labelled("first@firm.example", "work"),), tags=("red",))
    first = pipeline.run(connection)
    one = next(each for each in house.crm() if each.person.tags)
    path = tmp_path / "edits.csv"
    path.write_text(f"id,emails,tags\n{one.id},first@firm.example (work) ::: own@home.example,red ::: blue\n")
    told("import", str(path), "--org", "acme", "--user", ANN)
    shown = told("contact", one.id)["provenance"]
    assert [(each["value"], each["source"], each.get("sync")) for each in shown["emails"]["values"]] == [
        ("first@firm.example", "google", first.id),
        ("own@home.example", "manual", None),
    ]
    assert [(each["value"], each["source"]) for each in shown["tags"]["values"]] == [
        ("red", "google"),
        ("blue", "manual"),
    ]
    lines = call("contact", one.id).output.splitlines()
    (line,) = (line for line in lines if "first@firm.example" in line)
    for part in ("google, ", "@", f"sync {first.id}", f"approved by {ANN}"):
        assert part in line


@pytest.mark.parametrize("charset", ["ascii", "latin-1", "utf-8"])
def test_names_are_told_whatever_letters_the_terminal_has(
    call: Call, house: House, pipeline: Pipeline, connection: str, book: Book, charset: str
) -> None:
    book.put("rich", Person(display_name="Žoë 王", emails=(Labelled("zoe@firm.example", "work"),)))
    pipeline.run(connection)
    del call, house
    runner = CliRunner(charset=charset)
    asked = ["contacts", "--org", "acme", "--search", "zoe@firm"]
    shown = runner.invoke(main, asked, catch_exceptions=False)
    assert (shown.exit_code, "1 shown" in shown.stdout) == (0, True)
    found = runner.invoke(main, [*asked, "--json"], catch_exceptions=False)
    assert [one["properties"]["display_name"] for one in json.loads(found.stdout)] == ["Žoë 王"]

"""What a person is given who asks what is held of them: all of it, and nothing of anybody else."""

import json
from typing import Any

import pytest

from storage import audit
from storage.documents import new_id
from storage.people import contacts
from storage.records import Contact, Person
from tests.cli.conftest import Call
from tests.flows.book import somebody
from tests.flows.house import BEN, House
from tests.privacy.world import NOW_AT, ON_A_CARD, PIA, SECOND, World

pytestmark = pytest.mark.parametrize("house", ["sqlite", "postgres"], indirect=True)


def exported(call: Call, address: str, *more: str) -> dict[str, Any]:
    result = call("export-person", address, "--org", "acme", *more)
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert isinstance(found, dict)
    return found


def test_all_that_is_held_of_a_person_is_given(call: Call, world: World) -> None:
    found = exported(call, NOW_AT)
    (contact,) = (one for one in found["contacts"] if one["id"] == world.pia)
    assert contact["properties"]["notes"] == PIA.notes
    assert contact["provenance"]
    assert {link["source_id"] for link in contact["links"]} == {"pia"}
    assert {"created", "updated", "merged", "emailed"} <= {deed["action"] for deed in contact["history"]}
    changes = json.dumps(found["sync_changes"])
    for said in ("chocolate truffles with nuts", "pia.quelle@former.example", world.undoable.id, world.waiting.id):
        assert said in changes
    assert found["waiting_for_the_next_sync"][0]["record"]["source_id"] == "pia-too"
    assert len(found["match_decisions"]) == 2
    assert [one["reason"] for one in found["suggestions"]] == ["advised: Pia asked for it"] * 2
    assert found["twins"][0]["before_the_merge"]["gone"]["person"]["emails"][0]["value"] == ON_A_CARD
    mails = {mail["campaign_id"]: mail for mail in found["mails"]}
    assert mails.keys() == {world.sent.id, world.in_review.id, world.approved.id}
    assert "Dear Pia" in mails[world.sent.id]["content"]
    assert mails[world.sent.id]["draft"]["letter"]["subject"]
    assert [event["kind"] for event in mails[world.sent.id]["events"]] == ["opened"]
    assert mails[world.approved.id]["state"] == "approved"


def test_nothing_of_others_and_no_secret_is_given(call: Call, world: World) -> None:
    told = json.dumps(exported(call, NOW_AT))
    assert world.pia in told
    for number in range(3):
        assert somebody(number).emails[0].value not in told
    for secret in ("token", "undo_key", "preview_key", "body_key"):
        assert secret not in told


def test_a_person_is_found_by_any_address_of_theirs_however_it_is_spelt(call: Call, world: World) -> None:
    for address in ("PIA@Truffelwerk.example", "pia.quelle+news@former.example", ON_A_CARD):
        assert world.pia in {one["id"] for one in exported(call, address)["contacts"]}
    assert exported(call, SECOND)["waiting_for_the_next_sync"]


def test_who_has_no_address_is_asked_for_by_the_id_of_their_contact(call: Call, house: House) -> None:
    unreachable = Contact(new_id(), 1, Person(display_name="Ohne Adresse"), {})
    with house.store.begin() as session:
        contacts.create(session, house.scope, [unreachable])
    assert "Ohne Adresse" in json.dumps(exported(call, unreachable.id))
    assert call("export-person", unreachable.id, "--org", "rival").exit_code == 1
    assert call("erase", unreachable.id, "--org", "acme").exit_code == 0
    assert "Ohne Adresse" not in {one.person.display_name for one in house.crm()}
    assert "no contact's id" in call("export-person", unreachable.id, "--org", "acme").stderr


def test_who_asked_for_whom_is_on_record_without_the_address(call: Call, world: World) -> None:
    exported(call, NOW_AT, "--user", "ann@acme.example")
    with world.house.store.read() as session:
        entry = audit.entries(session, world.house.scope)[0]
        assert audit.verify(session, world.house.scope).broken_at is None
    assert (entry.action, entry.actor, entry.detail["mails"]) == ("person.exported", "ann@acme.example", 3)
    assert "truffel" not in repr(entry)


def test_of_somebody_unknown_it_says_so(call: Call, world: World) -> None:
    del world
    for address, organization, said in (
        ("nobody@nowhere.example", "acme", "nothing is held"),
        (NOW_AT, "rival", "nothing is held"),
        ("no address", "acme", "no e-mail address"),
    ):
        result = call("export-person", address, "--org", organization)
        assert (result.exit_code, result.stdout) == (1, "")
        assert said in result.stderr


def test_a_member_may_not_ask_for_all_of_it(call: Call, world: World) -> None:
    del world
    result = call("export-person", NOW_AT, "--org", "acme", "--user", BEN)
    assert (result.exit_code, result.stdout) == (1, "")
    assert "only an admin" in result.stderr


def test_that_somebody_wants_no_mail_is_held_of_them_too(call: Call, house: House) -> None:
    del house
    assert call("suppression", "add", "wants@nothing.example", "--org", "acme").exit_code == 0
    assert [one["reason"] for one in exported(call, "wants@nothing.example")["suppressions"]] == ["manual"]

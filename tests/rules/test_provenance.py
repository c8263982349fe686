"""Every single value knows where it came from, also in a field that has several."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from storage.records import Cell, Contact, Edits, Labelled, Person, SourceLink
from tasks.rules.carrying_out import Origin, Written, carry_out
from tasks.rules.planning import comparison, creation
from tasks.rules.provenance import origin, written

NOW = datetime(2026, 6, 1, tzinfo=UTC)
HOME, WORK, OLD = Labelled("ada@home.example", "home"), Labelled("ada@work.example"), Labelled("ada@old.example")
GOOGLE = {"source": "google", "account": "g", "sync": "first", "by": "ann", "at": "2026-01-01T00:00:00+00:00"}
BY_OUTLOOK = Origin("microsoft", "m", "second", "ben", NOW)


def ada(*emails: Labelled, provenance: dict[str, Any] | None = None) -> Contact:
    return Contact("ada", 1, Person(display_name="Ada", emails=emails), provenance or {"emails": GOOGLE})


def after(contact: Contact | None, link: SourceLink, edits: Edits | None = None) -> Contact:
    change = comparison(contact, link, reason="") if contact else creation([link])
    result = carry_out(change, contact, edits, BY_OUTLOOK, "new")
    assert isinstance(result, Written)
    assert result.contact
    return result.contact


def sources(contact: Contact) -> dict[str, str]:
    return {mail.value: origin(contact.provenance, "emails", mail).get("source", "") for mail in contact.person.emails}


def test_an_address_that_was_there_stays_of_whom_it_came() -> None:
    now = after(ada(HOME, OLD), SourceLink("s", Person(display_name="Ada", emails=(WORK,))))
    assert sources(now) == {HOME.value: "google", OLD.value: "google", WORK.value: "microsoft"}
    assert origin(now.provenance, "emails")["sync"] == "second"
    assert origin(now.provenance, "emails", HOME) == GOOGLE


def test_an_address_taken_away_takes_its_origin_along() -> None:
    both = Person(display_name="Ada", emails=(WORK, OLD))
    now = after(ada(HOME), SourceLink("s", both))
    again = after(now, SourceLink("s", replace(both, emails=(WORK,)), both))
    assert sources(again) == {HOME.value: "google", WORK.value: "microsoft"}
    assert OLD.value not in str(again.provenance)


def test_a_document_from_before_single_values_were_told_apart_is_read_as_it_was_meant() -> None:
    assert origin(ada(HOME).provenance, "emails", HOME) == GOOGLE
    assert origin({}, "emails", HOME) == {}
    unknown = after(ada(HOME, provenance={"notes": GOOGLE}), SourceLink("s", Person("", emails=(WORK,))))
    assert sources(unknown) == {HOME.value: "", WORK.value: "microsoft"}


def test_what_the_reviewer_typed_among_what_the_source_gave_is_the_reviewers() -> None:
    edits = Edits(values=(Cell("emails", (), (WORK, OLD)),))
    now = after(None, SourceLink("s", Person(display_name="Ada", emails=(WORK,))), edits)
    assert sources(now) == {WORK.value: "microsoft", OLD.value: "manual"}


def test_of_several_records_that_make_one_contact_each_brings_its_own_time() -> None:
    then = datetime(2025, 1, 1, tzinfo=UTC)
    links = [
        SourceLink("one", Person(display_name="Ada", emails=(HOME,)), modified_at=NOW),
        SourceLink("two", Person(display_name="Ada", emails=(WORK,)), modified_at=then),
    ]
    result = carry_out(creation(links), None, None, BY_OUTLOOK, "new")
    assert isinstance(result, Written)
    assert result.contact
    assert origin(result.contact.provenance, "emails", WORK)["at"] == then.isoformat()
    assert origin(result.contact.provenance, "emails", HOME)["at"] == NOW.isoformat()


def test_where_all_come_from_one_place_it_is_said_once() -> None:
    now = after(None, SourceLink("s", Person(display_name="Ada", emails=(HOME, WORK), tags=("a", "b"))))
    assert all("values" not in told for told in now.provenance.values())


def test_a_single_value_is_simply_its_fields() -> None:
    told = written(Person(company="Old"), {"notes": GOOGLE}, [Cell("company", "Old", "New")], lambda *_: {"by": "me"})
    assert told == {"notes": GOOGLE, "company": {"by": "me"}}

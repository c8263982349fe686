"""Contacts come back as they were kept, are written only over the version that was looked at, and are found."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from sqlalchemy import select, update

from storage.documents import fingerprint
from storage.people import contacts
from storage.people.contacts import BATCH, UnknownContact
from storage.records import (
    Criteria,
    Labelled,
    Person,
    PostalAddress,
)
from storage.scope import Scope
from storage.session import Store
from storage.tables import objects
from tests.storage.examples import ADA, BOB, WHOLE, contact, kept


@pytest.mark.parametrize("person", [WHOLE, Person()])
def test_a_contact_comes_back_as_it_was_kept(store: Store, scope: Scope, person: Person) -> None:
    new = replace(contact(person), provenance={"notes": {"source": "manual"}}, pipeline="sales", stage="won")
    with store.begin() as session:
        contacts.create(session, scope, [new])
    with store.read() as session:
        read = contacts.contact(session, scope, new.id)
        (row,) = session.execute(select(objects)).all()
    assert replace(read, created_at=None, updated_at=None) == new
    assert row.fingerprint == fingerprint(person)
    assert row.email == (person.emails[0].value if person.emails else "")
    assert "birthday" in row.properties or not person.birthday


def test_a_contact_is_overwritten_only_at_the_version_that_was_seen(store: Store, scope: Scope) -> None:
    with store.begin() as session:
        here, moved, gone = kept(session, scope), kept(session, scope), contact()
        session.execute(update(objects).where(objects.c.id == moved.id).values(stage="by hand"))
        changed = [replace(one, person=BOB, version=2) for one in (here, moved, gone)]
        assert contacts.overwrite(session, scope, changed) == 1
        assert contacts.overwrite(session, scope, []) == 0
        found = contacts.contacts(session, scope, [here.id, moved.id, gone.id])
    assert (found[here.id].person, found[here.id].version) == (BOB, 2)
    assert (found[moved.id].person, found[moved.id].version, found[moved.id].stage) == (ADA, 2, "by hand")
    assert gone.id not in found


def test_overwriting_many_counts_those_that_were_written(store: Store, scope: Scope) -> None:
    many = [contact() for _ in range(BATCH + 2)]
    with store.begin() as session:
        contacts.create(session, scope, many)
        assert contacts.overwrite(session, scope, [replace(one, person=BOB, version=2) for one in many]) == len(many)
        assert contacts.overwrite(session, scope, [replace(one, version=2) for one in many]) == 0
        assert len(contacts.contacts(session, scope, [one.id for one in many], lock=True)) == len(many)
        assert {one.person for one in contacts.everyone(session, scope)} == {BOB}
        contacts.remove(session, scope, [one.id for one in many[1:]])
        assert contacts.count(session, scope) == 1


def test_of_two_who_overwrite_the_same_version_one_does(store: Store, scope: Scope) -> None:
    with store.begin() as session:
        seen = kept(session, scope)

    def overwrite(person: Person) -> int:
        with store.begin() as session:
            return contacts.overwrite(session, scope, [replace(seen, person=person, version=2)])

    with ThreadPoolExecutor(4) as threads:
        assert sorted(threads.map(overwrite, [ADA, BOB, ADA, BOB])) == [0, 0, 0, 1]


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("", ["Ada Lovelace", "Bob Boole"]),
        ("LOVE", ["Ada Lovelace"]),
        ("logic.ex", ["Bob Boole"]),
        ("  lovelace  ada ", ["Ada Lovelace"]),
        ("ada boole", []),
        ("boole logic.ex", ["Bob Boole"]),
        ("~ " * 2000, []),
        ("%", []),
        ("_", []),
    ],
)
def test_contacts_are_found_by_name_and_address(store: Store, scope: Scope, words: str, found: list[str]) -> None:
    with store.begin() as session:
        kept(session, scope, BOB)
        kept(session, scope, ADA)
        assert [one.person.display_name for one in contacts.search(session, scope, words)] == found
        assert len(contacts.search(session, scope, limit=1)) == 1


@pytest.mark.parametrize(
    "words",
    [
        "second@acme",
        "030 1234",
        "+49 (30) 123-45",
        "engines",
        "chief",
        "zürich",
        "vip",
        "VIP engines",
        '"quoted"',
        "countess",
    ],
)  # fmt: skip
def test_contacts_are_found_by_all_that_tells_them(store: Store, scope: Scope, words: str) -> None:
    told = Person(
        display_name='Ada "quoted" Lovelace', nickname="Countess", company="Engines", job_title="Chief of all",
        emails=(Labelled("ada@acme.example", "work"), Labelled("second@acme.example", "home")),
        phones=(Labelled("+49301234567", "mobile"),), addresses=(PostalAddress(city="Zürich"),), tags=("vip",),
        notes="a secret",
    )  # fmt: skip
    with store.begin() as session:
        contacts.create(session, scope, [contact(told), contact(Person(display_name="Bob Boole"))])
        assert [one.person.display_name for one in contacts.search(session, scope, words)] == [told.display_name]


@pytest.mark.parametrize("words", ["secret", "mobile", "emails", "label", "301234567 boole", "zurich nowhere"])
def test_labels_and_notes_find_nobody(store: Store, scope: Scope, words: str) -> None:
    told = Person(display_name="Ada", phones=(Labelled("+49301234567", "mobile"),), notes="a secret")
    with store.begin() as session:
        contacts.create(session, scope, [contact(told), contact(Person(display_name="Bob Boole"))])
        assert contacts.search(session, scope, words) == []


def test_what_is_found_comes_page_by_page(store: Store, scope: Scope) -> None:
    with store.begin() as session:
        contacts.create(session, scope, [contact(Person(display_name=f"Ada {n}", company="Engines")) for n in range(5)])
        pages = [contacts.search(session, scope, "engines", limit=2, offset=offset) for offset in (0, 2, 4)]
    assert [one.person.display_name for page in pages for one in page] == [f"Ada {n}" for n in range(5)]


def test_an_unknown_contact_is_refused_with_what_to_do(store: Store, scope: Scope) -> None:
    with store.read() as session, pytest.raises(UnknownContact, match="contactflow contacts"):
        contacts.contact(session, scope, "nobody")


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # Postgres goes by the locale it was made with
def test_a_search_finds_names_in_any_case_of_any_script(store: Store, scope: Scope) -> None:
    with store.begin() as session:
        contacts.create(session, scope, [contact(Person(display_name="Jürgen Müller"))])
        assert [one.person.display_name for one in contacts.search(session, scope, "MÜLLER")] == ["Jürgen Müller"]


def test_criteria_choose_by_pipeline_stage_tags_and_ids(store: Store, scope: Scope) -> None:
    people = [
        replace(contact(replace(ADA, display_name=name, tags=tags)), pipeline=pipeline, stage=stage)
        for name, tags, pipeline, stage in (
            ("a", ("Friend",), "sales", "won"), ("b", ("friend", "vip"), "sales", "lost"), ("c", (), "support", ""),
        )
    ]  # fmt: skip
    with store.begin() as session:
        contacts.create(session, scope, people)

        def names(criteria: Criteria) -> str:
            return "".join(sorted(one.person.display_name for one in contacts.chosen(session, scope, criteria)))

        assert names(Criteria()) == "abc"
        assert names(Criteria(pipeline="sales")) == "ab"
        assert names(Criteria(pipeline="sales", stage="won")) == "a"
        assert names(Criteria(tags=("FRIEND", "other"))) == "ab"
        assert names(Criteria(tags=("vip",), contacts=(people[0].id,))) == ""
        assert names(Criteria(contacts=(people[2].id, "nobody"))) == "c"

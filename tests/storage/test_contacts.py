"""Contacts are written only over the version that was looked at; links, decisions and deeds stay with them."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from sqlalchemy import select, update

from storage.documents import fingerprint
from storage.people import actions, contacts, decisions, links
from storage.people.actions import Action
from storage.people.contacts import BATCH, UnknownContact
from storage.records import (
    Contact,
    Criteria,
    Gone,
    Labelled,
    Person,
    PostalAddress,
    Provider,
    Seen,
    StoredLink,
    Verdict,
)
from storage.scope import Scope
from storage.session import Store
from storage.sync import deferred
from storage.tables import object_links, objects
from tests.storage.examples import ADA, BOB, begun, contact, kept

WHOLE = Person(
    prefix="Dr", given_name="Ada", middle_name="K", family_name="Lovelace", suffix="Jr", nickname="A",
    display_name="Ada Lovelace \N{SNOWMAN}", company="Engines", department="Sums", job_title="Countess",
    birthday="--12-10", notes="two\nlines", emails=(Labelled("ada@engines.example", "work"), Labelled("a@b.example")),
    phones=(Labelled("+49301"),), addresses=(PostalAddress("A 1", "Berlin", "", "10115", "DE", "home"),),
    urls=(Labelled("https://ada.example"),), tags=("friend", "vip"), custom=(Labelled("tea", "drinks"),),
)  # fmt: skip


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


def link(to: Contact, source_id: str = "source", person: Person = ADA, account: str = "account") -> StoredLink:
    return StoredLink(source_id, to.id, Provider.GOOGLE, account, person, "etag")


def test_a_link_comes_back_as_it_was_and_takes_the_place_of_the_one_before(store: Store, scope: Scope) -> None:
    with store.begin() as session:
        ada, bob = kept(session, scope), kept(session, scope, BOB)
        elsewhere = link(ada, account="another")
        links.write(session, scope, [link(ada), link(ada, "second"), elsewhere])
        links.write(session, scope, [link(bob, person=WHOLE)])
        assert links.links(session, scope, "account", ["source", "second", "third"]) == {
            "source": link(bob, person=WHOLE),
            "second": link(ada, "second"),
        }
        assert set(links.fingerprints(session, scope, "account")) == {
            ("source", bob.id, fingerprint(WHOLE)),
            ("second", ada.id, fingerprint(ADA)),
        }
        assert links.count(session, scope, "account") == 2
        assert {one.source_id for one in links.links_of(session, scope, ada.id)} == {"second", "source"}
        links.unlink(session, scope, "account", ["source", "never linked"])
        assert links.links_of(session, scope, bob.id) == []
        assert links.links_of(session, scope, ada.id)[0].account in {"account", "another"}


def test_links_go_with_their_contact(store: Store, scope: Scope) -> None:
    with store.begin() as session:
        ada = kept(session, scope)
        links.write(session, scope, [link(ada)])
        contacts.remove(session, scope, [ada.id])
        assert session.execute(select(object_links)).all() == []


def test_the_last_word_on_a_match_counts(store: Store, scope: Scope) -> None:
    def say(verdict: Verdict, object_id: str = "ada") -> None:
        decisions.remember(
            session,
            scope,
            account="account",
            source_id="source",
            object_id=object_id,
            verdict=verdict,
            decided_by="ann",
        )

    with store.begin() as session:
        say(Verdict.DIFFERENT)
        say(Verdict.SURE)
        say(Verdict.DIFFERENT, "bob")
        assert decisions.decisions(session, scope, "account") == {
            ("source", "ada"): Verdict.SURE,
            ("source", "bob"): Verdict.DIFFERENT,
        }
        assert decisions.decisions(session, scope, "another") == {}


def test_what_happened_to_a_contact_is_told_in_order_without_its_values(store: Store, scope: Scope) -> None:
    with store.begin() as session:
        sync = begun(session, scope)
        actions.note(session, scope, [])
        actions.note(
            session, scope, [Action("ada", "created", "ann", sync.id, ("notes",)), Action("bob", "created", "ann")]
        )
        actions.note(session, scope, [Action("ada", "updated", "bob")])
        told = actions.actions(session, scope, "ada")
    assert [(one.action, one.actor, one.sync_id, one.fields) for one in told] == [
        ("created", "ann", sync.id, ("notes",)),
        ("updated", "bob", "", ()),
    ]


def by_id(kept: list[Seen | Gone]) -> dict[str, Seen | Gone]:
    return {record.source_id: record for record in kept}


def test_deferred_records_wait_once_each_until_the_next_run_has_had_them(store: Store, scope: Scope) -> None:
    first, later = Seen("one", ADA, "v1"), Seen("one", WHOLE, "v2", previous_ids=("zero",))
    with store.begin() as session:
        sync = begun(session, scope)

        def deferring(act: Callable[..., None], *records: Seen | Gone) -> dict[str, Seen | Gone]:
            act(session, scope, "account", sync.id, records)
            return by_id(deferred.deferred(session, scope, "account"))

        assert deferring(deferred.add, first, Gone("two")) == {"one": first, "two": Gone("two")}
        assert deferring(deferred.add, first, later) == {"one": later, "two": Gone("two")}
        assert deferring(deferred.add) == {"one": later, "two": Gone("two")}
        assert deferred.deferred(session, scope, "another") == []
        assert deferring(deferred.replace_all, Gone("three")) == {"three": Gone("three")}
        assert deferring(deferred.replace_all) == {}


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

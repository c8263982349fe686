"""Links of contacts to their sources, decisions on matches, and records that wait for the next run."""

from collections.abc import Callable

from sqlalchemy import select

from storage.documents import fingerprint
from storage.people import actions, contacts, decisions, links
from storage.people.actions import Action
from storage.records import (
    Contact,
    Gone,
    Person,
    Provider,
    Seen,
    StoredLink,
    Verdict,
)
from storage.scope import Scope
from storage.session import Store
from storage.sync import deferred
from storage.tables import object_links
from tests.storage.examples import ADA, BOB, WHOLE, begun, kept


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

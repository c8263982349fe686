"""Two contacts become one with all that belongs to them, and two again exactly as they were."""

from dataclasses import replace

import pytest
from sqlalchemy import text

from storage import audit
from storage.people import actions, contacts, decisions, links, merging, twins
from storage.people.merging import CannotMerge, CannotUnmerge
from storage.records import (
    Match,
    Provider,
    StoredLink,
    TwinState,
    Verdict,
)
from storage.scope import Scope
from storage.session import Store
from storage.tables import (
    campaign_emails,
    metadata,
    object_actions,
)
from tests.storage.examples import ADA, BOB, kept
from tests.storage.twin_examples import MONTH, SAME_ADA, everything, merged, owners, proposed, two


def test_what_belongs_to_a_contact_follows_it_into_the_other(store: Store, scope: Scope) -> None:
    with store.begin() as session:
        one, other = two(session, scope)
        merged(session, scope, proposed(session, scope, one, other))
        assert [c.id for c in contacts.everyone(session, scope)] == [one.id]
        assert {link.source_id for link in links.links_of(session, scope, one.id)} == {"s0", "s1"}
        assert [deed.action for deed in actions.actions(session, scope, one.id)] == ["created", "created", "merged"]
        said = decisions.decisions(session, scope, "g")
        assert {("asked 0", one.id), ("asked 1", one.id), ("shared", one.id)} <= said.keys()
        # Of the campaign that wrote to both, the second letter stays where it was: nobody gets two.
        assert sorted(owners(session, campaign_emails)) == sorted([one.id, one.id, other.id])


def test_unmerging_brings_both_back_exactly(store: Store, scope: Scope) -> None:
    with store.begin() as session:
        one, other = two(session, scope)
        before = everything(session)
        twins_id = proposed(session, scope, one, other)
        merged(session, scope, twins_id)
        assert everything(session) != before
        pair = merging.unmerge(session, scope, twins_id, by="ben")
        assert everything(session) == before
        assert {pair.kept.id, pair.gone.id} == {one.id, other.id}
        for contact in (one, other):
            deeds = [deed.action for deed in actions.actions(session, scope, contact.id)]
            assert deeds[0] == "created"
            assert deeds[-1] == "unmerged"
        found = audit.entries(session, scope, subject=twins_id)
        assert [(entry.action, entry.actor) for entry in found] == [
            ("contacts.unmerged", "ben"), ("contacts.merged", "ann")
        ]  # fmt: skip
        assert audit.verify(session, scope).broken_at is None


def test_it_can_be_merged_and_taken_apart_any_number_of_times(store: Store, scope: Scope) -> None:
    with store.begin() as session:
        one, other = two(session, scope)
        before = everything(session)
        twins_id = proposed(session, scope, one, other)
        for keep in (one.id, other.id, one.id):
            merged(session, scope, twins_id, keep=keep)
            merging.unmerge(session, scope, twins_id, by="ann")
        assert everything(session) == before


def test_what_came_since_stays_with_the_one_that_stayed(store: Store, scope: Scope) -> None:
    with store.begin() as session:
        one, other = two(session, scope)
        twins_id = proposed(session, scope, one, other)
        merged(session, scope, twins_id)
        links.write(session, scope, [StoredLink("s2", one.id, Provider.FILE, "file", ADA)])
        # A sync wrote a link of the other anew, with what the source gives now.
        links.write(session, scope, [StoredLink("s1", one.id, Provider.GOOGLE, "g", BOB)])
        merging.unmerge(session, scope, twins_id, by="ann")
        assert {link.source_id for link in links.links_of(session, scope, one.id)} == {"s0", "s2"}
        (moved,) = links.links_of(session, scope, other.id)
        assert (moved.source_id, moved.base) == ("s1", BOB)


def test_an_edit_since_is_refused_and_named(store: Store, scope: Scope) -> None:
    with store.begin() as session:
        one, other = two(session, scope)
        twins_id = proposed(session, scope, one, other)
        merged(session, scope, twins_id)
        there = contacts.contact(session, scope, one.id)
        edited = replace(there, version=there.version + 1, person=replace(there.person, notes="x", company="y"))
        contacts.overwrite(session, scope, [edited])
        with pytest.raises(CannotUnmerge, match=f"contact {one.id} was edited since: company, notes; it is left"):
            merging.unmerge(session, scope, twins_id, by="ann")
        contacts.overwrite(session, scope, [replace(there, version=there.version + 2, stage="lost")])
        with pytest.raises(CannotUnmerge, match="edited since: stage"):
            merging.unmerge(session, scope, twins_id, by="ann")
        assert contacts.count(session, scope) == 1


def test_of_two_merges_in_a_row_the_later_goes_back_first(store: Store, scope: Scope) -> None:
    with store.begin() as session:
        one, other, third = kept(session, scope, ADA), kept(session, scope, SAME_ADA), kept(session, scope, BOB)
        before = everything(session)
        first = proposed(session, scope, one, other)
        merged(session, scope, first, keep=one.id)
        second = proposed(session, scope, contacts.contact(session, scope, one.id), third)
        merged(session, scope, second, keep=third.id)
        with pytest.raises(CannotUnmerge, match="no longer there: if it was merged into another since"):
            merging.unmerge(session, scope, first, by="ann")
        merging.unmerge(session, scope, second, by="ann")
        merging.unmerge(session, scope, first, by="ann")
        assert everything(session) == before


def test_two_people_are_two_for_ever_and_so_are_those_who_came_into_one(store: Store, scope: Scope) -> None:
    with store.begin() as session:
        one, other, third = kept(session, scope, ADA), kept(session, scope, SAME_ADA), kept(session, scope, BOB)
        merging.keep_apart(session, scope, proposed(session, scope, other, third), by="ann")
        apart = {twins.ordered(other.id, third.id)}
        assert twins.apart(session, scope) == apart
        twins_id = proposed(session, scope, one, other)
        merged(session, scope, twins_id, keep=one.id)
        assert twins.apart(session, scope) == apart | {twins.ordered(one.id, third.id)}
        merging.unmerge(session, scope, twins_id, by="ann")
        assert twins.apart(session, scope) == apart


def test_a_pair_that_was_decided_is_not_proposed_again_and_one_found_again_keeps_its_id(
    store: Store, scope: Scope
) -> None:
    with store.begin() as session:
        one, other, third = (kept(session, scope, person) for person in (ADA, SAME_ADA, BOB))
        versions = {contact.id: 1 for contact in (one, other, third)}
        found = [Match(third.id, one.id, Verdict.MAYBE, 0.4, "x"), Match(one.id, other.id, Verdict.SURE, 0.99, "y")]
        assert twins.propose(session, scope, found, versions) == 2
        first, second = twins.twins(session, scope)
        assert (first.verdict, first.reason, second.reason) == (Verdict.SURE, "y", "x")
        merging.keep_apart(session, scope, second.id, by="ann")
        assert twins.propose(session, scope, found, versions) == 1
        assert [pair.id for pair in twins.twins(session, scope)] == [first.id]
        assert twins.propose(session, scope, [], {}) == 0
        assert [pair.id for pair in twins.twins(session, scope, state=TwinState.APART)] == [second.id]


def test_what_was_not_looked_at_is_not_merged(store: Store, scope: Scope) -> None:
    with store.begin() as session:
        one, other = two(session, scope)
        twins_id = proposed(session, scope, one, other)
        with pytest.raises(CannotMerge, match="nobody is neither of the two"):
            merged(session, scope, twins_id, keep="nobody")
        moved = replace(other, version=2, person=BOB)
        contacts.overwrite(session, scope, [moved])
        with pytest.raises(CannotMerge, match=f"contact {other.id} was changed since the pair was found"):
            merged(session, scope, twins_id)
        contacts.remove(session, scope, [other.id])
        with pytest.raises(CannotMerge, match=f"contact {other.id} is no longer there"):
            merged(session, scope, twins_id)


def test_twice_is_once(store: Store, scope: Scope) -> None:
    with store.begin() as session:
        one, other = two(session, scope)
        twins_id = proposed(session, scope, one, other)
        pair = merged(session, scope, twins_id)
        with pytest.raises(CannotMerge, match="decided before: merged by ann"):
            merged(session, scope, twins_id)
        with pytest.raises(CannotMerge, match="no longer what it was"):
            merging.merge(session, scope, pair, replace(pair.kept, version=2), by="ben", undo_for=MONTH)
        with pytest.raises(CannotMerge, match="contactflow unmerge"):
            merging.keep_apart(session, scope, twins_id, by="ann")
        merging.unmerge(session, scope, twins_id, by="ann")
        with pytest.raises(CannotUnmerge, match="it is proposed"):
            merging.unmerge(session, scope, twins_id, by="ann")


def test_other_proposals_with_either_of_the_two_are_looked_for_anew(store: Store, scope: Scope) -> None:
    with store.begin() as session:
        people = [kept(session, scope, person) for person in (ADA, SAME_ADA, BOB)]
        a, b, c = (person.id for person in people)
        found = [Match(a, b, Verdict.SURE, 0.99, "x"), Match(b, c, Verdict.MAYBE, 0.5, "y")]
        twins.propose(session, scope, found, {a: 1, b: 1, c: 1})
        merged(session, scope, twins.twins(session, scope)[0].id)
        assert twins.twins(session, scope) == []


def test_undo_data_is_sealed_goes_with_its_time_and_can_be_erased(store: Store, scope: Scope) -> None:
    with store.begin() as session:
        one, other = two(session, scope)
        twins_id = proposed(session, scope, one, other)
        merged(session, scope, twins_id)
        row = session.execute(text("SELECT undo, undo_key FROM contact_twins")).one()
        assert b"ada@home.example" not in bytes(row.undo) + bytes(row.undo_key)
        assert twins.past_undo(session) == []
        twins.forget_undo(session, scope, twins_id)
        with pytest.raises(CannotUnmerge, match="could be taken apart until"):
            merging.unmerge(session, scope, twins_id, by="ann")
        assert twins.erase(session, scope, [one.id]) == 1
        assert session.execute(text("SELECT count(*) FROM contact_twins")).scalar_one() == 0


def test_every_table_that_names_a_contact_was_thought_of() -> None:
    """A new one either follows its contact into another, or is listed here with its reason."""
    naming = {table.name for table in metadata.sorted_tables if "object_id" in table.c}
    stays = {
        "contact_sync_changes",  # under the digest of a plan that somebody reviewed
        "contact_vectors",  # made anew of what the contact has become
    }
    assert naming == {one.table.name for one in merging.FOLLOWS} | stays
    assert object_actions in {one.table for one in merging.FOLLOWS}

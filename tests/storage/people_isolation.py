"""How a stranger would call for the people of another organization."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from storage.people import actions, contacts, decisions, links, merging, twins, vectors
from storage.people.actions import Action
from storage.people.merging import Pair
from storage.records import (
    Contact,
    Criteria,
    Match,
    MergeUndo,
    Person,
    Provider,
    StoredLink,
    Verdict,
)
from storage.scope import Scope
from storage.session import Session
from tests.storage.examples import kept

if TYPE_CHECKING:
    from tests.storage.isolation import World

LATER = datetime.now(UTC) + timedelta(hours=1)
QUARTER = timedelta(minutes=15)
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


def twinned(session: Session, scope: Scope, contact: Contact) -> tuple[str, Pair]:
    """A pair that was merged, and one that waits for a decision: `contact` and what came of the other."""
    second, third = kept(session, scope, contact.person), kept(session, scope, contact.person)
    maybe = Match(second.id, third.id, Verdict.MAYBE, 0.5, f"alike at {contact.id}")
    twins.propose(session, scope, [maybe], {second.id: 1, third.id: 1})
    (merged,) = twins.twins(session, scope)
    pair = merging.open_pair(session, scope, merged.id)
    merging.merge(session, scope, pair, replace(pair.kept, version=2), by=contact.id, undo_for=QUARTER)
    again = Match(contact.id, pair.kept.id, Verdict.SURE, 0.9, f"alike at {contact.id}")
    twins.propose(session, scope, [again], {contact.id: 1, pair.kept.id: 2})
    (open_twins,) = twins.twins(session, scope)
    vectors.keep(session, scope, "model", {contact.id: ("hash", b"vector")})
    decisions.remember(
        session, scope, account=twins.OURS, source_id=contact.id, object_id=third.id, verdict=Verdict.DIFFERENT,
        decided_by=contact.id,
    )  # fmt: skip
    return merged.id, merging.open_pair(session, scope, open_twins.id)


PEOPLE_AS_A_STRANGER: dict[str, Callable[[Session, Scope, "World"], Any]] = {
    "actions.actions": lambda s, me, it: actions.actions(s, me, it.object_id),
    "actions.note": lambda s, me, _: actions.note(s, me, [Action("nobody", "created", "me")]),
    "contacts.addresses_since": lambda s, me, it: [
        address for address in contacts.addresses_since(s, me, LATER - 9 * QUARTER, but_for="") if it.mark in address
    ],
    "contacts.chosen": lambda s, me, it: contacts.chosen(s, me, Criteria(contacts=(it.object_id,))),
    "contacts.contact": lambda s, me, it: contacts.contact(s, me, it.object_id),
    "contacts.contacts": lambda s, me, it: contacts.contacts(s, me, [it.object_id], lock=True),
    "contacts.count": lambda s, me, _: contacts.count(s, me) - 2,
    "contacts.create": lambda s, me, _: contacts.create(s, me, []),
    "contacts.everyone": lambda s, me, _: contacts.everyone(s, me),
    "contacts.overwrite": lambda s, me, it: contacts.overwrite(
        s, me, [Contact(it.object_id, 2, Person(display_name="mine"), {})]
    ),
    "contacts.remove": lambda s, me, it: contacts.remove(s, me, [it.object_id]),
    "contacts.search": lambda s, me, it: [*contacts.search(s, me, it.mark), *contacts.search(s, me)],
    "decisions.decisions": lambda s, me, it: decisions.decisions(s, me, it.connection_id),
    "decisions.follow": lambda s, me, it: decisions.follow(s, me, it.connection_id, {"asked": "asked anew"}),
    "decisions.remember": lambda s, me, it: decisions.remember(
        s,
        me,
        account=it.connection_id,
        source_id="asked",
        object_id=it.object_id,
        verdict=Verdict.DIFFERENT,
        decided_by="me",
    ),
    "decisions.withdraw": lambda s, me, it: decisions.withdraw(s, me, it.connection_id, [("asked", it.object_id)]),
    "links.count": lambda s, me, it: links.count(s, me, it.connection_id),
    "links.fingerprints": lambda s, me, it: links.fingerprints(s, me, it.connection_id),
    "links.holders": lambda s, me, it: links.holders(s, me, it.connection_id, ["display_name"])["display_name"],
    "links.links": lambda s, me, it: links.links(s, me, it.connection_id, ["linked"]),
    "links.links_of": lambda s, me, it: links.links_of(s, me, it.object_id),
    "links.unlink": lambda s, me, it: links.unlink(s, me, it.connection_id, ["linked"]),
    "links.write": lambda s, me, it: links.write(
        s, me, [StoredLink("linked", it.object_id, Provider.MICROSOFT, it.connection_id, Person())]
    ),
    "merging.keep_apart": lambda s, me, it: merging.keep_apart(s, me, it.twins_id, by="me"),
    "merging.merge": lambda s, me, it: merging.merge(
        s, me, it.pair, replace(it.pair.kept, version=it.pair.kept.version + 1), by="me", undo_for=QUARTER
    ),
    "merging.open_pair": lambda s, me, it: merging.open_pair(s, me, it.twins_id),
    "merging.unmerge": lambda s, me, it: merging.unmerge(s, me, it.merged_id, by="me"),
    "twins.apart": lambda s, me, _: twins.apart(s, me),
    "twins.count": lambda s, me, _: twins.count(s, me) - 1,
    "twins.erase": lambda s, me, it: twins.erase(s, me, [it.object_id]),
    "twins.forget_undo": lambda s, me, it: twins.forget_undo(s, me, it.merged_id),
    "twins.grown_since": lambda s, me, it: twins.grown_since(s, me, [it.pair.kept.id, it.pair.gone.id], LONG_AGO),
    "twins.note_apart": lambda s, me, it: twins.note_apart(s, me, it.twins_id, by="me"),
    "twins.note_merged": lambda s, me, it: twins.note_merged(
        s, me, it.twins_id, MergeUndo(it.pair.kept, it.pair.gone, it.pair.kept), by="me", undo_until=LATER
    ),
    "twins.note_opinion": lambda s, me, it: twins.note_opinion(s, me, it.twins_id, "mine"),
    "twins.note_unmerged": lambda s, me, it: twins.note_unmerged(
        s, me, it.twins_id, {it.pair.kept.id: 1, it.pair.gone.id: 1}
    ),
    "twins.pair": lambda s, me, it: twins.pair(s, me, it.twins_id),
    "twins.propose": lambda s, me, _: twins.propose(s, me, [], {}),
    "twins.twins": lambda s, me, _: twins.twins(s, me),
    "twins.undo_of": lambda s, me, it: twins.undo_of(s, me, it.merged_id),
    "twins.withdraw": lambda s, me, it: twins.withdraw(s, me, [it.object_id]),
    "vectors.keep": lambda s, me, it: vectors.keep(s, me, "mine", {it.object_id: ("mine", b"mine")}),
    "vectors.vectors": lambda s, me, _: vectors.vectors(s, me, "model"),
}

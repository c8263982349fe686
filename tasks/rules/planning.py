"""Make a plan's rows from the source's records and the contacts they match."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from storage.records import Change, ChangeKind, ChangeState, Contact, Person, Proposal, SourceLink, Verdict
from tasks.rules.changes import Difference, apply_cells, as_creation, three_way
from tasks.rules.stand_ins import best_named
from tasks.rules.survivorship import Arbiter

ORDER = (
    ChangeKind.CONFLICT,
    ChangeKind.MAYBE,
    ChangeKind.REMOVED,
    ChangeKind.UPDATE,
    ChangeKind.CREATE,
    ChangeKind.SKIP,
)
DOUBTFUL = "perhaps the same person"
ERASED = "erased at their own wish: this person is not brought back"
COMPARED = (ChangeKind.CONFLICT, ChangeKind.MAYBE, ChangeKind.UPDATE)
BY_DEFAULT = Arbiter()
NAMES = ("given_name", "middle_name", "family_name", "display_name")


def creation(links: Sequence[SourceLink], *, doubt: str = "") -> Change:
    """A row that creates a contact, from all of the source's records of that person.

    `doubt`: why another record of the source may be the same person.
    """
    whole = _merged([link.person for link in links])
    told = ["not in the CRM"]
    if len(links) > 1:
        told.append(f"{len(links)} records of this source are this person")
    if doubt:
        told.append(f"{DOUBTFUL} as another record of this source: {doubt}")
    reason = "; ".join(told)
    return _change(ChangeKind.CREATE, reason, Proposal(_name(whole), as_creation(whole), tuple(links)))


def comparison(
    contact: Contact, link: SourceLink, *, reason: str, verdict: Verdict = Verdict.SURE, arbiter: Arbiter = BY_DEFAULT
) -> Change:
    """The row for a record and its contact: update, conflict, a match to confirm, or skip."""

    def choose(field: str, ours: Any, theirs: Any) -> Any:
        return arbiter.between(field, ours, theirs, contact.provenance, link).claim.value

    difference = three_way(link.base, link.person, contact.person, choose)
    kind = _kind(difference, verdict, is_tied=link.base != Person() and not link.previous_id)
    if kind is ChangeKind.SKIP:
        reason = "the CRM has these values already"
    proposal = Proposal(_name(contact.person), difference.cells, (link,), difference.conflicts)
    return _change(kind, reason, proposal, contact)


def removal(contact: Contact, link: SourceLink) -> Change:
    reason = "no longer at the source; the contact stays, its link goes"
    return _change(ChangeKind.REMOVED, reason, Proposal(_name(contact.person), links=(link,)), contact)


def skip(reason: str, *, object_id: str = "", failed: bool = False, name: str = "") -> Change:
    """A row with nothing to do, or an unreadable record, shown with its reason."""
    state = ChangeState.FAILED if failed else ChangeState.PROPOSED
    return Change("", 0, ChangeKind.SKIP, state, object_id, 0, reason, (), Proposal(name))


def overtaken(link: SourceLink) -> Change:
    """A row whose contact changed since it was compared: stale at once, and offered again by the next sync."""
    reason = "its contact was deleted or merged while this sync was being prepared; the next sync looks again"
    proposal = Proposal(_name(link.person), links=(link,))
    return Change("", 0, ChangeKind.SKIP, ChangeState.STALE, "", 0, reason, (), proposal)


def but_erased(change: Change, is_theirs: bool, is_contact_gone: bool) -> Change:  # noqa: FBT001 (two questions)
    """A row after an erasure while the plan was made: it keeps its number, but nothing of the erased person."""
    if change.proposal is None or not (is_theirs or (change.object_id and is_contact_gone)):
        return change
    links = () if is_theirs else change.proposal.links
    left = overtaken(links[0]) if links else skip(ERASED)
    return replace(left, id=change.id, ordinal=change.ordinal)


def in_order(changes: Iterable[Change]) -> list[Change]:
    """Rows in the order of review: kinds that need attention first, and by name within a kind. Deterministic."""
    return sorted(
        changes,
        key=lambda change: (
            ORDER.index(change.kind),
            change.proposal.name.casefold() if change.proposal else "",
            change.reason,
        ),
    )


def chained(changes: Sequence[Change], contacts: Mapping[str, Contact], arbiter: Arbiter = BY_DEFAULT) -> list[Change]:
    """Make each of several rows for one contact build on the result of the earlier ones.

    Also adds to every conflict the rule behind its proposal.
    """
    there, told = dict(contacts), []
    for change in changes:
        contact = there.get(change.object_id)
        if contact is None or change.proposal is None or change.kind not in COMPARED:
            told.append(change)
            continue
        moved = contact is not contacts[contact.id]
        again = _compared_again(contact, change, change.proposal, arbiter) if moved else change
        told.append(_explained(contact, again, arbiter))
        cells = again.proposal.cells if again.proposal else ()
        there[contact.id] = replace(contact, person=apply_cells(contact.person, cells)) if cells else contact
    return told


def _compared_again(contact: Contact, change: Change, proposal: Proposal, arbiter: Arbiter) -> Change:
    (link,) = proposal.links
    verdict = Verdict.MAYBE if change.kind is ChangeKind.MAYBE else Verdict.SURE
    return comparison(contact, link, reason=change.reason, verdict=verdict, arbiter=arbiter)


def _explained(contact: Contact, change: Change, arbiter: Arbiter) -> Change:
    """For each conflicting field, whose value the proposal keeps, and by which rule."""
    if change.proposal is None or not change.proposal.conflicts:
        return change
    (link,) = change.proposal.links
    words = [change.reason]
    for cell in change.proposal.conflicts:
        survivor = arbiter.between(cell.field, cell.before, cell.after, contact.provenance, link)
        whose = "the source's" if survivor.claim.value == cell.after else "the CRM's"
        words.append(f"{cell.field}: {whose}, {survivor.why}")
    return replace(change, reason="; ".join(words))


def _kind(difference: Difference, verdict: Verdict, *, is_tied: bool) -> ChangeKind:
    if verdict is Verdict.MAYBE:
        return ChangeKind.MAYBE
    if difference.conflicts:
        return ChangeKind.CONFLICT
    # A new link between a record and a contact gets a row that can be refused, even if no value changes.
    return ChangeKind.UPDATE if difference.cells or not is_tied else ChangeKind.SKIP


def _merged(people: Sequence[Person]) -> Person:
    """Merge records of one person: later ones fill in what the first lacks; the name is taken whole from one record."""
    first, *others = people
    named = best_named(people)
    first = replace(first, **{name: getattr(named, name) for name in NAMES})
    for other in others:
        cells = three_way(Person(), other, first, lambda _field, ours, theirs: ours or theirs).cells
        first = apply_cells(first, cells)
    return first


def _name(person: Person) -> str:
    reach = (value.value for value in (*person.emails, *person.phones))
    return person.display_name or person.company or next(reach, "")


def _change(kind: ChangeKind, reason: str, proposal: Proposal, contact: Contact | None = None) -> Change:
    named = {cell.field for cell in (*proposal.cells, *proposal.conflicts)}
    return Change(
        id="",
        ordinal=0,
        kind=kind,
        state=ChangeState.PROPOSED,
        object_id=contact.id if contact else "",
        seen_version=contact.version if contact else 0,
        reason=reason,
        fields=tuple(sorted(named)),
        proposal=proposal,
    )

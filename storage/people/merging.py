"""Two contacts become one, and can become two again: each in one transaction, whoever asks for it.

What follows a contact into the one that stays is listed once, in `FOLLOWS`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from sqlalchemy import ColumnElement, Table, and_, delete, exists, select, true, tuple_, update

from storage import audit
from storage.documents import FIELDS, now
from storage.people import actions, contacts, decisions, twins
from storage.people.actions import Action
from storage.people.twins import OURS, ordered
from storage.privacy import erasures
from storage.records import Contact, MergeUndo, Twins, TwinState, Verdict
from storage.scope import Scope, of_organization, scoped
from storage.session import Session
from storage.tables import campaign_emails, match_decisions, object_actions, object_links

BATCH = 500


class CannotMerge(Exception):
    """The pair changed since it was looked at, or is already decided. The text says which."""


class CannotUnmerge(Exception):
    """There is no merge to undo, or later changes build on it. The text says which."""


@dataclass(frozen=True, slots=True)
class Follows:
    """A table whose rows move with their contact. `name`: the columns that identify a row permanently; `once`: columns
    unique per contact; a row that would be a duplicate in the contact that stays is not moved.
    """

    table: Table
    name: tuple[str, ...] = ("id",)
    once: tuple[str, ...] = ()
    only: ColumnElement[bool] = true()  # noqa: RUF009 (frozen)


# E-mail events hang on their mails. The rows of a plan stay, for its digest names the contact that was reviewed.
FOLLOWS = (
    Follows(object_links, name=("account", "source_id")),  # a sync writes a link anew, under another id
    Follows(object_actions),
    Follows(match_decisions, once=("account", "source_id"), only=match_decisions.c.account != OURS),
    Follows(campaign_emails, once=("campaign_id",)),
)


@dataclass(frozen=True, slots=True)
class Pair:
    """Twins as they stand now: the contact that stays, and the one that goes into it."""

    twins: Twins
    kept: Contact
    gone: Contact


@scoped
def open_pair(session: Session, scope: Scope, twins_id: str, *, keep: str = "", lock: bool = False) -> Pair:
    """The older contact stays, unless `keep` names the other."""
    found = twins.pair(session, scope, twins_id, lock=lock)
    if found.state is not TwinState.PROPOSED:
        raise CannotMerge(f"pair {twins_id} was decided before: {found.state} by {found.decided_by}")
    there = contacts.contacts(session, scope, [found.one_id, found.other_id], lock=lock)
    if missing := {found.one_id, found.other_id} - there.keys():
        raise CannotMerge(f"contact {min(missing)} is no longer there: `contactflow twins --org …` looks again")
    seen = {found.one_id: found.one_version, found.other_id: found.other_version}
    if moved := [one for one in seen if there[one].version != seen[one]]:
        raise CannotMerge(f"contact {moved[0]} was changed since the pair was found: `contactflow twins --org …` again")
    if keep and keep not in there:
        raise CannotMerge(f"{keep} is neither of the two: {found.one_id}, {found.other_id}")
    older = min(there.values(), key=lambda one: (one.created_at or now(), one.id)).id
    kept = keep or older
    return Pair(found, there[kept], there[found.other_id if kept == found.one_id else found.one_id])


@scoped
def merge(session: Session, scope: Scope, pair: Pair, merged: Contact, *, by: str, undo_for: timedelta) -> None:
    """`merged` takes the place of the contact that stays; the other disappears into it."""
    erasures.lock_erasures(session, scope)
    kept, gone = pair.kept, pair.gone
    moved = {one.table.name: _move(session, scope, one, gone.id, kept.id) for one in FOLLOWS}
    _replace(session, scope, merged)
    contacts.remove(session, scope, [gone.id])
    undo = MergeUndo(kept, gone, merged, moved, _inherit_refusals(session, scope, gone.id, kept.id, by))
    twins.withdraw(session, scope, [kept.id, gone.id], but_for=pair.twins.id)
    twins.note_merged(session, scope, pair.twins.id, undo, by=by, undo_until=now() + undo_for)
    fields = tuple(name for name in FIELDS if getattr(kept.person, name) != getattr(merged.person, name))
    actions.note(session, scope, [Action(kept.id, "merged", by, fields=fields)])
    counted = {"kept": kept.id, "gone": gone.id, "moved": {name: len(rows) for name, rows in moved.items()}}
    audit.record(session, scope, actor=by, action="contacts.merged", subject=pair.twins.id, detail=counted)


@scoped
def unmerge(session: Session, scope: Scope, twins_id: str, *, by: str) -> Pair:
    """Both contacts as they were, each with what was its own; what came since stays with the one that stayed."""
    erasures.lock_erasures(session, scope)
    found = twins.pair(session, scope, twins_id, lock=True)
    undo = twins.undo_of(session, scope, twins_id)
    if found.state is not TwinState.MERGED:
        raise CannotUnmerge(f"pair {twins_id} is not merged: it is {found.state}")
    if undo is None or (found.undo_until and found.undo_until < now()):
        raise CannotUnmerge(f"pair {twins_id} could be taken apart until {found.undo_until:%d %b %Y}")
    current = _untouched(session, scope, undo)
    restored = replace(undo.before, version=current.version + 1)
    _replace(session, scope, restored)
    contacts.create(session, scope, [undo.gone])
    for one in FOLLOWS:
        _give(session, scope, one, undo.moved.get(one.table.name, []), current.id, undo.gone.id)
    _forget_refusals(session, scope, undo)
    twins.note_unmerged(session, scope, twins_id, {restored.id: restored.version, undo.gone.id: undo.gone.version})
    actions.note(session, scope, [Action(one, "unmerged", by) for one in (restored.id, undo.gone.id)])
    audit.record(
        session, scope, actor=by, action="contacts.unmerged", subject=twins_id,
        detail={"kept": restored.id, "back": undo.gone.id},
    )  # fmt: skip
    return Pair(found, restored, undo.gone)


@scoped
def keep_apart(session: Session, scope: Scope, twins_id: str, *, by: str) -> Twins:
    """Decide that they are two people; the pair is not proposed again."""
    found = twins.pair(session, scope, twins_id, lock=True)
    if found.state is TwinState.MERGED:
        raise CannotMerge(f"pair {twins_id} is merged: `contactflow unmerge {twins_id}` first")
    decisions.remember(
        session, scope, account=OURS, source_id=found.one_id, object_id=found.other_id, verdict=Verdict.DIFFERENT,
        decided_by=by,
    )  # fmt: skip
    twins.note_apart(session, scope, twins_id, by=by)
    actions.note(session, scope, [Action(one, "kept apart", by) for one in (found.one_id, found.other_id)])
    audit.record(session, scope, actor=by, action="contacts.kept_apart", subject=twins_id)
    return found


def _untouched(session: Session, scope: Scope, undo: MergeUndo) -> Contact:
    current = contacts.contacts(session, scope, [undo.left.id], lock=True).get(undo.left.id)
    if current is None:
        raise CannotUnmerge(
            f"contact {undo.left.id} is no longer there: if it was merged into another since, take that back first"
        )
    edited = [name for name in FIELDS if getattr(current.person, name) != getattr(undo.left.person, name)]
    edited += [name for name in ("pipeline", "stage") if getattr(current, name) != getattr(undo.left, name)]
    if edited:
        raise CannotUnmerge(f"contact {current.id} was edited since: {', '.join(edited)}; it is left as it is")
    return current


def _replace(session: Session, scope: Scope, contact: Contact) -> None:
    if contacts.overwrite(session, scope, [contact]) != 1:
        raise CannotMerge(f"contact {contact.id} is no longer what it was: `contactflow twins --org …` looks again")


def _move(session: Session, scope: Scope, one: Follows, gone: str, kept: str) -> list[list[str]]:
    """Returns the names of the rows that went."""
    names = [one.table.c[name] for name in one.name]
    theirs = and_(of_organization(one.table, scope), one.table.c.object_id == gone, one.only)
    rows = [list(row) for row in session.execute(select(*names).where(theirs, ~_there_already(one, scope, kept)))]
    _give(session, scope, one, rows, gone, kept)
    return rows


def _there_already(one: Follows, scope: Scope, kept: str) -> ColumnElement[bool]:
    if not one.once:
        return ~true()
    like = one.table.alias()
    same = and_(*(like.c[name] == one.table.c[name] for name in one.once))
    return exists().where(like.c.organization_id == scope.organization_id, like.c.object_id == kept, same)


def _give(session: Session, scope: Scope, one: Follows, rows: Sequence[Sequence[str]], of: str, to: str) -> None:
    names = tuple_(*(one.table.c[name] for name in one.name))
    for start in range(0, len(rows), BATCH):
        batch = [tuple(row) for row in rows[start : start + BATCH]]
        session.execute(
            update(one.table)
            .where(of_organization(one.table, scope), one.table.c.object_id == of, names.in_(batch))
            .values(object_id=to)
        )


def _inherit_refusals(session: Session, scope: Scope, gone: str, kept: str, by: str) -> tuple[str, ...]:
    """Answers that somebody is not `gone` hold for `kept` too. Returns those that are new for `kept`."""
    said = twins.apart(session, scope)
    others = {one if other == gone else other for one, other in said if gone in (one, other)}
    fresh = tuple(sorted(other for other in others if ordered(other, kept) not in said and other != kept))
    for other in fresh:
        one, second = ordered(other, kept)
        decisions.remember(
            session, scope, account=OURS, source_id=one, object_id=second, verdict=Verdict.DIFFERENT, decided_by=by
        )
    return fresh


def _forget_refusals(session: Session, scope: Scope, undo: MergeUndo) -> None:
    for other in undo.refusals:
        one, second = ordered(other, undo.left.id)
        mine = of_organization(match_decisions, scope) & (match_decisions.c.account == OURS)
        pair = (match_decisions.c.source_id == one) & (match_decisions.c.object_id == second)
        session.execute(delete(match_decisions).where(mine, pair))

"""Pairs of contacts that are perhaps one person: as they were found, and what became of them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Row, delete, func, insert, or_, select, update

from storage import row_security
from storage.crypto import Key, bound_to
from storage.documents import encode, new_id, now
from storage.people import decisions
from storage.records import Match, MergeUndo, Twins, TwinState, Verdict
from storage.scope import Scope, of_organization, scoped
from storage.session import Session
from storage.tables import contact_twins as table

BATCH = 1000
OURS = "crm"  # what stands for an account where people spoke of two contacts
_undo = msgspec.json.Decoder(MergeUndo)


class UnknownTwins(Exception):
    pass


@scoped
def propose(session: Session, scope: Scope, found: Sequence[Match], versions: dict[str, int]) -> int:
    """Replace all proposals; pairs found again keep their ids."""
    known = {(one.one_id, one.other_id): one for one in twins(session, scope, limit=None)}
    settled = _settled_pairs(session, scope)
    session.execute(delete(table).where(_of(scope), table.c.state == TwinState.PROPOSED))
    moment = now()
    rows = [
        {
            "id": known[pair].id if pair in known else new_id(),
            "organization_id": scope.organization_id,
            "one_id": pair[0],
            "other_id": pair[1],
            "one_version": versions[pair[0]],
            "other_version": versions[pair[1]],
            "verdict": match.verdict,
            "score": match.score,
            "reason": match.reason,
            "opinion": _opinion_still_fit(known.get(pair), versions),
            "state": TwinState.PROPOSED,
            "found_at": moment,
        }
        for match in found
        if (pair := ordered(match.left, match.right)) not in settled
    ]
    for start in range(0, len(rows), BATCH):
        session.execute(insert(table), rows[start : start + BATCH])
    return len(rows)


def _opinion_still_fit(before: Twins | None, versions: dict[str, int]) -> str:
    """A model's opinion holds only for the versions that it judged."""
    if before is None or (before.one_version, before.other_version) != (
        versions[before.one_id],
        versions[before.other_id],
    ):
        return ""
    return before.opinion


def ordered(one_id: str, other_id: str) -> tuple[str, str]:
    return (one_id, other_id) if one_id < other_id else (other_id, one_id)


@scoped
def twins(
    session: Session, scope: Scope, *, state: TwinState = TwinState.PROPOSED, limit: int | None = 100
) -> list[Twins]:
    """The surest first."""
    query = select(table).where(_of(scope), table.c.state == state).order_by(table.c.score.desc(), table.c.id)
    return [_twins(row) for row in session.execute(query.limit(limit))]


@scoped
def count(session: Session, scope: Scope) -> int:
    query = select(func.count()).select_from(table).where(_of(scope), table.c.state == TwinState.PROPOSED)
    return int(session.execute(query).scalar_one())


@scoped
def pair(session: Session, scope: Scope, twins_id: str, *, lock: bool = False) -> Twins:
    query = select(table).where(_of(scope), table.c.id == twins_id)
    row = session.execute(query.with_for_update() if lock else query).one_or_none()
    if row is None:
        raise UnknownTwins(f"no pair {twins_id}: `contactflow twins --org …` lists them")
    return _twins(row)


@scoped
def note_opinion(session: Session, scope: Scope, twins_id: str, opinion: str) -> None:
    session.execute(update(table).where(_of(scope), table.c.id == twins_id).values(opinion=opinion))


@scoped
def note_apart(session: Session, scope: Scope, twins_id: str, *, by: str) -> None:
    session.execute(
        update(table).where(_of(scope), table.c.id == twins_id)
        .values(state=TwinState.APART, decided_by=by, decided_at=now())
    )  # fmt: skip


@scoped
def note_merged(
    session: Session, scope: Scope, twins_id: str, undo: MergeUndo, *, by: str, undo_until: datetime
) -> None:
    """Seals the undo data with a key of its own: destroying the key destroys it, in backups too."""
    place = bound_to(scope.organization_id, table.name, twins_id, "undo_key")
    sealed_key = session.keyring.new_run_key(place)
    sealed = session.keyring.run_key(sealed_key, place).seal(encode(undo), _place(scope, twins_id))
    session.execute(
        update(table).where(_of(scope), table.c.id == twins_id)
        .values(state=TwinState.MERGED, kept_id=undo.left.id, decided_by=by, decided_at=now(), undo_until=undo_until,
                undo_key=sealed_key, undo=sealed)
    )  # fmt: skip


@scoped
def note_unmerged(session: Session, scope: Scope, twins_id: str, versions: dict[str, int]) -> None:
    """Open to decision again, as if it had just been found."""
    one = pair(session, scope, twins_id)
    session.execute(
        update(table).where(_of(scope), table.c.id == twins_id)
        .values(state=TwinState.PROPOSED, kept_id="", decided_by="", decided_at=None, undo_until=None, undo_key=None,
                undo=None, one_version=versions[one.one_id], other_version=versions[one.other_id])
    )  # fmt: skip


@scoped
def withdraw(session: Session, scope: Scope, contact_ids: Sequence[str], *, but_for: str = "") -> None:
    """Other proposals that speak of contacts which are no longer what they were."""
    touched = or_(table.c.one_id.in_(contact_ids), table.c.other_id.in_(contact_ids))
    session.execute(
        delete(table).where(_of(scope), table.c.state == TwinState.PROPOSED, touched, table.c.id != but_for)
    )


@scoped
def undo_of(session: Session, scope: Scope, twins_id: str) -> MergeUndo | None:
    row = session.execute(select(table).where(_of(scope), table.c.id == twins_id)).one_or_none()
    if row is None or row.undo_key is None:
        return None
    return _undo.decode(_key(session, scope, row).open(row.undo, _place(scope, twins_id)))


@scoped
def grown_since(session: Session, scope: Scope, contact_ids: Sequence[str], moment: datetime) -> set[str]:
    """Contacts merged into after `moment` and not unmerged since."""
    query = select(table.c.kept_id).where(_of(scope), table.c.state == TwinState.MERGED, table.c.decided_at > moment)
    return set(session.execute(query).scalars()).intersection(contact_ids)


def past_undo(session: Session) -> list[tuple[Scope, str]]:
    """Merges of all organizations that can no longer be taken back."""
    late = (table.c.undo_until < now()) & table.c.undo_key.is_not(None)
    return row_security.everywhere(session, table, late)


@scoped
def forget_undo(session: Session, scope: Scope, twins_id: str) -> None:
    session.execute(update(table).where(_of(scope), table.c.id == twins_id).values(undo_key=None, undo=None))


@scoped
def erase(session: Session, scope: Scope, contact_ids: Sequence[str]) -> int:
    """All that is kept of pairs with these contacts, what would bring them back included."""
    touched = or_(table.c.one_id.in_(contact_ids), table.c.other_id.in_(contact_ids))
    return session.execute(delete(table).where(_of(scope), touched)).rowcount


@scoped
def apart(session: Session, scope: Scope) -> set[tuple[str, str]]:
    """Pairs of contacts of which somebody said that they are two people."""
    said = decisions.decisions(session, scope, OURS)
    return {pair for pair, verdict in said.items() if verdict is Verdict.DIFFERENT}


def _settled_pairs(session: Session, scope: Scope) -> set[tuple[str, str]]:
    decided = select(table.c.one_id, table.c.other_id).where(_of(scope), table.c.state != TwinState.PROPOSED)
    return {(one, other) for one, other in session.execute(decided)}


def _key(session: Session, scope: Scope, row: Row[Any]) -> Key:
    return session.keyring.run_key(row.undo_key, bound_to(scope.organization_id, table.name, row.id, "undo_key"))


def _place(scope: Scope, twins_id: str) -> str:
    return bound_to(scope.organization_id, table.name, twins_id, "undo")


def _of(scope: Scope) -> ColumnElement[bool]:
    return of_organization(table, scope)


def _twins(row: Row[Any]) -> Twins:
    return Twins(
        row.id, row.one_id, row.other_id, row.one_version, row.other_version, Verdict(row.verdict), row.score,
        row.reason, row.opinion, TwinState(row.state), row.kept_id, row.decided_by, row.decided_at, row.undo_until,
    )  # fmt: skip

"""Where an organization is notified, and of what: each matter once at each address.

Addresses often contain secrets and are sealed. Those that the operator configures in the settings (`house`) are used if
an organization has none of its own; only their keyed hash is stored.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, delete, insert, select, true, update
from sqlalchemy.exc import IntegrityError

from storage import audit, row_security
from storage.crypto import bound_to
from storage.documents import new_id, now
from storage.records import Audience, Matter, Notice, NoticeKind, Target
from storage.scope import Scope, of_organization, scoped
from storage.session import Session
from storage.tables import notices as table
from storage.tables import notify_targets

MOST_ATTEMPTS = 8
FIRST_WAIT, LONGEST_WAIT = timedelta(minutes=2), timedelta(hours=4)
BATCH = 100
_UNSENT = table.c.sent_at.is_(None) & (table.c.attempts < MOST_ATTEMPTS)


class UnknownTarget(Exception):
    pass


@scoped
def add_target(session: Session, scope: Scope, url: str, audience: Audience, *, actor: str) -> Target:
    scope.demand_admin("say where people are told")
    made = Target(new_id(), audience, url.partition("://")[0][:40], actor, now())
    sealed = session.keyring.seal(url.encode(), _place(scope, made.id))
    session.execute(
        insert(notify_targets).values(
            id=made.id, organization_id=scope.organization_id, audience=audience, label=made.label, url=sealed,
            added_by=actor, created_at=made.created_at,
        )
    )  # fmt: skip
    detail = {"audience": audience, "label": made.label}
    audit.record(session, scope, actor=actor, action="target.added", subject=made.id, detail=detail)
    return made


@scoped
def targets(session: Session, scope: Scope) -> list[Target]:
    query = select(notify_targets).where(of_organization(notify_targets, scope)).order_by(notify_targets.c.id)
    return [
        Target(row.id, Audience(row.audience), row.label, row.added_by, row.created_at)
        for row in session.execute(query)
    ]


def with_targets(session: Session) -> list[Scope]:
    return row_security.owners_of(session, notify_targets, true())


@scoped
def remove_target(session: Session, scope: Scope, target_id: str, *, actor: str) -> None:
    """Deletes its undelivered notices too. Raises UnknownTarget, and NotAllowed for members."""
    scope.demand_admin("say where people are told")
    here = (of_organization(notify_targets, scope), notify_targets.c.id == target_id)
    if not session.execute(delete(notify_targets).where(*here)).rowcount:
        raise UnknownTarget(f"no target {target_id}: `contactflow notify list --org …` lists them")
    session.execute(delete(table).where(of_organization(table, scope), table.c.target == target_id))
    audit.record(session, scope, actor=actor, action="target.removed", subject=target_id)


@scoped
def addresses(session: Session, scope: Scope, house: Sequence[str] = ()) -> dict[str, str]:
    """Target id → URL of every address at which the organization is notified."""
    return _addresses(session, scope, None) or dict(_named(session, house))


@scoped
def note(session: Session, scope: Scope, matter: Matter, house: Sequence[str] = ()) -> int:
    """Queue a notice for each address not yet told of this matter; returns how many. `house`: URLs of the settings."""
    wanted = _addresses(session, scope, matter.audience) or dict.fromkeys(_named(session, house))
    return sum(_noted(session, scope, matter, target) for target in wanted)


def with_waiting(session: Session) -> list[Scope]:
    return row_security.owners_of(session, table, _UNSENT & (table.c.due_at <= now()))


@scoped
def due(session: Session, scope: Scope, house: Sequence[str] = (), *, limit: int = BATCH) -> list[Notice]:
    """Notices to be delivered now, without those for addresses that were removed."""
    urls = {**_named(session, house), **_addresses(session, scope, None)}
    mine = (_waiting(scope), table.c.due_at <= now(), table.c.target.in_(urls))
    return [
        Notice(row.id, NoticeKind(row.kind), row.subject, row.attempts, urls[row.target])
        for row in session.execute(select(table).where(*mine).order_by(table.c.due_at).limit(limit))
    ]


@scoped
def claim(session: Session, scope: Scope, notice: Notice) -> bool:
    """True for one caller per attempt; unless marked sent, the notice is due again after a growing wait."""
    wait = min(FIRST_WAIT * 2**notice.attempts, LONGEST_WAIT)
    mine = (_waiting(scope), table.c.id == notice.id, table.c.attempts == notice.attempts)
    claimed = update(table).where(*mine).values(attempts=notice.attempts + 1, due_at=now() + wait)
    return session.execute(claimed).rowcount == 1


@scoped
def mark_sent(session: Session, scope: Scope, notice_id: str) -> None:
    session.execute(update(table).where(of_organization(table, scope), table.c.id == notice_id).values(sent_at=now()))


def with_old(session: Session, before: datetime) -> list[Scope]:
    return row_security.owners_of(session, table, table.c.created_at < before)


@scoped
def forget(session: Session, scope: Scope, before: datetime) -> int:
    """Delete rows from before `before`: their matters are too old to come up again. Returns how many."""
    return session.execute(delete(table).where(of_organization(table, scope), table.c.created_at < before)).rowcount


def _noted(session: Session, scope: Scope, matter: Matter, target: str) -> bool:
    moment = now()
    row: dict[str, Any] = {
        "id": new_id(), "organization_id": scope.organization_id, "matter": matter.key, "kind": matter.kind,
        "subject": matter.subject, "target": target, "due_at": moment, "created_at": moment,
    }  # fmt: skip
    known = select(table.c.id).where(
        of_organization(table, scope), table.c.matter == matter.key, table.c.target == target
    )
    if session.execute(known).first():
        return False
    try:
        with session.connection.begin_nested():
            session.execute(insert(table).values(row))
    except IntegrityError:  # another process queued it at the same moment
        return False
    return True


def _addresses(session: Session, scope: Scope, audience: Audience | None) -> dict[str, str]:
    """Target id → URL of the organization's own addresses. Without any for admins, theirs go to all."""
    found = session.execute(select(notify_targets).where(of_organization(notify_targets, scope))).all()
    chosen = [row for row in found if audience in (None, row.audience)]
    rows: Sequence[Row[Any]] = chosen or (found if audience is Audience.ADMINS else ())
    return {row.id: session.keyring.open(row.url, _place(scope, row.id)).decode() for row in rows}


def _named(session: Session, house: Sequence[str]) -> Mapping[str, str]:
    return {f"house/{session.keyring.keyed_hash(url)[:32]}": url for url in house}


def _waiting(scope: Scope) -> ColumnElement[bool]:
    return of_organization(table, scope) & _UNSENT


def _place(scope: Scope, target_id: str) -> str:
    return bound_to(scope.organization_id, notify_targets.name, target_id, "url")

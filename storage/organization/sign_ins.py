"""Who is signed in at the review page. Of a token only its hash is kept; a one-time link becomes a session once."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import ColumnElement, Select, delete, insert, or_, select, update

from storage import audit, row_security
from storage.documents import new_id, now
from storage.records import Role, SignInKind
from storage.scope import Scope, of_organization, scoped
from storage.session import Session
from storage.tables import organizations, users
from storage.tables import sign_ins as table

LINK_LASTS = timedelta(minutes=15)
SESSION_LASTS = timedelta(days=7)
IDLE = timedelta(hours=24)
REMEMBERED = timedelta(days=1)
GLANCE = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody who holds a token that was given out; `is_over` where it is good no longer.

    `is_fresh` says that it was noted of late that they are here: a look at a page is no reason to write.
    """

    sign_in_id: str
    scope: Scope
    email: str
    name: str
    organization: str
    organization_name: str
    is_over: bool = False
    is_fresh: bool = False


@scoped
def offer_link(session: Session, scope: Scope) -> str:
    """A one-time link's token, for the user of the scope."""
    token = _give(session, scope, SignInKind.LINK, LINK_LASTS)
    audit.record(session, scope, actor="terminal", action="sign_in.link_made", subject=scope.user_id)
    return token


@scoped
def start(session: Session, scope: Scope, *, actor: str, how: str) -> str:
    """A session's token, for the user of the scope."""
    token = _give(session, scope, SignInKind.SESSION, SESSION_LASTS)
    audit.record(session, scope, actor=actor, action="sign_in.made", subject=scope.user_id, detail={"how": how})
    return token


def visitor(session: Session, token: str, kind: SignInKind = SignInKind.SESSION) -> Visitor | None:
    """The holder of a token; None if it was never issued."""
    row_security.enter_owner_of_token(session, _hash(token))
    found = session.execute(_known(token).where(table.c.kind == kind)).one_or_none()
    if found is None:
        return None
    moment = now()
    is_idle = kind is SignInKind.SESSION and found.seen_at < moment - IDLE
    return Visitor(
        sign_in_id=found.id,
        scope=Scope(found.organization_id, found.user_id, Role(found.role)),
        email=found.email,
        name=found.user_name,
        organization=found.slug,
        organization_name=found.organization_name,
        is_over=found.ended_at is not None or found.expires_at < moment or is_idle,
        is_fresh=found.seen_at > moment - GLANCE,
    )


@scoped
def redeem(session: Session, scope: Scope, sign_in_id: str) -> bool:
    """Use up a one-time link: True for one caller."""
    usable = (table.c.kind == SignInKind.LINK) & table.c.ended_at.is_(None) & (table.c.expires_at > now())
    return _end(session, scope, sign_in_id, usable)


@scoped
def end(session: Session, scope: Scope, sign_in_id: str) -> bool:
    return _end(session, scope, sign_in_id, table.c.ended_at.is_(None))


@scoped
def note_seen(session: Session, scope: Scope, sign_in_id: str) -> None:
    moment = now()
    stale = or_(table.c.seen_at < moment - GLANCE, table.c.seen_at > moment)
    mine = of_organization(table, scope) & (table.c.user_id == scope.user_id) & (table.c.id == sign_in_id)
    session.execute(update(table).where(mine, stale).values(seen_at=moment))


def with_old(session: Session) -> list[Scope]:
    return row_security.owners_of(session, table, table.c.expires_at < now() - REMEMBERED)


@scoped
def forget(session: Session, scope: Scope) -> int:
    """Those of the organization that are long over; for a day, a link that is used up can still be told from none."""
    late = of_organization(table, scope) & (table.c.expires_at < now() - REMEMBERED)
    return session.execute(delete(table).where(late)).rowcount


def members_called(session: Session, email: str) -> list[Visitor]:
    """A person may be a user of several organizations."""
    address = email.strip().lower()
    query = (
        select(users, organizations.c.slug, organizations.c.name.label("organization_name"))
        .join(organizations, organizations.c.id == users.c.organization_id)
        .where(users.c.email == address)
    )
    found = [
        Visitor(
            "", Scope(row.organization_id, row.id, Role(row.role)), row.email, row.name, row.slug, row.organization_name
        )
        for _ in row_security.enter_each_employer(session, address)
        for row in session.execute(query)
    ]
    return sorted(found, key=lambda one: one.organization)


def _give(session: Session, scope: Scope, kind: SignInKind, lasts: timedelta) -> str:
    token, moment = secrets.token_urlsafe(32), now()
    session.execute(
        insert(table).values(
            id=new_id(), organization_id=scope.organization_id, user_id=scope.user_id, kind=kind,
            token_hash=_hash(token), created_at=moment, seen_at=moment, expires_at=moment + lasts,
        )
    )  # fmt: skip
    return token


def _end(session: Session, scope: Scope, sign_in_id: str, usable: ColumnElement[bool]) -> bool:
    mine = of_organization(table, scope) & (table.c.user_id == scope.user_id) & (table.c.id == sign_in_id)
    return session.execute(update(table).where(mine, usable).values(ended_at=now())).rowcount == 1


def _known(token: str) -> Select[tuple[object, ...]]:
    return (
        select(
            table, users.c.email, users.c.name.label("user_name"), users.c.role, organizations.c.slug,
            organizations.c.name.label("organization_name"),
        )
        .join(users, users.c.id == table.c.user_id)
        .join(organizations, organizations.c.id == table.c.organization_id)
        .where(table.c.token_hash == _hash(token))
    )  # fmt: skip


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()

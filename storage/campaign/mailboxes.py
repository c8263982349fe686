"""Rate limits of a mailbox: interval between mails, mails per day, concurrent slots, and its service's back-off.

Kept in the database: shared by all workers, and surviving restarts. A mailbox is a connection's id, or "smtp". Every
function that decides locks the mailbox's row first, so that a second caller sees what the first took.
"""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from storage.documents import new_id, now
from storage.records import MailState
from storage.scope import Scope, of_organization, scoped
from storage.session import Session
from storage.tables import campaign_emails, mailbox_slots
from storage.tables import mailboxes as table

DAY = timedelta(days=1)
A_MOMENT = timedelta(seconds=1)  # when to ask again while claimed mails have yet to be submitted
LONG_AGO = datetime.fromisoformat("2000-01-01T00:00:00+00:00")


@dataclass(frozen=True, slots=True)
class Mailbox:
    """`days_sent` counts earlier days on which mails left; the current one began at `day_began`."""

    id: str
    next_at: datetime
    quiet_until: datetime | None
    quiet_why: str
    day_began: datetime | None
    days_sent: int
    looked_at: datetime | None


@scoped
def mailbox(session: Session, scope: Scope, name: str) -> Mailbox:
    """The mailbox (created if missing), locked until the transaction ends."""
    _make(session, scope, name)
    row = session.execute(update(table).where(_one(scope, name)).values(updated_at=now()).returning(table)).one()
    return _mailbox(row)


@scoped
def take_slot(
    session: Session, scope: Scope, name: str, holder: str, *, moment: datetime, until: datetime, at_once: int
) -> bool:
    """Take one of `at_once` slots, held until given back or until `until`. True if `holder` has one."""
    mailbox(session, scope, name)
    rows = session.execute(select(mailbox_slots).where(_slots(scope, name)).order_by(mailbox_slots.c.number)).all()
    free = [row.number for row in rows[:at_once] if row.holder == holder or row.until <= moment]
    if not free and len(rows) >= at_once:
        return False
    values = {"holder": holder, "until": until}
    if free:
        one = update(mailbox_slots).where(_slots(scope, name), mailbox_slots.c.number == free[0])
        session.execute(one.values(**values))
    else:
        new = {"id": new_id(), "organization_id": scope.organization_id, "mailbox": name, "number": len(rows)}
        session.execute(insert(mailbox_slots).values(**new, **values))
    return True


@scoped
def give_slot_back(session: Session, scope: Scope, name: str, holder: str) -> None:
    mine = update(mailbox_slots).where(_slots(scope, name), mailbox_slots.c.holder == holder)
    session.execute(mine.values(holder="", until=LONG_AGO))


@scoped
def take_turn(
    session: Session, scope: Scope, name: str, *, moment: datetime, interval: timedelta, mails: int = 1
) -> datetime:
    """Reserve the next `mails` send times, `interval` apart across all workers; returns the first."""
    here = mailbox(session, scope, name)
    turn = max(moment, here.next_at)
    values: dict[str, Any] = {"next_at": turn + interval * mails}
    if here.day_began is None:
        values |= {"first_sent_at": turn}
    elif turn - here.day_began >= DAY:
        values |= {"first_sent_at": turn, "days_sent": here.days_sent + 1}
    session.execute(update(table).where(_one(scope, name)).values(**values))
    return turn


@scoped
def room_at(session: Session, scope: Scope, name: str, *, per_day: int, moment: datetime) -> datetime:
    """When another mail fits into `per_day` for any 24 hours; `moment` if it fits now."""
    left = per_day - _about_to_leave(session, scope, name)
    if left <= 0:
        return moment + A_MOMENT
    last = (
        select(campaign_emails.c.submitted_at)
        .where(_from(scope, name), campaign_emails.c.submitted_at > moment - DAY)
        .order_by(campaign_emails.c.submitted_at.desc())
        .offset(left - 1)
        .limit(1)
    )
    found: datetime | None = session.execute(last).scalar_one_or_none()
    return found + DAY if found else moment


@scoped
def sent_since(session: Session, scope: Scope, name: str, since: datetime) -> int:
    counted = select(func.count()).select_from(campaign_emails)
    return int(session.execute(counted.where(_from(scope, name), campaign_emails.c.submitted_at > since)).scalar_one())


@scoped
def keep_quiet(session: Session, scope: Scope, name: str, until: datetime, why: str) -> None:
    """No process may send a request before `until`. Never shortens an earlier wait."""
    here = mailbox(session, scope, name)
    if here.quiet_until is None or until > here.quiet_until:
        session.execute(update(table).where(_one(scope, name)).values(quiet_until=until, quiet_why=why))


@scoped
def looked(session: Session, scope: Scope, name: str, moment: datetime) -> None:
    """Incoming mail has been read up to `moment`."""
    mailbox(session, scope, name)
    session.execute(update(table).where(_one(scope, name)).values(looked_at=moment))


def _about_to_leave(session: Session, scope: Scope, name: str) -> int:
    """Mails claimed but not yet submitted: they will count towards the day."""
    claimed = (campaign_emails.c.state == MailState.SENDING) & campaign_emails.c.submitted_at.is_(None)
    counted = select(func.count()).select_from(campaign_emails).where(_from(scope, name), claimed)
    return int(session.execute(counted).scalar_one())


def _make(session: Session, scope: Scope, name: str) -> None:
    if session.execute(select(table.c.id).where(_one(scope, name))).first():
        return
    new = {"id": new_id(), "organization_id": scope.organization_id, "mailbox": name}
    with suppress(IntegrityError), session.connection.begin_nested():  # another process was quicker
        session.execute(insert(table).values(**new, next_at=LONG_AGO, updated_at=now()))


def _one(scope: Scope, name: str) -> ColumnElement[bool]:
    return of_organization(table, scope) & (table.c.mailbox == name)


def _slots(scope: Scope, name: str) -> ColumnElement[bool]:
    return of_organization(mailbox_slots, scope) & (mailbox_slots.c.mailbox == name)


def _from(scope: Scope, name: str) -> ColumnElement[bool]:
    return of_organization(campaign_emails, scope) & (campaign_emails.c.mailbox == name)


def _mailbox(row: Row[Any]) -> Mailbox:
    return Mailbox(
        id=row.mailbox,
        next_at=row.next_at,
        quiet_until=row.quiet_until,
        quiet_why=row.quiet_why,
        day_began=row.first_sent_at,
        days_sent=row.days_sent,
        looked_at=row.looked_at,
    )

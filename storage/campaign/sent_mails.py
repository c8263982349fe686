"""Sent mails, found by the services' ids when a bounce or a reply comes in."""

from collections.abc import Collection
from dataclasses import dataclass, fields

from sqlalchemy import select, update

from storage.documents import now
from storage.records import MailState
from storage.scope import Scope, of_organization, scoped
from storage.session import Session
from storage.tables import campaign_emails as table

LEFT = (MailState.SENDING, MailState.SENT, MailState.UNKNOWN, MailState.BOUNCED, MailState.REPLIED)
BATCH = 500


@dataclass(frozen=True, slots=True)
class SentMail:
    id: str
    campaign_id: str
    object_id: str
    state: MailState
    message_id: str
    thread_id: str
    address_hash: str


@scoped
def sent_mails(session: Session, scope: Scope, mailbox: str, names: Collection[str]) -> list[SentMail]:
    """Those of this mailbox whose Message-ID, conversation or own id is among `names`."""
    found: dict[str, SentMail] = {}
    wanted = [name for name in dict.fromkeys(names) if name]
    for start in range(0, len(wanted), BATCH):
        batch = wanted[start : start + BATCH]
        named = table.c.message_id.in_(batch) | table.c.thread_id.in_(batch) | table.c.id.in_(batch)
        here = of_organization(table, scope) & (table.c.mailbox == mailbox) & table.c.state.in_(LEFT)
        for row in session.execute(select(table).where(here, named)):
            plain = {field.name: getattr(row, field.name) for field in fields(SentMail) if field.name != "state"}
            found[row.id] = SentMail(state=MailState(row.state), **plain)
    return list(found.values())


@scoped
def move(session: Session, scope: Scope, mail: SentMail, to: MailState, *, reason: str) -> bool:
    """Bounced, or answered: either proves as well that it had left. A bounce is the last word."""
    before = {MailState.SENT, MailState.UNKNOWN} | ({MailState.REPLIED} if to is MailState.BOUNCED else set())
    moved = update(table).where(
        of_organization(table, scope), table.c.id == mail.id, table.c.state.in_([*before, MailState.SENDING])
    )
    values = {"state": to, "reason": reason, "claimed_until": None, "updated_at": now()}
    return session.execute(moved.values(**values)).rowcount == 1

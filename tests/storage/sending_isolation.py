"""What one organization has on its way out, and how a stranger who knew the ids would call what moves it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from storage.campaign import (
    campaign_reviews,
    campaigns,
    due_mails,
    mail_recovery,
    mailboxes,
    outbox,
    sent_mails,
    tallies,
)
from storage.campaign.campaign_reviews import Decision
from storage.campaign.claims import Claim, Outcome
from storage.campaign.sent_mails import SentMail
from storage.crypto import Key
from storage.deciding import Choice
from storage.records import MailState
from storage.scope import Scope
from storage.session import Session
from tests.storage.campaign_examples import waiting

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class SendingWorld:
    box: str
    campaign_id: str
    key: Key
    claim: Claim
    doubt: Claim
    left: SentMail

    @property
    def ids(self) -> tuple[str, ...]:
        return (self.campaign_id, self.claim.mail_id, self.doubt.mail_id)


def filled_outbox(session: Session, scope: Scope, connection_id: str) -> SendingWorld:
    """One mail claimed, one sent, one in doubt, one that failed, one that waits."""
    campaign = waiting(session, scope, 5, connection_id)
    campaign_reviews.decide(session, scope, campaign.id, Decision(Choice.APPROVE, "me"))
    key = campaigns.demand_body_key(session, scope, campaign.id)
    claim, sent, doubt, failed = outbox.claim(session, scope, campaign.id, key, moment=NOON, until=NOON + HOUR, limit=4)
    outbox.submit(session, scope, [sent, doubt], at=NOON, until=NOON + HOUR)
    ends = (
        Outcome(sent, MailState.SENT, message_id="<sent@x>"),
        Outcome(doubt, MailState.UNKNOWN),
        Outcome(failed, MailState.FAILED),
    )
    outbox.settle(session, scope, ends, actor="me")
    mailboxes.looked(session, scope, campaign.mailbox, NOON)
    mailboxes.take_slot(session, scope, campaign.mailbox, "me", moment=NOON, until=NOON + HOUR, at_once=1)
    [left] = sent_mails.sent_mails(session, scope, campaign.mailbox, [sent.mail_id])
    return SendingWorld(campaign.mailbox, campaign.id, key, claim, doubt, left)


OUTBOX_AS_A_STRANGER: dict[str, Callable[[Session, Scope, Any], Any]] = {
    "sent_mails.sent_mails": lambda s, me, it: sent_mails.sent_mails(s, me, it.out.box, [it.out.left.id, "<sent@x>"]),
    "tallies.settled_since": lambda s, me, it: tallies.settled_since(s, me, it.out.campaign_id, NOON - HOUR) != (0, 0),
    "sent_mails.move": lambda s, me, it: sent_mails.move(s, me, it.out.left, MailState.BOUNCED, reason="mine"),
    "mailboxes.give_slot_back": lambda s, me, it: mailboxes.give_slot_back(s, me, it.out.box, "me"),
    "mailboxes.looked": lambda s, me, it: mailboxes.looked(s, me, it.out.box, NOON + HOUR),
    "mailboxes.keep_quiet": lambda s, me, it: mailboxes.keep_quiet(s, me, it.out.box, NOON + HOUR, "mine"),
    "mailboxes.mailbox": lambda s, me, it: mailboxes.mailbox(s, me, it.out.box).quiet_why,
    "due_mails.due": lambda s, me, it: due_mails.due(s, me, it.out.campaign_id, it.out.key, moment=NOON, limit=9) != [],
    "mailboxes.room_at": lambda s, me, it: (
        mailboxes.room_at(s, me, it.out.box, per_day=1, moment=NOON + HOUR) != NOON + HOUR
    ),
    "mailboxes.sent_since": lambda s, me, it: mailboxes.sent_since(s, me, it.out.box, NOON - HOUR),
    "mailboxes.take_slot": lambda s, me, it: (
        not mailboxes.take_slot(s, me, it.out.box, "mine", moment=NOON, until=NOON + HOUR, at_once=1)
    ),
    "mailboxes.take_turn": lambda s, me, it: mailboxes.take_turn(s, me, it.out.box, moment=NOON, interval=HOUR) != NOON,
    "outbox.claim": lambda s, me, it: outbox.claim(
        s, me, it.out.campaign_id, it.out.key, moment=NOON, until=NOON + HOUR
    ),
    "mail_recovery.retry_failed": lambda s, me, it: mail_recovery.retry_failed(s, me, it.out.campaign_id, actor="me"),
    "mail_recovery.settle": lambda s, me, it: mail_recovery.settle(
        s, me, it.out.campaign_id, it.out.doubt.mail_id, left=True, actor="me"
    ),
    "outbox.clear_up": lambda s, me, it: outbox.clear_up(s, me, Outcome(it.out.doubt, MailState.FAILED), actor="me"),
    "outbox.give_back": lambda s, me, it: outbox.give_back(s, me, [it.out.claim]),
    "outbox.hold": lambda s, me, it: outbox.hold(s, me, it.out.claim, until=NOON),
    "outbox.next_moment": lambda s, me, it: outbox.next_moment(s, me, it.out.campaign_id),
    "outbox.recover": lambda s, me, it: outbox.recover(
        s, me, it.out.campaign_id, it.out.key, moment=NOON + HOUR, until=NOON + 2 * HOUR
    ),
    "outbox.settle": lambda s, me, it: outbox.settle(s, me, [Outcome(it.out.claim, MailState.SENT)], actor="me"),
    "outbox.submit": lambda s, me, it: outbox.submit(s, me, [it.out.claim], at=NOON, until=NOON),
    "outbox.unknown": lambda s, me, it: outbox.unknown(s, me, it.out.campaign_id, it.out.key, limit=1),
}

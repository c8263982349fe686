"""Claim the next mails of a mailbox's outbox, or tell why none can be claimed yet: quiet time, slots, caps, hours."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from storage.campaign import campaigns, mailboxes, outbox
from storage.campaign.claims import Claim
from storage.campaign.mailboxes import Mailbox
from storage.records import CampaignStatus
from storage.session import Session
from tasks.campaign.posting import Post
from tasks.rules.pacing import day_cap, opening

GLANCE = timedelta(milliseconds=50)


@dataclass(frozen=True, slots=True)
class Pause:
    """Why sending waits. Nothing can be sent before `until`; None: not before a person resumes it."""

    until: datetime | None
    why: str

    def is_over(self, moment: datetime) -> bool:
        return self.until is not None and self.until <= moment


@dataclass(frozen=True, slots=True)
class Taken:
    """Claims of this worker; or, without any, the pause until the next attempt. Neither: nothing is left to send."""

    claims: Sequence[Claim] = ()
    pause: Pause | None = None


def take(post: Post, *, most: int = 1) -> Taken:
    """Claim up to `most` mails, those abandoned by a dead process first. Holds a slot at the mailbox until `leave`."""
    moment = post.now()
    with post.store.begin() as session:
        box = mailboxes.mailbox(session, post.scope, post.mailbox)
        if closed := _enter(session, post, box, moment):
            return Taken(pause=closed)
        taken = _claimed(session, post, box, moment, most)
        if not taken.claims:
            mailboxes.give_slot_back(session, post.scope, post.mailbox, post.worker)
            return taken if taken.pause else Taken(pause=_nothing_due(session, post, moment))
    return taken


async def entered(post: Post) -> bool:
    """Wait for a slot at the mailbox, to read it. False if none became free within the patience of the terms."""
    began = post.now()
    while True:
        moment = post.now()
        with post.store.begin() as session:
            closed = _enter(session, post, mailboxes.mailbox(session, post.scope, post.mailbox), moment)
        if closed is None:
            return True
        until = closed.until or moment
        if until - began > post.terms.patience:
            return False
        await post.chance.sleep((until - moment).total_seconds())


def leave(post: Post) -> None:
    with post.store.begin() as session:
        mailboxes.give_slot_back(session, post.scope, post.mailbox, post.worker)


def keep_place(post: Post) -> None:
    """Renew the slot at the mailbox during a long read."""
    with post.store.begin() as session:
        _enter(session, post, mailboxes.mailbox(session, post.scope, post.mailbox), post.now())


def _enter(session: Session, post: Post, box: Mailbox, moment: datetime) -> Pause | None:
    """Take a slot at the mailbox. Returns None on success, otherwise why and until when to wait."""
    if box.quiet_until and box.quiet_until > moment:
        return Pause(box.quiet_until, box.quiet_why)
    named, until = (session, post.scope, post.mailbox, post.worker), moment + post.terms.place
    if mailboxes.take_slot(*named, moment=moment, until=until, at_once=post.limits.at_once):
        return None
    return Pause(moment + GLANCE, "another worker is sending from this mailbox")


def _claimed(session: Session, post: Post, box: Mailbox, moment: datetime, most: int) -> Taken:
    until = moment + post.terms.hold
    named = (session, post.scope, post.campaign_id, post.key)
    if left := outbox.recover(*named, moment=moment, until=until, limit=most):
        return Taken(left)
    new_day = box.day_began is not None and moment - box.day_began >= mailboxes.DAY
    cap = day_cap(post.limits, post.rules.ramp_up_from, box.days_sent + new_day)
    if cap:
        room = mailboxes.room_at(session, post.scope, post.mailbox, per_day=cap, moment=moment)
        if room > moment:
            return Taken(pause=Pause(room, f"{cap} mails have left within a day: that is all this mailbox may send"))
    has_hours = bool(post.rules.send_window) or not post.rules.send_weekends

    def may_leave(zone: str) -> datetime:
        return opening(moment, zone, post.rules)

    limit, hours = 1 if cap else most, may_leave if has_hours else None
    return Taken(outbox.claim(*named, moment=moment, until=until, limit=limit, opening=hours))


def _nothing_due(session: Session, post: Post, moment: datetime) -> Pause | None:
    campaign = campaigns.campaign(session, post.scope, post.campaign_id)
    when = outbox.next_moment(session, post.scope, post.campaign_id)
    if when is None or campaign.status is not CampaignStatus.SENDING:
        return None
    return Pause(max(when, moment + GLANCE), "the next mails are not due yet")

"""Bounces, replies and opt-outs that arrived in a mailbox: recorded as mail events, object actions and suppressions.

Only messages that refer to one of our mails or look like bounce reports are opened. Of their content nothing is stored
but the kind of event and, for a bounce, its status code.
"""

from collections import Counter
from collections.abc import Sequence
from contextlib import aclosing
from datetime import datetime

from storage.campaign import mail_events, sent_mails, suppressions
from storage.campaign.mail_events import Event
from storage.campaign.sent_mails import SentMail
from storage.people import actions
from storage.people.actions import Action
from storage.records import MailEvent, MailState, SuppressionReason, Visitor
from storage.session import Session
from tasks.campaign.claiming import keep_place
from tasks.campaign.posting import Post
from tasks.providers.http_errors import NotThere
from tasks.providers.mail.mailer import Arrival, Mailer
from tasks.rules.incoming import Incoming, read

AT_ONCE = 50
FEW = 3
ACTOR = "contactflow"


async def read_arrivals(post: Post, mailer: Mailer, since: datetime) -> Counter[str]:
    """Counts of new events, by kind, and by "campaign/ID" for each campaign concerned."""
    found, batch = Counter[str](), list[Arrival]()
    async with aclosing(mailer.arrivals(since)) as arrivals:
        async for arrival in arrivals:
            batch.append(arrival)
            if len(batch) >= AT_ONCE:
                found += await _take_in(post, mailer, batch)
                batch = []
    return found + await _take_in(post, mailer, batch)


async def _take_in(post: Post, mailer: Mailer, batch: Sequence[Arrival]) -> Counter[str]:
    found = Counter[str]()
    keep_place(post)
    names = [name for one in batch for name in (one.thread_id, *one.answers)]
    with post.store.read() as session:
        ours = _sent_mails(session, post, names)
        noted = mail_events.known(session, post.scope, [one.id for one in batch])
    known = {name for mail in ours for name in (mail.message_id, mail.thread_id, mail.id) if name}
    for arrival in batch:
        if arrival.id in noted:
            continue
        if arrival.is_report or known.intersection((arrival.thread_id, *arrival.answers, *_keys(arrival.answers))):
            found += await _open(post, mailer, arrival)
    return found


async def _open(post: Post, mailer: Mailer, arrival: Arrival) -> Counter[str]:
    try:
        news = read(await mailer.whole(arrival), is_report=arrival.is_report)
    except NotThere:
        return Counter()  # it was deleted since it was listed
    mail = await _sought(post, mailer, arrival, news)
    if mail is None or news.kind is None:
        return Counter()
    with post.store.begin() as session:
        is_new = _note(session, post, mail, news.kind, arrival, news)
    return Counter({news.kind.value: 1, f"campaign/{mail.campaign_id}": 1}) if is_new else Counter()


async def _sought(post: Post, mailer: Mailer, arrival: Arrival, news: Incoming) -> SentMail | None:
    """The mail that a message is about. For a bounce report without a reference to ours, the mailbox is searched."""
    names = [*news.names, *arrival.answers, arrival.thread_id]
    with post.store.read() as session:
        found = _meant(_sent_mails(session, post, names), names)
    if found or not arrival.is_report:
        return found
    threads = [await mailer.conversation(name) for name in news.names[:FEW]]
    with post.store.read() as session:
        return _meant(_sent_mails(session, post, threads), threads)


def _meant(found: Sequence[SentMail], names: Sequence[str]) -> SentMail | None:
    """The mail whose id is named, or the only one of the conversation; None if there are several candidates."""
    named = [mail for mail in found if mail.message_id in names or mail.id in _keys(names)]
    candidates = named or found
    return candidates[0] if len(candidates) == 1 else None


def _sent_mails(session: Session, post: Post, names: Sequence[str]) -> list[SentMail]:
    return sent_mails.sent_mails(session, post.scope, post.mailbox, {*names, *_keys(names)})


def _keys(names: Sequence[str]) -> set[str]:
    """The ids of our mails among Message-IDs: one of ours starts with the mail's own id."""
    return {name.strip("<>").partition("@")[0] for name in names}


def _note(session: Session, post: Post, mail: SentMail, kind: MailEvent, arrival: Arrival, news: Incoming) -> bool:
    detail = {"status": news.status, "final": news.is_final} if kind is MailEvent.BOUNCED else {}
    event = Event(mail.id, kind, arrival.id, post.now(), Visitor.HUMAN, detail)
    if not mail_events.note(session, post.scope, mail.campaign_id, event):
        return False
    _turn(session, post, mail, news)
    if news.is_hard or kind is MailEvent.UNSUBSCRIBED:
        why = SuppressionReason.BOUNCED if news.is_hard else SuppressionReason.UNSUBSCRIBED
        suppressions.suppress(session, post.scope, [mail.address_hash], why, campaign_id=mail.campaign_id)
    deed = Action(mail.object_id, kind.value, ACTOR, campaign_id=mail.campaign_id)
    actions.note(session, post.scope, [deed])
    return True


def _turn(session: Session, post: Post, mail: SentMail, news: Incoming) -> None:
    """Move the mail to BOUNCED or REPLIED. Either also proves that a mail of unknown outcome was sent."""
    if news.is_final:
        sent_mails.move(session, post.scope, mail, MailState.BOUNCED, reason=f"bounced ({news.status})")
    elif news.kind in (MailEvent.REPLIED, MailEvent.UNSUBSCRIBED):
        sent_mails.move(session, post.scope, mail, MailState.REPLIED, reason="")

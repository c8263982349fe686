"""Find mails of a campaign by who they go to and what they say. All is sealed, so that every mail is looked into."""

from collections.abc import Iterator
from itertools import islice

from sqlalchemy import select

from storage.campaign import mails
from storage.campaign.mail_rows import place
from storage.crypto import Key
from storage.documents import encode
from storage.records import Mail
from storage.scope import Scope, of_campaign, scoped
from storage.session import Session
from storage.tables import campaign_emails as table

MOST = 100
BATCH = 1000


@scoped
def search(session: Session, scope: Scope, campaign_id: str, key: Key, words: str, *, limit: int = MOST) -> list[Mail]:
    """Mails that hold all the words, in the audience's order."""
    wanted = words.casefold().split()
    if not wanted:
        return []
    perhaps = _holding(session, scope, campaign_id, key, wanted)
    found: list[Mail] = []
    while len(found) < limit and (some := list(islice(perhaps, limit))):
        there = mails.mails(session, scope, campaign_id, key, ids=some, limit=limit)
        found += [mail for mail in there if _holds(mail, wanted)]
    return found[:limit]


def _holding(session: Session, scope: Scope, campaign_id: str, key: Key, wanted: list[str]) -> Iterator[str]:
    """Ids of those in whose sealed part the words stand somewhere: most are told apart before they are read whole."""
    columns = select(table.c.id, table.c.object_id, table.c.reason, table.c.draft)
    rows = session.execute(columns.where(of_campaign(table, scope, campaign_id)).order_by(table.c.ordinal))
    written = [encode(word).decode()[1:-1] for word in wanted]
    for row in rows.yield_per(BATCH):
        sealed = key.open(row.draft, place(scope, row.id, "draft")).decode() if row.draft else ""
        text = f"{row.id}\n{row.object_id}\n{row.reason}\n{sealed}".casefold()
        if all(word in text for word in written):
            yield row.id


def _holds(mail: Mail, wanted: list[str]) -> bool:
    text = "\n".join(_texts(mail)).casefold()
    return all(word in text for word in wanted)


def _texts(mail: Mail) -> Iterator[str]:
    yield from (mail.id, mail.object_id, mail.reason)
    if mail.draft is None:
        return
    yield from (mail.draft.recipient.address, mail.draft.recipient.name)
    if letter := mail.draft.letter:
        yield from (letter.subject, letter.greeting, *(one.text for one in letter.paragraphs))

"""Find mails of a campaign by who they go to and what they say. All is sealed, so that every mail is looked into."""

from collections.abc import Iterator

from storage import mails
from storage.crypto import Key
from storage.records import Mail
from storage.scope import Scope, scoped
from storage.session import Session

MOST = 200


@scoped
def search(session: Session, scope: Scope, campaign_id: str, key: Key, words: str, *, limit: int = MOST) -> list[Mail]:
    """Mails that hold all the words, in the audience's order."""
    wanted = words.casefold().split()
    found: list[Mail] = []
    if not wanted:
        return found
    for mail in mails.every(session, scope, campaign_id, key):
        if _holds(mail, wanted):
            found.append(mail)
            if len(found) == limit:
                break
    return found


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

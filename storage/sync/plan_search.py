"""Find rows of a plan by what they hold. Values are sealed, so that the plan's own sealed text is searched."""

from collections.abc import Iterator
from itertools import islice

from storage.crypto import Key
from storage.records import Change
from storage.scope import Scope, scoped
from storage.session import Session
from storage.sync import plan_texts, plans

MOST = 100


@scoped
def search(session: Session, scope: Scope, sync_id: str, key: Key, words: str, *, limit: int = MOST) -> list[Change]:
    """Rows that hold all the words, in names, values or ids, in the plan's order."""
    wanted = words.casefold().split()
    if not wanted:
        return []
    split = (line.partition("\t") for line in _lines(session, scope, sync_id, key))
    found = (int(ordinal) for ordinal, _, text in split if all(word in text for word in wanted))
    return plans.changes(session, scope, sync_id, key, ordinals=list(islice(found, limit)), limit=limit)


def _lines(session: Session, scope: Scope, sync_id: str, key: Key) -> Iterator[str]:
    is_kept = False
    for text in plan_texts.texts(session, scope, sync_id, key):
        is_kept = True
        yield from text.split("\n")
    if not is_kept:
        yield from map(plan_texts.line_of, plans.every(session, scope, sync_id, key))

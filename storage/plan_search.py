"""Find rows of a plan by what they hold. Values are sealed, so that every row is opened and looked into."""

from collections.abc import Iterator
from typing import Any

import msgspec

from storage import plans
from storage.crypto import Key
from storage.records import Change
from storage.scope import Scope
from storage.session import Session

MOST = 200


def search(session: Session, scope: Scope, sync_id: str, key: Key, words: str, *, limit: int = MOST) -> list[Change]:
    """Rows that hold all the words, in names, values or ids, in the plan's order."""
    wanted = words.casefold().split()
    found: list[Change] = []
    if not wanted:
        return found
    for change in plans.holding(session, scope, sync_id, key, wanted):
        if _holds(change, wanted):
            found.append(change)
            if len(found) == limit:
                break
    return found


def _holds(change: Change, wanted: list[str]) -> bool:
    text = "\n".join(_texts(change)).casefold()
    return all(word in text for word in wanted)


def _texts(change: Change) -> Iterator[str]:
    yield change.id
    yield change.object_id
    yield from _strings(msgspec.to_builtins(change.proposal))


def _strings(value: Any) -> Iterator[str]:
    """The values, without the names of the fields they stand in."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from _strings([inner for name, inner in value.items() if name != "field"])
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _strings(inner)

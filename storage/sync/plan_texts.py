"""What a plan holds, as text to search in: folded, a line a row, sealed by the thousand with the run's preview key.

It is made of the rows and can be made of them again, so that clearing it loses nothing but speed.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
from sqlalchemy import delete, insert, select

from storage.crypto import Key, bound_to
from storage.documents import new_id
from storage.records import Change
from storage.scope import Scope, of_sync, scoped
from storage.session import Session
from storage.tables import plan_texts as table

BATCH = 1000


@scoped
def keep(session: Session, scope: Scope, sync_id: str, key: Key, changes: Sequence[Change]) -> None:
    clear(session, scope, sync_id)
    for number, start in enumerate(range(0, len(changes), BATCH)):
        text = "\n".join(map(line_of, changes[start : start + BATCH]))
        session.execute(
            insert(table).values(
                id=new_id(), organization_id=scope.organization_id, sync_id=sync_id, number=number,
                body=key.seal(text.encode(), _place(scope, sync_id, number)),
            )
        )  # fmt: skip


@scoped
def texts(session: Session, scope: Scope, sync_id: str, key: Key) -> Iterator[str]:
    query = select(table.c.number, table.c.body).where(of_sync(table, scope, sync_id)).order_by(table.c.number)
    for row in session.execute(query):
        yield key.open(row.body, _place(scope, sync_id, row.number)).decode()


@scoped
def clear(session: Session, scope: Scope, sync_id: str) -> None:
    session.execute(delete(table).where(of_sync(table, scope, sync_id)))


def line_of(change: Change) -> str:
    """`ordinal TAB text`: all that the row can be found by, case-folded, white space reduced to single spaces."""
    values = " ".join([change.id, change.object_id, *_strings(msgspec.to_builtins(change.proposal))])
    return f"{change.ordinal}\t{' '.join(values.casefold().split())}"


def _strings(value: Any) -> Iterator[str]:
    """All string values, without field names."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from _strings([inner for name, inner in value.items() if name != "field"])
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _strings(inner)


def _place(scope: Scope, sync_id: str, number: int) -> str:
    return bound_to(scope.organization_id, table.name, sync_id, str(number))

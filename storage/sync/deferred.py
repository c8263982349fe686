"""Records that a reviewer rejected, or that failed or went stale: the next run offers them again.

They are kept here, sealed, because a delta read does not return them a second time.
"""

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec
from sqlalchemy import bindparam, delete, insert, select

from storage import row_security
from storage.crypto import bound_to
from storage.documents import encode, new_id
from storage.records import ConnectionStatus, Gone, Seen
from storage.scope import Scope, of_organization, scoped
from storage.session import Session
from storage.tables import deferred_records as table
from storage.tables import oauth_connections

_Kept = msgspec.json.Decoder(tuple[Seen | None, Gone | None])


@scoped
def replace_all(session: Session, scope: Scope, account: str, sync_id: str, records: Iterable[Seen | Gone]) -> None:
    """Replace what the previous run left open, which was part of this run's plan, by what this run left open."""
    session.execute(delete(table).where(of_organization(table, scope), table.c.account == account))
    add(session, scope, account, sync_id, records)


@scoped
def add(session: Session, scope: Scope, account: str, sync_id: str, records: Iterable[Seen | Gone]) -> None:
    """Later ones replace earlier ones of the same source record."""
    kept = {record.source_id: record for record in records}
    if not kept:
        return
    session.execute(
        delete(table).where(
            of_organization(table, scope), table.c.account == account, table.c.source_id == bindparam("wanted")
        ),
        [{"wanted": source_id} for source_id in kept],
    )
    session.execute(insert(table), [_row(session, scope, account, sync_id, record) for record in kept.values()])


@scoped
def deferred(session: Session, scope: Scope, account: str) -> list[Seen | Gone]:
    rows = session.execute(
        select(table.c.id, table.c.record).where(of_organization(table, scope), table.c.account == account)
    )
    return [_decoded(session.keyring.open(row.record, _place(scope, row.id))) for row in rows]


@scoped
def everything(session: Session, scope: Scope) -> Iterator[tuple[str, str, Seen | Gone]]:
    """(row id, account, record) of every account."""
    rows = session.execute(select(table.c.id, table.c.account, table.c.record).where(of_organization(table, scope)))
    for row in rows:
        yield row.id, row.account, _decoded(session.keyring.open(row.record, _place(scope, row.id)))


def with_given_up(session: Session) -> list[Scope]:
    given_up = select(oauth_connections.c.id).where(oauth_connections.c.status == ConnectionStatus.DISCONNECTED)
    return row_security.owners_of(session, table, table.c.account.in_(given_up))


@scoped
def prune(session: Session, scope: Scope) -> int:
    """Records of accounts that were disconnected: if one is connected again, it is read from the start."""
    given_up = select(oauth_connections.c.id).where(
        of_organization(oauth_connections, scope), oauth_connections.c.status == ConnectionStatus.DISCONNECTED
    )
    return session.execute(delete(table).where(of_organization(table, scope), table.c.account.in_(given_up))).rowcount


def _row(session: Session, scope: Scope, account: str, sync_id: str, record: Seen | Gone) -> dict[str, Any]:
    row_id = new_id()
    return {
        "id": row_id,
        "organization_id": scope.organization_id,
        "account": account,
        "source_id": record.source_id,
        "record": session.keyring.seal(_encoded(record), _place(scope, row_id)),
        "sync_id": sync_id,
    }


def _encoded(record: Seen | Gone) -> bytes:
    return encode((record, None) if isinstance(record, Seen) else (None, record))


def _decoded(plain: bytes) -> Seen | Gone:
    seen, gone = _Kept.decode(plain)
    kept = seen or gone
    if kept is None:
        raise ValueError("an empty deferred record")
    return kept


def _place(scope: Scope, row_id: str) -> str:
    return bound_to(scope.organization_id, table.name, row_id, "record")

"""Which source record stands behind which contact, and what it gave when it was last written (the *base*)."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from sqlalchemy import Row, delete, func, insert, select

from storage.documents import document, fingerprint, new_id, now, person
from storage.records import Provider, StoredLink
from storage.scope import Scope, of_organization, scoped
from storage.session import Session
from storage.tables import object_links as table

BATCH = 1000


@scoped
def fingerprints(session: Session, scope: Scope, account: str) -> Iterator[tuple[str, str, str]]:
    """(source id, contact id, fingerprint of the base) of all that this account brought."""
    query = select(table.c.source_id, table.c.object_id, table.c.fingerprint).where(
        of_organization(table, scope), table.c.account == account
    )
    return iter(session.execute(query.execution_options(yield_per=BATCH)).tuples())


@scoped
def count(session: Session, scope: Scope, account: str) -> int:
    query = select(func.count()).select_from(table).where(of_organization(table, scope), table.c.account == account)
    return int(session.execute(query).scalar_one())


@scoped
def holders(session: Session, scope: Scope, account: str, fields: Iterable[str]) -> dict[str, int]:
    """Field → number of the account's records that have a value."""
    query = select(func.count()).select_from(table).where(of_organization(table, scope), table.c.account == account)
    given = {name: query.where(table.c.base[name].as_string().is_not(None)) for name in fields}
    return {name: int(session.execute(counted).scalar_one()) for name, counted in given.items()}


@scoped
def links(session: Session, scope: Scope, account: str, source_ids: Sequence[str]) -> dict[str, StoredLink]:
    found: dict[str, StoredLink] = {}
    for start in range(0, len(source_ids), BATCH):
        query = select(table).where(
            of_organization(table, scope),
            table.c.account == account,
            table.c.source_id.in_(source_ids[start : start + BATCH]),
        )
        found |= {row.source_id: _link(row) for row in session.execute(query).all()}
    return found


@scoped
def links_of(session: Session, scope: Scope, object_id: str) -> list[StoredLink]:
    query = select(table).where(of_organization(table, scope), table.c.object_id == object_id)
    return [_link(row) for row in session.execute(query.order_by(table.c.created_at, table.c.source_id))]


@scoped
def write(session: Session, scope: Scope, written: Sequence[StoredLink]) -> None:
    """Upsert links by source record."""
    if not written:
        return
    for account in {link.account for link in written}:
        unlink(session, scope, account, [link.source_id for link in written if link.account == account])
    moment = now()
    session.execute(
        insert(table),
        [
            {
                "id": new_id(),
                "organization_id": scope.organization_id,
                "object_id": link.object_id,
                "provider": link.provider,
                "account": link.account,
                "source_id": link.source_id,
                "base": document(link.base),
                "fingerprint": fingerprint(link.base),
                "version": link.version,
                "created_at": moment,
                "updated_at": moment,
            }
            for link in written
        ],
    )


@scoped
def unlink(session: Session, scope: Scope, account: str, source_ids: Sequence[str]) -> None:
    for start in range(0, len(source_ids), BATCH):
        session.execute(
            delete(table).where(
                of_organization(table, scope),
                table.c.account == account,
                table.c.source_id.in_(source_ids[start : start + BATCH]),
            )
        )


def _link(row: Row[Any]) -> StoredLink:
    return StoredLink(
        source_id=row.source_id,
        object_id=row.object_id,
        provider=Provider(row.provider),
        account=row.account,
        base=person(row.base),
        version=row.version,
    )

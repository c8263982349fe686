"""Raw pages from a source, sealed with the run's key until the plan is made from them.

A page and the position after it are written together, so that a restarted run continues at the page it had reached.
"""

from collections.abc import Iterator
from contextlib import suppress

from sqlalchemy import delete, func, insert, select
from sqlalchemy.exc import IntegrityError

from storage import row_security
from storage.crypto import Key, bound_to
from storage.documents import new_id
from storage.records import SyncStatus
from storage.scope import Scope, of_organization, of_sync, scoped
from storage.session import Session
from storage.tables import contact_syncs
from storage.tables import staged_pages as table


@scoped
def land(session: Session, scope: Scope, sync_id: str, key: Key, *, number: int, body: bytes, position: str) -> None:
    """Idempotent: a restarted run may read the same page again."""
    place = _place(scope, sync_id, number)
    page = insert(table).values(
        id=new_id(),
        organization_id=scope.organization_id,
        sync_id=sync_id,
        number=number,
        body=key.seal(body, place),
        position=key.seal(position.encode(), place),
    )
    with suppress(IntegrityError), session.connection.begin_nested():
        session.execute(page)


@scoped
def progress(session: Session, scope: Scope, sync_id: str, key: Key) -> tuple[int, str]:
    """How many pages have landed, and where reading goes on."""
    last = session.execute(
        select(table.c.number, table.c.position)
        .where(of_sync(table, scope, sync_id))
        .order_by(table.c.number.desc())
        .limit(1)
    ).one_or_none()
    if last is None:
        return 0, ""
    return last.number, key.open(last.position, _place(scope, sync_id, last.number)).decode()


@scoped
def bodies(session: Session, scope: Scope, sync_id: str, key: Key) -> Iterator[bytes]:
    count = session.execute(select(func.count()).select_from(table).where(of_sync(table, scope, sync_id))).scalar_one()
    for number in range(1, count + 1):  # one page in memory at a time, whatever the driver fetches ahead
        sealed = session.execute(
            select(table.c.body).where(of_sync(table, scope, sync_id), table.c.number == number)
        ).scalar_one()
        yield key.open(sealed, _place(scope, sync_id, number))


@scoped
def clear(session: Session, scope: Scope, sync_id: str) -> None:
    session.execute(delete(table).where(of_sync(table, scope, sync_id)))


def with_left_behind(session: Session) -> list[Scope]:
    reading = select(contact_syncs.c.id).where(contact_syncs.c.status == SyncStatus.EXTRACTING)
    return row_security.owners_of(session, table, table.c.sync_id.not_in(reading))


@scoped
def prune(session: Session, scope: Scope) -> int:
    """Delete the pages of runs that no longer read. Returns how many."""
    scope.demand_admin("clear away what runs left behind")
    reading = select(contact_syncs.c.id).where(
        of_organization(contact_syncs, scope), contact_syncs.c.status == SyncStatus.EXTRACTING
    )
    left = delete(table).where(of_organization(table, scope), table.c.sync_id.not_in(reading))
    return session.execute(left).rowcount


def _place(scope: Scope, sync_id: str, number: int) -> str:
    return bound_to(scope.organization_id, table.name, sync_id, str(number))

"""Who must not be written to: keyed hashes of addresses, for the whole organization and for good.

An address is hashed in its canonical form, which whoever calls has made; what is stored tells equality and no more.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, insert, select, update

from storage import hash_keys
from storage.documents import new_id, now
from storage.records import SuppressionReason
from storage.scope import Scope, of_organization, scoped
from storage.session import Session
from storage.tables import suppressions as table

BATCH = 1000


@dataclass(frozen=True, slots=True)
class Suppression:
    address_hash: str
    reason: SuppressionReason
    campaign_id: str
    created_at: datetime


@scoped
def address_hash(session: Session, scope: Scope, canonical: str) -> str:
    """Bound to the organization, so that nobody can compare two organizations' lists."""
    return session.keyring.keyed_hash(f"{scope.organization_id}/address/{canonical}")


@scoped
def suppress(
    session: Session, scope: Scope, hashes: Iterable[str], reason: SuppressionReason, *, campaign_id: str = ""
) -> int:
    """The first reason stays. Returns how many were new."""
    wanted = list(dict.fromkeys(hashes))
    fresh = [one for one in wanted if one not in suppressed(session, scope, wanted)]
    if fresh:
        hash_keys.leave_mark(session, scope)
        session.execute(insert(table), [_row(scope, one, reason, campaign_id) for one in fresh])
    return len(fresh)


@scoped
def suppress_for_good(session: Session, scope: Scope, hashes: Sequence[str]) -> None:
    """Suppress erased people, replacing any earlier reason: `allow_again` does not lift it."""
    suppress(session, scope, hashes, SuppressionReason.ERASED)
    _give_reason(session, scope, hashes, SuppressionReason.ERASED)


@scoped
def no_longer_for_good(session: Session, scope: Scope, hashes: Sequence[str]) -> None:
    """For erased people who asked to return: their entry becomes an ordinary one. Being written to again takes another
    request of theirs.
    """
    scope.demand_admin("let an erased person come back")
    there = [one for one, why in suppressed(session, scope, hashes).items() if why is SuppressionReason.ERASED]
    _give_reason(session, scope, there, SuppressionReason.MANUAL)


def _give_reason(session: Session, scope: Scope, hashes: Sequence[str], reason: SuppressionReason) -> None:
    for start in range(0, len(hashes), BATCH):
        these = table.c.address_hash.in_(hashes[start : start + BATCH])
        session.execute(update(table).where(of_organization(table, scope), these).values(reason=reason))


@scoped
def suppressed(session: Session, scope: Scope, hashes: Sequence[str]) -> dict[str, SuppressionReason]:
    """Those of `hashes` that must not be written to, and why."""
    found: dict[str, SuppressionReason] = {}
    for start in range(0, len(hashes), BATCH):
        rows = session.execute(
            select(table.c.address_hash, table.c.reason).where(
                of_organization(table, scope), table.c.address_hash.in_(hashes[start : start + BATCH])
            )
        )
        found |= {row.address_hash: SuppressionReason(row.reason) for row in rows}
    return found


@scoped
def everyone(session: Session, scope: Scope, *, limit: int = 100) -> list[Suppression]:
    rows = session.execute(
        select(table).where(of_organization(table, scope)).order_by(table.c.created_at.desc()).limit(limit)
    )
    return [
        Suppression(row.address_hash, SuppressionReason(row.reason), row.campaign_id or "", row.created_at)
        for row in rows
    ]


@scoped
def allow_again(session: Session, scope: Scope, hash_of_address: str) -> bool:
    """A person asked to be written to again. Who was erased stays erased."""
    scope.demand_admin("lift a suppression")
    gone = session.execute(
        delete(table).where(
            of_organization(table, scope),
            table.c.address_hash == hash_of_address,
            table.c.reason != SuppressionReason.ERASED,
        )
    )
    return gone.rowcount == 1


def _row(scope: Scope, hash_of_address: str, reason: SuppressionReason, campaign_id: str) -> dict[str, object]:
    return {
        "id": new_id(),
        "organization_id": scope.organization_id,
        "address_hash": hash_of_address,
        "reason": reason,
        "campaign_id": campaign_id or None,
        "created_at": now(),
    }

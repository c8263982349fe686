"""Erased people, kept out of later imports by keyed hashes of what identifies them.

Hashed are addresses (as in `suppressions`), name and phone number, and a source record's account and id. For people
with neither address nor number: the name with whatever else was known, as far as that identifies anybody.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import product

from sqlalchemy import delete, insert, select, text

from storage.campaign import suppressions
from storage.documents import new_id, now
from storage.records import KnownBy, Person
from storage.scope import Scope, of_organization, scoped
from storage.session import Session
from storage.tables import erasures as table

BATCH = 500
FILE = "file"


@dataclass(frozen=True, slots=True)
class Known:
    """The keys of erased people."""

    session: Session
    scope: Scope
    keys: frozenset[str]

    def holds(self, known_by: KnownBy, person: Person, account: str = "", source_ids: Iterable[str] = ()) -> bool:
        if not self.keys:
            return False
        return not self.keys.isdisjoint(keys_of(self.session, self.scope, known_by, person, account, source_ids))


@scoped
def keys_of(
    session: Session, scope: Scope, known_by: KnownBy, person: Person, account: str = "", source_ids: Iterable[str] = ()
) -> set[str]:
    """All keys that identify a record."""
    keys = {suppressions.address_hash(session, scope, one) for one in known_by.addresses_of(person)}
    keys |= {number_key(session, scope, one) for one in known_by.numbers_of(person)}
    keys |= {fact_key(session, scope, facts) for facts in [known_by.facts_of(person)] if facts}
    return keys | {key for one in source_ids for key in record_keys(session, scope, account, one)}


@scoped
def number_key(session: Session, scope: Scope, number: str) -> str:
    return session.keyring.keyed_hash(f"{scope.organization_id}/number/{number}")


@scoped
def fact_key(session: Session, scope: Scope, facts: Sequence[str]) -> str:
    return session.keyring.keyed_hash("\n".join((f"{scope.organization_id}/facts", *facts)))


def subsets(facts: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """`facts` (name first) and all subsets that keep the name: missing facts are empty."""
    name, *rest = facts
    yield from ((name, *part) for part in product(*({one, ""} for one in rest)))


@scoped
def record_keys(session: Session, scope: Scope, account: str, source_id: str) -> set[str]:
    """Empty for files, whose ids are row numbers: the next file has other people under the same ones."""
    known_as = f"{scope.organization_id}/record/{account}/{source_id}"
    return set() if account in {"", FILE} else {session.keyring.keyed_hash(known_as)}


@scoped
def known(session: Session, scope: Scope, *, since: datetime | None = None) -> Known:
    query = select(table.c.key_hash).where(of_organization(table, scope))
    query = query.where(table.c.created_at >= since) if since else query
    return Known(session, scope, frozenset(session.execute(query).scalars()))


@scoped
def remember(session: Session, scope: Scope, keys: Iterable[str]) -> int:
    """Returns how many were new."""
    wanted = set(keys) - known(session, scope).keys
    moment = now()
    rows = [
        {"id": new_id(), "organization_id": scope.organization_id, "key_hash": key, "created_at": moment}
        for key in sorted(wanted)
    ]
    if rows:
        session.execute(insert(table), rows)
    return len(rows)


@scoped
def lift(session: Session, scope: Scope, keys: Iterable[str]) -> int:
    """Delete keys of people who asked to return; returns how many. Raises NotAllowed for members."""
    scope.demand_admin("let an erased person come back")
    wanted = sorted(keys)
    batches = (wanted[start : start + BATCH] for start in range(0, len(wanted), BATCH))
    gone = delete(table).where(of_organization(table, scope))
    return sum(session.execute(gone.where(table.c.key_hash.in_(batch))).rowcount for batch in batches)


@scoped
def lock_erasures(session: Session, scope: Scope, *, alone: bool = False) -> None:
    """Lock out erasures until the transaction ends, so that none misses rows that are being written.

    Shared lock, exclusive with `alone` (the erasure itself). SQLite's writing transactions queue anyway.
    """
    if session.is_postgres:
        lock = "pg_advisory_xact_lock" if alone else "pg_advisory_xact_lock_shared"
        session.execute(text(f"SELECT {lock}(hashtext(:key))"), {"key": f"erasure/{scope.organization_id}"})

"""People who were erased and are not to come back: keyed hashes of what tells them, and nothing else.

Addresses are hashed as in the list of those who must not be written to; records of a source by account and id. Who had
neither address nor number is told by what else was known of them, as far as that tells anybody.
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
    """Those who are not to come back."""

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
    """All that a record is known by."""
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


def and_less(facts: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """All records that say of them no more than this: the name always, of the rest whatever part."""
    name, *rest = facts
    yield from ((name, *part) for part in product(*({one, ""} for one in rest)))


@scoped
def record_keys(session: Session, scope: Scope, account: str, source_id: str) -> set[str]:
    """None for a file's: its ids are row numbers, and the next file has others under the same."""
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
    """They may come back, by their own wish; returns how many keys were forgotten."""
    scope.demand_admin("let an erased person come back")
    wanted = sorted(keys)
    batches = (wanted[start : start + BATCH] for start in range(0, len(wanted), BATCH))
    gone = delete(table).where(of_organization(table, scope))
    return sum(session.execute(gone.where(table.c.key_hash.in_(batch))).rowcount for batch in batches)


@scoped
def hold_off(session: Session, scope: Scope, *, alone: bool = False) -> None:
    """While this transaction lasts nobody is erased, so that nothing of them slips in behind the erasure's back.

    The erasure itself is `alone`. SQLite's writing transactions queue anyway.
    """
    if session.is_postgres:
        lock = "pg_advisory_xact_lock" if alone else "pg_advisory_xact_lock_shared"
        session.execute(text(f"SELECT {lock}(hashtext(:key))"), {"key": f"erasure/{scope.organization_id}"})

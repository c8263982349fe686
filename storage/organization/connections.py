"""Connected accounts: sealed tokens, health, and read position (cursor).

Any number of processes may need a fresh token at once. The one that claims the refresh asks the provider; the others
wait and read its result.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Row, Update, insert, or_, select, update

from storage.crypto import bound_to
from storage.documents import encode, new_id, now
from storage.records import ConnectionStatus, Provider
from storage.scope import Scope, scoped, visible
from storage.session import Session
from storage.tables import oauth_connections as table


class UnknownConnection(Exception):
    pass


@dataclass(frozen=True, slots=True)
class ConnectionInfo:
    id: str
    user_id: str
    provider: Provider
    account: str
    status: ConnectionStatus
    cause: str
    scopes: tuple[str, ...]
    synced_at: datetime | None
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class StoredTokens:
    """`version` counts every change, so that a refresh claimed on old tokens is noticed."""

    refresh_token: str
    access_token: str = ""
    expires_at: datetime | None = None
    version: int = 0


@scoped
def connect(
    session: Session, scope: Scope, *, provider: Provider, account: str, tokens: StoredTokens, scopes: Sequence[str]
) -> ConnectionInfo:
    """Create a connection, or renew an existing one, which keeps its cursor and links."""
    who = {
        "organization_id": scope.organization_id, "user_id": scope.user_id, "provider": provider, "account": account,
    }  # fmt: skip
    same = select(table.c.id).where(*(table.c[name] == value for name, value in who.items()))
    existing = session.execute(same).scalar_one_or_none()
    connection_id = existing or new_id()
    values = {
        "status": ConnectionStatus.ACTIVE,
        "cause": "",
        "scopes": list(scopes),
        "tokens": _seal_tokens(session, scope, connection_id, tokens),
        "tokens_version": table.c.tokens_version + 1 if existing else 1,
        "refresh_claimed_until": None,
        "updated_at": now(),
    }
    if existing:
        session.execute(update(table).where(table.c.id == existing).values(**values))
    else:
        session.execute(insert(table).values(id=connection_id, created_at=now(), **who, **values))
    return connection(session, scope, connection_id)


@scoped
def connection(session: Session, scope: Scope, connection_id: str) -> ConnectionInfo:
    return _info(_row(session, scope, connection_id))


@scoped
def connections(session: Session, scope: Scope) -> list[ConnectionInfo]:
    rows = session.execute(select(table).where(visible(table, scope)).order_by(table.c.created_at))
    return [_info(row) for row in rows]


@scoped
def tokens(session: Session, scope: Scope, connection_id: str) -> StoredTokens | None:
    return with_tokens(session, scope, connection_id)[1]


@scoped
def with_tokens(session: Session, scope: Scope, connection_id: str) -> tuple[ConnectionInfo, StoredTokens | None]:
    """The connection with its tokens as they are at one moment; None once it was disconnected."""
    row = _row(session, scope, connection_id)
    if row.tokens is None:
        return _info(row), None
    plain = session.keyring.open(row.tokens, _place(scope, connection_id, "tokens"))
    return _info(row), _versioned(plain, row.tokens_version)


@scoped
def claim_refresh(session: Session, scope: Scope, connection_id: str, *, version: int, until: datetime) -> bool:
    """True for exactly one caller per version of the tokens, until `until` passes without a result."""
    free = or_(table.c.refresh_claimed_until.is_(None), table.c.refresh_claimed_until < now())
    claimed = session.execute(
        _one(scope, connection_id).where(table.c.tokens_version == version, free).values(refresh_claimed_until=until)
    )
    return claimed.rowcount == 1


@scoped
def release_refresh(session: Session, scope: Scope, connection_id: str) -> None:
    session.execute(_one(scope, connection_id).values(refresh_claimed_until=None))


@scoped
def keep_tokens(
    session: Session, scope: Scope, connection_id: str, kept: StoredTokens, *, scopes: Sequence[str]
) -> None:
    """What a refresh of the tokens of `kept.version` gave; lost if they were replaced or deleted meanwhile."""
    session.execute(
        _one(scope, connection_id)
        .where(table.c.tokens_version == kept.version)
        .values(
            tokens=_seal_tokens(session, scope, connection_id, kept),
            tokens_version=table.c.tokens_version + 1,
            scopes=list(scopes),
            refresh_claimed_until=None,
            status=ConnectionStatus.ACTIVE,
            cause="",
            updated_at=now(),
        )
    )


@scoped
def mark(session: Session, scope: Scope, connection_id: str, status: ConnectionStatus, cause: str) -> None:
    there = table.c.status != ConnectionStatus.DISCONNECTED  # a user's choice: a late report must not undo it
    news = or_(table.c.status != status, table.c.cause != cause)  # else `updated_at` keeps the first report's moment
    session.execute(_one(scope, connection_id).where(there, news).values(status=status, cause=cause, updated_at=now()))


@scoped
def disconnect(session: Session, scope: Scope, connection_id: str) -> None:
    """Delete tokens and cursor; the connection stays as provenance of its contacts. Raises UnknownConnection."""
    _row(session, scope, connection_id)
    session.execute(
        _one(scope, connection_id).values(
            tokens=None,
            tokens_version=table.c.tokens_version + 1,
            cursor=None,
            status=ConnectionStatus.DISCONNECTED,
            cause="disconnected",
            updated_at=now(),
        )
    )


@scoped
def cursor(session: Session, scope: Scope, connection_id: str) -> str:
    sealed = _row(session, scope, connection_id).cursor
    return session.keyring.open(sealed, _place(scope, connection_id, "cursor")).decode() if sealed else ""


@scoped
def advance(session: Session, scope: Scope, connection_id: str, new_cursor: str) -> None:
    """Called in the transaction that completes a sync, and nowhere else."""
    sealed = session.keyring.seal(new_cursor.encode(), _place(scope, connection_id, "cursor"))
    session.execute(_one(scope, connection_id).values(cursor=sealed, synced_at=now(), updated_at=now()))


@scoped
def quiet_until(session: Session, scope: Scope, connection_id: str) -> datetime | None:
    """Until when the provider asked for no requests (Retry-After), shared by all processes."""
    moment: datetime | None = _row(session, scope, connection_id).quiet_until
    return moment


@scoped
def keep_quiet(session: Session, scope: Scope, connection_id: str, until: datetime) -> None:
    """Never shortens an earlier wait."""
    shorter = or_(table.c.quiet_until.is_(None), table.c.quiet_until < until)
    session.execute(_one(scope, connection_id).where(shorter).values(quiet_until=until))


def _row(session: Session, scope: Scope, connection_id: str) -> Row[Any]:
    found = session.execute(select(table).where(visible(table, scope), table.c.id == connection_id)).one_or_none()
    if found is None:
        raise UnknownConnection(f"no connection {connection_id}: `contactflow connections --org …` lists them")
    return found


def _one(scope: Scope, connection_id: str) -> Update:
    return update(table).where(visible(table, scope), table.c.id == connection_id)


def _place(scope: Scope, connection_id: str, column: str) -> str:
    return bound_to(scope.organization_id, table.name, connection_id, column)


def _seal_tokens(session: Session, scope: Scope, connection_id: str, kept: StoredTokens) -> bytes:
    return session.keyring.seal(encode(kept), _place(scope, connection_id, "tokens"))


def _versioned(plain: bytes, version: int) -> StoredTokens:
    kept = msgspec.json.decode(plain, type=StoredTokens)
    return StoredTokens(kept.refresh_token, kept.access_token, kept.expires_at, version)


def _info(row: Row[Any]) -> ConnectionInfo:
    return ConnectionInfo(
        id=row.id,
        user_id=row.user_id,
        provider=Provider(row.provider),
        account=row.account,
        status=ConnectionStatus(row.status),
        cause=row.cause,
        scopes=tuple(row.scopes),
        synced_at=row.synced_at,
        updated_at=row.updated_at,
    )

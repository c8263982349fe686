"""Refresh each connection's token now and then: services revoke unused refresh tokens, Microsoft after 90 days."""

from collections import Counter
from datetime import timedelta

from storage.documents import now
from storage.organization import connections
from storage.organization.connections import ConnectionInfo
from storage.records import ConnectionStatus
from storage.scope import Scope
from storage.session import Store
from tasks.providers.access.kept_tokens import KeptTokens
from tasks.providers.base import NeedsReconnect, ProviderError
from tasks.upkeep.sweeping import everybody

UNUSED = timedelta(days=30)


async def refresh_tokens(store: Store, *, unused: timedelta = UNUSED) -> Counter[str]:
    """Returns counts of refreshed tokens. A service that cannot be reached is retried by the next run."""
    done = Counter[str]()
    for scope in everybody(store):
        with store.read() as session:
            idle = [one for one in connections.connections(session, scope) if _is_idle(store, scope, one, unused)]
        for one in idle:
            done[await _use(store, scope, one)] += 1
    return done


def _is_idle(store: Store, scope: Scope, one: ConnectionInfo, unused: timedelta) -> bool:
    if one.status is not ConnectionStatus.ACTIVE:
        return False
    with store.read() as session:
        kept = connections.tokens(session, scope, one.id)
        asked_for_quiet = connections.quiet_until(session, scope, one.id)
    if asked_for_quiet and asked_for_quiet > now():
        return False  # there are weeks left to retry
    return kept is not None and (kept.expires_at or one.updated_at) < now() - unused


async def _use(store: Store, scope: Scope, one: ConnectionInfo) -> str:
    try:
        await KeptTokens(store, scope, one.id).access_token()
    except NeedsReconnect as trouble:
        with store.begin() as session:
            connections.mark(session, scope, one.id, ConnectionStatus.NEEDS_RECONNECT, str(trouble))
        return "need_reconnecting"
    except ProviderError:
        return "not_reached"
    return "refreshed"

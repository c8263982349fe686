"""Access tokens from the database, where they are stored encrypted; refreshed by one process for all."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from storage import applications
from storage.organization import connections
from storage.organization.connections import ConnectionInfo, StoredTokens
from storage.records import ConnectionStatus, Provider
from storage.scope import Scope
from storage.session import Store
from storage.settings import settings
from tasks.providers.access.applications import demand_accepted, note_refused
from tasks.providers.access.oauth import BRIEF, App, google_app, microsoft_app, refresh
from tasks.providers.access.permissions import MAIL
from tasks.providers.access.sign_in_refusals import AppRefused
from tasks.providers.base import NeedsReconnect

# Longer than the last attempt can take, until its result is stored: otherwise another process would use the same
# refresh token.
CLAIM = timedelta(seconds=BRIEF.seconds + BRIEF.answer + 30)
GLANCE = 0.2


def app_of(provider: Provider) -> App:
    """Our application from the settings, with the permission to read contacts only."""
    known = settings()
    if provider is Provider.MICROSOFT:
        secret = known.microsoft_client_secret.get_secret_value()
        return microsoft_app(known.microsoft_client_id, secret, authority=known.microsoft_authority)
    return google_app(
        known.google_client_id,
        known.google_client_secret.get_secret_value(),
        auth_url=known.google_auth_url,
        token_url=known.google_token_url,
    )


def mailing_app_of(provider: Provider) -> App:
    """The same application, with the optional permission to send mail."""
    return replace(app_of(provider), also=MAIL[provider])


def identity_app_of(provider: Provider) -> App:
    """The same application without permissions, to identify a user."""
    return replace(app_of(provider), scopes=())


class KeptTokens:
    """Of any number of processes that need a token at once, one refreshes it; the others read the result."""

    def __init__(self, store: Store, scope: Scope, connection_id: str, *, claim: timedelta = CLAIM) -> None:
        self._store, self._scope, self._connection_id, self._claim_for = store, scope, connection_id, claim

    async def access_token(self, *, refused: str = "") -> str:
        while True:
            known, kept = self._read()
            if kept.access_token and kept.access_token != refused and _is_fresh(kept):
                return kept.access_token
            if self._claim(kept):
                return await self._refresh(known, kept)
            await asyncio.sleep(GLANCE)

    def _read(self) -> tuple[ConnectionInfo, StoredTokens]:
        with self._store.read() as session:
            known, kept = connections.with_tokens(session, self._scope, self._connection_id)
            demand_accepted(session, known.provider)
        if kept is None:
            raise NeedsReconnect("this account was disconnected: connect it again", provider=known.provider)
        if known.status is ConnectionStatus.NEEDS_RECONNECT:  # its owner has been notified; retrying is useless
            raise NeedsReconnect(known.cause, provider=known.provider)
        return known, kept

    def _claim(self, kept: StoredTokens) -> bool:
        until = datetime.now(UTC) + self._claim_for
        with self._store.begin() as session:
            return connections.claim_refresh(
                session, self._scope, self._connection_id, version=kept.version, until=until
            )

    async def _refresh(self, known: ConnectionInfo, kept: StoredTokens) -> str:
        try:
            grant = await refresh(
                app_of(known.provider), kept.refresh_token, scopes=known.scopes, on_quiet=self._keep_quiet
            )
        except BaseException as trouble:
            with self._store.begin() as session:
                connections.release_refresh(session, self._scope, self._connection_id)
                if isinstance(trouble, AppRefused):
                    note_refused(session, known.provider, trouble)
            raise
        fresh = StoredTokens(grant.refresh_token, grant.access_token, grant.expires_at, kept.version)
        with self._store.begin() as session:
            connections.keep_tokens(session, self._scope, self._connection_id, fresh, scopes=grant.scopes)
            applications.accept(session, known.provider)
        return grant.access_token

    def _keep_quiet(self, until: float) -> None:
        """Store a Retry-After of the token endpoint, so that requests of every process wait for it."""
        with self._store.begin() as session:
            connections.keep_quiet(session, self._scope, self._connection_id, datetime.fromtimestamp(until, UTC))


def _is_fresh(kept: StoredTokens) -> bool:
    return kept.expires_at is not None and kept.expires_at > datetime.now(UTC)

"""Connected accounts: show their health, connect another, sync now, disconnect."""

import asyncio
from collections.abc import Container, Iterable
from typing import Any

from starlette.responses import Response

from storage import applications, audit
from storage.documents import new_id
from storage.organization import connections, tenants
from storage.organization.connections import ConnectionInfo, StoredTokens
from storage.records import ConnectionStatus, Provider, SyncStatus
from storage.sync import syncs
from tasks.providers.access.applications import paused
from tasks.providers.access.kept_tokens import app_of
from tasks.providers.access.permissions import allowed
from web import cookies
from web.oauth import CONNECT, depart, services
from web.visits import Refusal, Visit

HEALTH = {
    ConnectionStatus.ACTIVE: "fine",
    ConnectionStatus.NEEDS_RECONNECT: "needs you to sign in again",
    ConnectionStatus.DISCONNECTED: "disconnected",
}
PAUSED = "paused"


SAID = {
    "connected": "The account is connected. Its contacts come in with a sync; it waits for a review before it writes.",
    "left": "The account is disconnected: its tokens are deleted and the permission is given back.",
    "kept": "The account is disconnected and its tokens are deleted. The service could not be told: remove the "
    "permission in the account’s own settings as well.",
}


def show(visit: Visit) -> Response:
    with visit.context.store.read() as session:
        found = connections.connections(session, visit.scope)
        owners = {user.id: user.email for user in tenants.users_of(session, visit.scope)}
        pauses = paused(session)
        opened = {sync.connection_id: sync for sync in syncs.open_syncs(session, visit.scope)}
    said = next((text for name, text in SAID.items() if visit.asked(name)), "")
    return visit.page(
        "connections.html", connections=found, owners=owners, opened=opened, services=services(),
        health=healths(found, pauses), pauses=pauses, may=allowed, once=new_id(), said=said,
    )  # fmt: skip


def healths(found: Iterable[ConnectionInfo], pauses: Container[Provider]) -> dict[str, str]:
    """The health of each account, by its id. `pauses` are services that do not accept this application."""
    return {
        one.id: PAUSED if one.status is ConnectionStatus.ACTIVE and one.provider in pauses else HEALTH[one.status]
        for one in found
    }


def connect(visit: Visit) -> Response:
    return depart(visit, CONNECT)


def keep_account(visit: Visit, provider: Provider, grant: Any, *, begun_by: str) -> Response:
    """Store the account. Raises Refusal unless the user who began to connect it is the one signed in now."""
    if visit.visitor is None or visit.email != begun_by:
        raise Refusal(403, "You are signed out", "Sign in, and connect the account again.")
    tokens = StoredTokens(grant.refresh_token, grant.access_token, grant.expires_at)
    with visit.context.store.begin() as session:
        made = connections.connect(
            session, visit.scope, provider=provider, account=(grant.account or visit.email).lower(), tokens=tokens,
            scopes=grant.scopes,
        )  # fmt: skip
        audit.record(
            session, visit.scope, actor=visit.email, action="connection.made", subject=made.id,
            detail={"provider": provider},
        )  # fmt: skip
        applications.accept(session, provider)
    response = visit.go("/connections?connected=1")
    cookies.drop(visit.context, response, cookies.FLOW)
    return response


def disconnect(visit: Visit) -> Response:
    """Revoke the permission where the service supports it; the tokens are deleted in any case."""
    from tasks.providers.access import oauth  # noqa: PLC0415 (only this view calls a service)

    connection_id = visit.part("connection_id")
    with visit.context.store.read() as session:
        found, tokens = connections.with_tokens(session, visit.scope, connection_id)
    revoked = tokens is not None and asyncio.run(oauth.revoke(app_of(found.provider), tokens.refresh_token))
    with visit.context.store.begin() as session:
        connections.disconnect(session, visit.scope, connection_id)
        audit.record(
            session, visit.scope, actor=visit.email, action="connection.removed", subject=connection_id,
            detail={"revoked": revoked},
        )  # fmt: skip
    return visit.go(f"/connections?{'left' if revoked else 'kept'}=1")


def sync_now(visit: Visit) -> Response:
    """Start a sync, or go to the open one. A plan waiting for review is replaced if the form names it (`instead`)."""
    connection_id = visit.part("connection_id")
    with visit.context.store.read() as session:
        found = connections.connection(session, visit.scope, connection_id)
        opened = syncs.open_for(session, visit.scope, connection_id)
        pause = paused(session).get(found.provider, "")
        owner = next(user.email for user in tenants.users_of(session, visit.scope) if user.id == found.user_id)
    if opened and not (opened.status is SyncStatus.PREVIEW and visit.form.one("instead") == opened.id):
        return visit.go(f"/syncs/{opened.id}")
    _demand_healthy(found, pause)
    sync_id = visit.form.one("once")
    if len(sync_id) != len(new_id()):
        raise Refusal(400, "This form is too old", "Load the page again.")
    known = visit.visitor
    organization = known.organization if known else ""
    parameters = {"organization": organization, "user": owner, "connection": connection_id}
    visit.context.engine.start("contact-sync", parameters, key=f"{connection_id}-{sync_id}")
    return visit.go("/?started=1")


def _demand_healthy(found: ConnectionInfo, pause: str) -> None:
    if found.status is not ConnectionStatus.ACTIVE:
        raise Refusal(409, "This account cannot be read", f"It is {HEALTH[found.status]}: connect it again first.")
    if pause:
        raise Refusal(409, "This account is paused", f"{pause}.")

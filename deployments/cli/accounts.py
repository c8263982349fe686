"""Connected accounts: connect by browser sign-in or refresh token, list with their health, disconnect."""

import asyncio
import sys
import webbrowser
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import parse_qsl, urlsplit

import click

from deployments.cli.terminal import Refused, command, organization_option, ready_store, show, table, user_option, when
from storage import applications, audit
from storage.organization import connections, sign_ins, tenants
from storage.organization.connections import ConnectionInfo, StoredTokens
from storage.records import Provider
from storage.settings import settings

if TYPE_CHECKING:
    from tasks.providers.access.oauth import App, Grant

SIGN_IN_SECONDS = 300
COLUMNS = ("id", "provider", "account", "access", "health", "last sync")
CONTACTS_ALONE = "mail is refused: asking for the contacts alone"
NO_MAIL = "it may read contacts, not send mail: campaigns cannot use it"


@command("connect")
@click.argument("provider", type=click.Choice([Provider.MICROSOFT.value, Provider.GOOGLE.value]))
@organization_option
@user_option
@click.option("--refresh-token-stdin", is_flag=True, help="Read a refresh token from standard input.")
@click.option("--contacts-only", is_flag=True, help="Do not ask for permission to send mail, as campaigns need it.")
@click.option("--account", default="", help="The account's address, where the provider does not tell it.")
def connect_command(
    provider: str, organization: str, user: str, account: str, *, contacts_only: bool, refresh_token_stdin: bool,
    as_json: bool,
) -> None:  # fmt: skip
    """Connect a Microsoft or Google account, to read its contacts and to send mail; again, to mend it."""
    store = ready_store()
    with store.read() as session:
        scope = tenants.scope_of(session, organization, user)
    token = sys.stdin.readline().strip() if refresh_token_stdin else ""
    if refresh_token_stdin and not token:
        raise Refused("there was no refresh token on standard input")
    grant = asyncio.run(_granted(Provider(provider), token, contacts_only=contacts_only))
    tokens = StoredTokens(grant.refresh_token, grant.access_token, grant.expires_at)
    with store.begin() as session:
        made = connections.connect(
            session, scope, provider=Provider(provider), account=(grant.account or account or user).lower(),
            tokens=tokens, scopes=grant.scopes,
        )  # fmt: skip
        audit.record(
            session, scope, actor=user, action="connection.made", subject=made.id, detail={"provider": provider}
        )
        applications.accept(session, made.provider)
    data = _data(made)
    note = "" if contacts_only or "mail" in data["may"] else f"; {NO_MAIL}"
    show(as_json, data, lambda: click.echo(f"{made.id}  {made.provider} {made.account} is connected{note}"))


@command("sign-in")
@organization_option
@user_option
def sign_in_command(organization: str, user: str, *, as_json: bool) -> None:
    """Print a link that signs a user in to the review page, once, within a quarter of an hour."""
    from web.sign_in import link_to  # noqa: PLC0415 (slow import, not needed to list)

    with ready_store().begin() as session:
        token = sign_ins.offer_link(session, tenants.scope_of(session, organization, user))
    link = link_to(settings().public_url, token)
    show(as_json, {"link": link}, lambda: click.echo(link))


@command("connections")
@organization_option
@click.option("--retry", is_flag=True, help="Ask services again that did not accept this application.")
def connections_command(organization: str, *, retry: bool, as_json: bool) -> None:
    """List connected accounts and how they are."""
    from tasks.providers.access.applications import SERVICES, paused  # noqa: PLC0415 (only where connections are shown)

    store = ready_store()
    if retry:
        with store.begin() as session:
            again = [provider for provider in SERVICES if applications.accept(session, provider)]
        click.echo(f"asked again: {', '.join(again) or 'none, for none has refused this application'}", err=True)
    with store.read() as session:
        found = connections.connections(session, tenants.whole_organization(session, organization))
        pauses = paused(session)
    data = [_data(one, pauses.get(one.provider, "")) for one in found]
    rows = [
        (one["id"], one["provider"], one["account"], ", ".join(one["may"]), one["health"],
         when(one["synced_at"]) or "never")
        for one in data
    ]  # fmt: skip
    show(as_json, data, lambda: table("", COLUMNS, rows, empty="no account yet: `contactflow connect`"))


@command("disconnect")
@click.argument("connection_id", metavar="ID")
def disconnect_command(connection_id: str, *, as_json: bool) -> None:
    """Give an account's permission back and delete its tokens."""
    from tasks.providers.access import oauth  # noqa: PLC0415 (slow import, not needed to list)
    from tasks.providers.access.kept_tokens import app_of  # noqa: PLC0415 (as above)

    store = ready_store()
    with store.read() as session:
        scope = tenants.scope_of_connection(session, connection_id)
        found, tokens = connections.with_tokens(session, scope, connection_id)
    revoked = bool(tokens) and asyncio.run(oauth.revoke(app_of(found.provider), tokens.refresh_token if tokens else ""))
    with store.begin() as session:
        connections.disconnect(session, scope, connection_id)
        audit.record(
            session,
            scope,
            actor="terminal",
            action="connection.removed",
            subject=connection_id,
            detail={"revoked": revoked},
        )
    note = "" if revoked else "; the provider was not told: remove the permission in the account's settings as well"
    show(as_json, {"id": connection_id, "revoked": revoked}, lambda: click.echo(f"disconnected, tokens deleted{note}"))


async def _granted(provider: Provider, token: str, *, contacts_only: bool) -> "Grant":
    """Get a grant by sign-in or from a refresh `token`: for contacts and mail or, if that is refused, contacts only."""
    from tasks.providers.access.kept_tokens import app_of, mailing_app_of  # noqa: PLC0415 (as above)
    from tasks.providers.access.oauth import refresh  # noqa: PLC0415 (as above)
    from tasks.providers.access.permissions import asked_too_much  # noqa: PLC0415 (as above)
    from tasks.providers.base import ProviderError  # noqa: PLC0415 (slow import, not needed to list)

    less, asks_nothing = app_of(provider), token and provider is Provider.GOOGLE  # its refresh sends no scopes
    app = less if contacts_only or asks_nothing else mailing_app_of(provider)
    if not app.client_id:
        raise Refused(f"set CONTACTFLOW_{provider.upper()}_CLIENT_ID to the id of your application first")
    try:
        return await (refresh(app, token) if token else _sign_in(app))
    except ProviderError as refused:
        if app == less or not asked_too_much(refused):
            raise
    click.echo(CONTACTS_ALONE, err=True)
    return await (refresh(less, token) if token else _sign_in(less))


async def _sign_in(app: "App") -> "Grant":
    """Open the browser and wait for the provider's redirect to a loopback port. Raises Refused after a timeout."""
    from tasks.providers.access import sign_in  # noqa: PLC0415 (slow import: msal, google-auth)

    _Landing.query = {}
    with HTTPServer(("127.0.0.1", 0), _Landing) as server:
        begun = await sign_in.begin_sign_in(app, f"http://localhost:{server.server_port}/")
        click.echo(f"sign in here if no browser opens: {begun.url}", err=True)
        webbrowser.open(begun.url)
        server.timeout = SIGN_IN_SECONDS
        await asyncio.to_thread(server.handle_request)
    if not _Landing.query:
        raise Refused(f"nobody signed in within {SIGN_IN_SECONDS // 60} minutes: run the command again")
    return await sign_in.finish_sign_in(app, begun.flow, _Landing.query)


class _Landing(BaseHTTPRequestHandler):
    query: ClassVar[dict[str, str]] = {}

    def do_GET(self) -> None:
        _Landing.query = dict(parse_qsl(urlsplit(self.path).query))
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.end_headers()
        self.wfile.write(b"Thank you. You can close this page and go back to the terminal.\n")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the library's signature)
        """Log nothing: the URL contains secrets."""


def _data(one: ConnectionInfo, pause: str = "") -> dict[str, Any]:
    from tasks.providers.access.permissions import allowed, health  # noqa: PLC0415 (only where connections are shown)

    return {
        "id": one.id, "provider": one.provider, "account": one.account, "status": one.status, "cause": one.cause,
        "health": health(one, pause), "may": allowed(one), "scopes": one.scopes, "synced_at": one.synced_at,
    }  # fmt: skip

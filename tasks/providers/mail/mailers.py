"""Which mailer serves a campaign's mailbox: the one place that knows them all."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from storage.campaign import mailboxes
from storage.organization import connections
from storage.organization.connections import ConnectionInfo
from storage.records import Provider
from storage.scope import Scope
from storage.session import Store
from storage.settings import settings
from tasks.providers.access.kept_tokens import KeptTokens
from tasks.providers.mail.gmail import GmailMailer
from tasks.providers.mail.graph_mail import GraphMailer
from tasks.providers.mail.mailer import Mailer


def mailer_of(store: Store, scope: Scope, connection: ConnectionInfo, **how: Any) -> Mailer:
    tokens = KeptTokens(store, scope, connection.id)
    quiet = {
        "quiet_until": _quiet_until(store, scope, connection),
        "on_quiet": _keeping_quiet(store, scope, connection),
    }
    how = quiet | how
    if connection.provider is Provider.MICROSOFT:
        return GraphMailer(settings().microsoft_graph_url, tokens, **how)
    return GmailMailer(settings().google_gmail_url, tokens, **how)


def _quiet_until(store: Store, scope: Scope, connection: ConnectionInfo) -> Callable[[], float]:
    """What a sync of the same account, or its sign-in, was asked to wait for."""

    def quiet_until() -> float:
        with store.read() as session:
            until = connections.quiet_until(session, scope, connection.id)
        return until.timestamp() if until else 0.0

    return quiet_until


def _keeping_quiet(store: Store, scope: Scope, connection: ConnectionInfo) -> Callable[[float, str], None]:
    """Whoever sends from this mailbox next, in whichever process, first waits as long as the service asked.

    So does who reads contacts from it, where both are counted together; Google counts mail apart, and for hours.
    """

    def keep_quiet(until: float, why: str) -> None:
        moment = datetime.fromtimestamp(until, UTC)
        with store.begin() as session:
            mailboxes.keep_quiet(session, scope, connection.id, moment, why)
            if connection.provider is Provider.MICROSOFT:
                connections.keep_quiet(session, scope, connection.id, moment)

    return keep_quiet

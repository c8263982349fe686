"""Makes the mailer of a campaign's mailbox: the only place that knows all of them."""

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
    """The end of a wait that a sync of the same account, or its token endpoint, was asked for."""

    def quiet_until() -> float:
        with store.read() as session:
            until = connections.quiet_until(session, scope, connection.id)
        return until.timestamp() if until else 0.0

    return quiet_until


def _keeping_quiet(store: Store, scope: Scope, connection: ConnectionInfo) -> Callable[[float, str], None]:
    """Store a wait that the service asked for, so that every process that sends from this mailbox keeps it.

    Reading contacts waits too where both share a limit; Google limits mail separately, and for hours.
    """

    def keep_quiet(until: float, why: str) -> None:
        moment = datetime.fromtimestamp(until, UTC)
        with store.begin() as session:
            mailboxes.keep_quiet(session, scope, connection.id, moment, why)
            if connection.provider is Provider.MICROSOFT:
                connections.keep_quiet(session, scope, connection.id, moment)

    return keep_quiet

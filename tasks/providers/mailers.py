"""Which mailer serves a campaign's mailbox: the one place that knows them all."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from storage.campaign import mailboxes
from storage.organization.connections import ConnectionInfo
from storage.records import Provider
from storage.scope import Scope
from storage.session import Store
from storage.settings import settings
from tasks.providers.gmail import GmailMailer
from tasks.providers.graph_mail import GraphMailer
from tasks.providers.kept_tokens import KeptTokens
from tasks.providers.mailer import Mailer


def mailer_of(store: Store, scope: Scope, connection: ConnectionInfo, **how: Any) -> Mailer:
    tokens = KeptTokens(store, scope, connection.id)
    how = {"on_quiet": _keeping_quiet(store, scope, connection.id)} | how
    if connection.provider is Provider.MICROSOFT:
        return GraphMailer(settings().microsoft_graph_url, tokens, **how)
    return GmailMailer(settings().google_gmail_url, tokens, **how)


def _keeping_quiet(store: Store, scope: Scope, mailbox: str) -> Callable[[float, str], None]:
    """Whoever sends from this mailbox next, in whichever process, first waits as long as the service asked."""

    def keep_quiet(until: float, why: str) -> None:
        with store.begin() as session:
            mailboxes.keep_quiet(session, scope, mailbox, datetime.fromtimestamp(until, UTC), why)

    return keep_quiet

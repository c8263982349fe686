"""Makes the source of a sync: the only place that knows all providers."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from storage.organization import connections
from storage.people import links
from storage.records import Provider
from storage.scope import Scope
from storage.session import Store
from storage.settings import settings
from storage.sync.syncs import Sync
from tasks.providers.access.kept_tokens import KeptTokens
from tasks.providers.base import Source
from tasks.providers.contacts.google import GoogleSource, labels_of
from tasks.providers.contacts.google_labels import Labels
from tasks.providers.contacts.microsoft import MicrosoftSource
from tasks.providers.file.files import FileSource

MEGABYTE = 2**20


def source_of(store: Store, scope: Scope, sync: Sync, *, file: str, columns: Mapping[str, str] | None) -> Source:
    if sync.provider is Provider.FILE:
        return FileSource(Path(file), mapping=columns or None, max_bytes=settings().file_limit_mb * MEGABYTE)
    tokens = KeptTokens(store, scope, sync.connection_id)

    def quiet_until() -> float:
        with store.read() as session:
            until = connections.quiet_until(session, scope, sync.connection_id)
        return until.timestamp() if until else 0.0

    def keep_quiet(until: float) -> None:
        with store.begin() as session:
            connections.keep_quiet(session, scope, sync.connection_id, datetime.fromtimestamp(until, UTC))

    def remembered() -> Labels | None:
        with store.read() as session:
            if not links.count(session, scope, sync.account):
                return Labels({})  # no contact is linked yet, so none has tags
            return labels_of(connections.cursor(session, scope, sync.connection_id))

    if sync.provider is Provider.MICROSOFT:
        return MicrosoftSource(settings().microsoft_graph_url, tokens, quiet_until=quiet_until, on_quiet=keep_quiet)
    return GoogleSource(
        settings().google_people_url, tokens, remembered=remembered, quiet_until=quiet_until, on_quiet=keep_quiet
    )

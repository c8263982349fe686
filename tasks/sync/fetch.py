"""Fetch what changed at the source and store it page by page. After a crash it resumes at the next page."""

from collections.abc import Mapping
from contextlib import aclosing

from prefect import task

from storage.organization import connections, tenants
from storage.records import ConnectionStatus, SyncStatus
from storage.scope import Scope
from storage.session import Store, open_store
from storage.sync import landing, syncs
from storage.sync.syncs import RunIsOver, Sync
from tasks.providers.base import CursorExpired, IncompleteRead, NeedsReconnect, Source
from tasks.providers.contacts.sources import source_of
from tasks.providers.expectations import warm_up


@task
async def fetch(sync_id: str, file: str = "", columns: Mapping[str, str] | None = None) -> None:
    store = open_store()
    with store.read() as session:
        scope = tenants.scope_of_sync(session, sync_id)
        sync = syncs.sync(session, scope, sync_id)
        if syncs.is_fetched(session, scope, sync_id):
            return
        cursor = "" if sync.full or not sync.connection_id else connections.cursor(session, scope, sync.connection_id)
    source = source_of(store, scope, sync, file=file, columns=columns)
    warm_up()  # imports Great Expectations while the network is awaited
    try:
        await _fetch(store, scope, sync, source, cursor)
    except NeedsReconnect as error:
        with store.begin() as session:
            connections.mark(session, scope, sync.connection_id, ConnectionStatus.NEEDS_RECONNECT, str(error))
        raise


async def _fetch(store: Store, scope: Scope, sync: Sync, source: Source, cursor: str) -> None:
    try:
        await _land(store, scope, sync, source, cursor)
    except CursorExpired:
        # An incomplete delta is useless: read everything once, from the start. A second expiry fails the sync.
        with store.begin() as session:
            landing.clear(session, scope, sync.id)
            syncs.note(session, scope, sync.id, warnings=[])
        await _land(store, scope, sync, source, "")


async def _land(store: Store, scope: Scope, sync: Sync, source: Source, cursor: str) -> None:
    with store.begin() as session:
        key = syncs.demand_preview_key(session, scope, sync.id)
        number, position = landing.progress(session, scope, sync.id, key)
        if not number:
            syncs.note(session, scope, sync.id, full=not cursor and bool(sync.connection_id))
    async with aclosing(source.pages(cursor=cursor, position=position)) as pages:
        async for page in pages:
            number += 1
            with store.begin() as session:
                landing.land(session, scope, sync.id, key, number=number, body=page.body, position=page.position)
                if page.warning:
                    syncs.note(session, scope, sync.id, warnings=[page.warning])
                if page.cursor:
                    syncs.keep_cursor(session, scope, sync.id, page.cursor)
                if not syncs.is_at(session, scope, sync.id, SyncStatus.EXTRACTING):
                    raise RunIsOver(f"sync {sync.id} was ended meanwhile")
    with store.read() as session:
        if not syncs.is_fetched(session, scope, sync.id):
            raise IncompleteRead("the last page brought no cursor", provider=sync.provider)

"""Follow a run from the terminal until something is for the person to do."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from deployments.cli.terminal import Refused
from storage import syncs, tenants
from storage.records import SyncStatus
from storage.session import Store
from storage.syncs import Sync, UnknownSync
from tasks.providers.engine import Engine

GLANCE = 0.3
WAITS = (SyncStatus.EXTRACTING, SyncStatus.EXECUTING)
NEVER_BEGAN = ("Failed", "Cancelled")


def follow(store: Store, engine: Engine, sync_id: str, run_id: str, *, until: tuple[SyncStatus, ...] = ()) -> Sync:
    """Wait for a preview or an end; with `until`, for one of these alone."""
    with _spinner() as tell:
        while True:
            sync = _look(store, sync_id)
            tell(sync.status if sync else "waiting for the worker")
            if sync and (sync.status in until if until else sync.status not in WAITS):
                return sync
            if sync is None and engine.state(run_id) in NEVER_BEGAN:
                raise Refused(f"the sync did not begin: {engine.failure(run_id)}")
            if sync and until and not sync.is_open:
                return sync
            time.sleep(GLANCE)


def _look(store: Store, sync_id: str) -> Sync | None:
    with store.read() as session:
        try:
            return syncs.sync(session, tenants.scope_of_sync(session, sync_id), sync_id)
        except UnknownSync:
            return None


class _Teller:
    def __init__(self, status: object = None) -> None:
        self._status = status

    def __call__(self, text: str) -> None:
        if self._status is not None:
            self._status.update(f"{text} …")  # type: ignore[attr-defined]


@contextmanager
def _spinner() -> Iterator[_Teller]:
    """To the error stream, so that what is printed can be piped."""
    if not sys.stderr.isatty():
        yield _Teller()
        return
    from rich.console import Console  # noqa: PLC0415 (only what is shown is paid for)

    with Console(stderr=True).status("starting …") as status:
        yield _Teller(status)

"""A lease on the mails that a run writes, renewed by heartbeats; it expires soon after the run dies."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from threading import Lock

from storage.campaign import campaigns, mail_writing
from storage.crypto import Key
from storage.records import Mail
from storage.scope import Scope
from storage.session import Store

# Shorter than the silence after which a run counts as dead, so that its successor finds the mails free.
TERM = timedelta(seconds=30)
HEARTBEAT = 10.0

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Lease:
    """Rows under a lease hold its expiry, `until`, which also identifies the lease: it differs for each run."""

    store: Store
    scope: Scope
    campaign_id: str
    key: Key
    until: datetime = field(default_factory=lambda: datetime.now(UTC))
    lock: Lock = field(default_factory=Lock)

    def acquire(self) -> list[Mail]:
        """Lease and return all mails that wait to be written and that no other run holds."""
        with self.lock, self.store.begin() as session:
            moment = datetime.now(UTC)
            self.until = moment + TERM
            named = (session, self.scope, self.campaign_id)
            return mail_writing.lease(*named, self.key, moment=moment, until=self.until)

    def held_by_others(self) -> int:
        """How many mails are leased. These are of other runs, dead ones included, if this lease holds none."""
        with self.store.read() as session:
            return mail_writing.leased(session, self.scope, self.campaign_id)

    @asynccontextmanager
    async def kept_alive(self) -> AsyncIterator[None]:
        """Renew the lease while the model works. Releases it at the end, and on any error."""
        beating = asyncio.create_task(self._beat())
        try:
            yield
        finally:
            beating.cancel()
            await asyncio.gather(beating, return_exceptions=True)
            self._renew(None)

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(HEARTBEAT)
            try:
                await asyncio.to_thread(self._renew, TERM)
            except Exception as error:  # noqa: BLE001 (the database may be unavailable for a moment)
                log.warning("a lease could not be renewed: %s", type(error).__name__)

    def _renew(self, longer: timedelta | None) -> None:
        with self.lock, self.store.begin() as session:
            campaigns.note(session, self.scope, self.campaign_id)
            until = datetime.now(UTC) + longer if longer else None
            mail_writing.renew(session, self.scope, self.campaign_id, held=self.until, until=until)
            self.until = until or self.until

"""The mails that one run writes: in its hand while it is alive, and soon in another's if it dies."""

import asyncio
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

HOLD = timedelta(seconds=30)  # shorter than the lease of a run: what takes the place of a dead one finds them free
HEARTBEAT = 10.0


@dataclass(slots=True)
class Hand:
    """What is in it is known by the moment until which it is held: each run's has its own."""

    store: Store
    scope: Scope
    campaign_id: str
    key: Key
    until: datetime = field(default_factory=lambda: datetime.now(UTC))
    lock: Lock = field(default_factory=Lock)

    def take_up(self) -> list[Mail]:
        """All that wait to be written and that no other run is writing."""
        with self.lock, self.store.begin() as session:
            moment = datetime.now(UTC)
            self.until = moment + HOLD
            named = (session, self.scope, self.campaign_id)
            return mail_writing.take_up(*named, self.key, moment=moment, until=self.until)

    def in_others(self) -> int:
        """For who has nothing in hand any more."""
        with self.store.read() as session:
            return mail_writing.in_hand(session, self.scope, self.campaign_id)

    @asynccontextmanager
    async def alive(self) -> AsyncIterator[None]:
        """Signs of life, for a model may take its time; at the end, or on any trouble, it is opened."""
        beating = asyncio.create_task(self._beat())
        try:
            yield
        finally:
            beating.cancel()
            await asyncio.gather(beating, return_exceptions=True)
            self._hold(None)

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(HEARTBEAT)
            await asyncio.to_thread(self._hold, HOLD)

    def _hold(self, longer: timedelta | None) -> None:
        with self.lock, self.store.begin() as session:
            campaigns.note(session, self.scope, self.campaign_id)
            until = datetime.now(UTC) + longer if longer else None
            mail_writing.hold_on(session, self.scope, self.campaign_id, held=self.until, until=until)
            self.until = until or self.until

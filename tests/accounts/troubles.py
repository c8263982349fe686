"""What can go wrong while a sync runs, drawn by lot, and a time in which waiting costs nothing."""

import asyncio
import random
from functools import partial
from typing import Any

import pytest

from deployments.simulators.faults import Fault
from deployments.simulators.world import World
from tasks.providers.access import oauth
from tasks.providers.contacts.google import GoogleSource
from tasks.providers.contacts.microsoft import MicrosoftSource
from tasks.providers.polite_client import Chance, Patience

AT_THE_SERVICE = {
    "microsoft": ["contacts/delta", "contactFolders", "childFolders", "contactFolders/contacts", "/v1"],
    "google": ["connections", "contactGroups", "/v1"],
}
UNDONE = ["status", "status", "reset", "slow", "html"]  # a rotated token that got lost can only be asked for again
KINDS = ["status"] * 5 + ["reset", "reply_lost", "slow", "truncated", "cut", "html"]
STATUSES = [400, 401, 403, 404, 410, 429, 429, 500, 502, 503, 503, 504]
CODES = ["", "", "", "", "syncStateNotFound", "EXPIRED_SYNC_TOKEN", "rateLimitExceeded", "insufficient_claims"]
SIGN_IN_STATUSES = [400, 401, 429, 500, 503]
SIGN_IN_CODES = ["", "invalid_grant", "interaction_required", "invalid_client", "temporarily_unavailable"]


class Hours:
    """The clients' and the services' common time: whoever waits puts it forward."""

    def __init__(self, world: World, seed: int) -> None:
        self.world, self.roll = world, random.Random(seed).random

    @property
    def chance(self) -> Chance:
        return Chance(clock=self.world.now, sleep=self._sleep, roll=self.roll)

    async def _sleep(self, seconds: float) -> None:
        self.world.skew += max(0.0, seconds)
        await asyncio.sleep(0)

    def rule(self, monkeypatch: pytest.MonkeyPatch) -> None:
        timed: dict[str, Any] = {"chance": self.chance, "patience": Patience()}
        monkeypatch.setattr("tasks.providers.contacts.sources.MicrosoftSource", partial(MicrosoftSource, **timed))
        monkeypatch.setattr("tasks.providers.contacts.sources.GoogleSource", partial(GoogleSource, **timed))
        monkeypatch.setattr("tasks.providers.access.kept_tokens.refresh", partial(oauth.refresh, chance=self.chance))


def faults(chance: random.Random, provider: str) -> list[Fault]:
    return [_fault(chance, provider) for _ in range(chance.randrange(5))]


def _fault(chance: random.Random, provider: str) -> Fault:
    at_sign_in = chance.random() < 0.1
    kind = chance.choice(UNDONE if at_sign_in else KINDS)
    status = chance.choice(SIGN_IN_STATUSES if at_sign_in else STATUSES) if kind == "status" else 502
    asks = chance.random() < 0.5 and not (at_sign_in and status < 429)  # who refuses for good asks nobody to wait
    return Fault(
        kind,
        route="/token" if at_sign_in else chance.choice(AT_THE_SERVICE[provider]),
        status=status,
        code=chance.choice(SIGN_IN_CODES if at_sign_in else CODES),
        retry_after=chance.choice([0.5, 2, 17, 120]) if asks else None,
        http_date=asks and chance.random() < 0.2,
        ms=chance.choice([2, 20]),
        after=chance.randrange(10),
        times=chance.choice([1, 1, 1, 2, 3, 12]),
    )

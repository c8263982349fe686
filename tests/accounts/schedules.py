"""Random schedules of all that can go wrong, played by whole syncs in a time that passes only by being waited for."""

import asyncio
import random
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from deployments.simulators import changes
from deployments.simulators.mailbox import Mailbox
from deployments.simulators.server import Simulators
from storage.documents import FIELDS
from storage.organization import tenants
from storage.organization.connections import StoredTokens
from storage.people import links
from storage.records import Person, Role, SyncStatus
from storage.sync.syncs import Sync
from tasks.providers.base import ProviderError
from tasks.rules import normalise
from tasks.rules.guards import Allow
from tests.accounts.troubles import Hours, faults
from tests.flows.house import ANN, House
from tests.flows.pipeline import Pipeline
from tests.providers.reading import Book, assert_true, source_of

ROUNDS = 2
HANGS = 120


@dataclass
class Tally:
    schedules: int = 0
    completed: int = 0
    failed: int = 0
    causes: dict[str, int] = field(default_factory=dict)
    requests: int = 0
    waited: float = 0
    most_at_once: int = 0

    def __str__(self) -> str:
        causes = ", ".join(f"{name} {count}" for name, count in sorted(self.causes.items()))
        return (
            f"{self.schedules} schedules: {self.completed} syncs completed, {self.failed} failed ({causes}); "
            f"{self.requests} requests, at most {self.most_at_once} at once, {self.waited / 3600:.1f} h waited"
        )


@dataclass
class Schedule:
    """One mailbox, one organization, one row of syncs; the first that fails is followed by one without faults."""

    pipeline: Pipeline
    simulators: Simulators
    provider: str
    seed: int
    tally: Tally

    def __post_init__(self) -> None:
        self.chance, self.world = random.Random(f"{self.provider} {self.seed}"), self.simulators.world
        self.simulators.start_over(contacts=self.chance.randrange(20, 41), seed=self.seed)
        self.mailbox: Mailbox = self.world.mailbox(self.provider)
        self.mailbox.page_size = self.chance.randrange(3, 9)
        self.mailbox.empty_every = self.chance.choice([0, 0, 3])
        self.mailbox.replays = self.chance.choice([0, 0, 2])
        self.shared = set[str]()
        self.house = self._organization()
        self.connection = self._connected()

    def play(self) -> None:
        for number in range(ROUNDS):
            self.world.faults.active += faults(self.chance, self.provider)
            went_well = self._sync()
            self.world.faults.clear()
            if not went_well:
                self._connected()
                assert self._sync(), "without faults it must go well"
                break
            self._stir(number)
        self._check_manners()

    def _organization(self) -> House:
        home, self.user = self.pipeline.house, f"{self.provider}{self.seed}@acme.example"
        with home.store.begin() as session:
            self.organization = tenants.add_organization(session, f"{self.provider} {self.seed}").slug
            tenants.add_user(session, self.organization, self.user, role=Role.ADMIN)
            return House(home.home, home.store, {ANN: tenants.scope_of(session, self.organization, self.user)})

    def _connected(self) -> str:
        """Connected anew, with a sign-in that has to be asked for a token first."""
        tokens = StoredTokens(self.world.refresh_token(self.provider))
        return self.house.connection(self.provider, self.mailbox.email, tokens)

    def _sync(self) -> bool:
        before = self._standing()
        full = self.chance.random() < 0.1
        sync_id = self.pipeline.open(
            self.connection, user=self.user, organization=self.organization, allow=list(Allow), full=full
        )
        try:
            asyncio.run(self._to_review(sync_id))
        except ProviderError as error:
            self._check_failed(self.pipeline.sync(sync_id), before)
            self._count(type(error).__name__)
            return False
        done = self.pipeline.approve(self.pipeline.sync(sync_id))
        assert done.status is SyncStatus.COMPLETED
        self._check_truth(before, blind=any("labels could not be read" in warning for warning in done.warnings))
        self._count("")
        return True

    async def _to_review(self, sync_id: str) -> None:
        async with asyncio.timeout(HANGS):
            await self.pipeline._to_review(sync_id, "", None, "")

    def _standing(self) -> tuple[Any, ...]:
        return self.house.cursor(self.connection), self.house.crm(), self._links()

    def _links(self) -> dict[str, Person]:
        with self.house.store.read() as session:
            known = [source_id for source_id, *_ in links.fingerprints(session, self.house.scope, self.connection)]
            found = links.links(session, self.house.scope, self.connection, known)
        return {source_id: link.base for source_id, link in found.items()}

    def _check_failed(self, sync: Sync, before: tuple[Any, ...]) -> None:
        assert sync.status is SyncStatus.FAILED
        assert sync.error
        assert self._standing() == before

    def _check_truth(self, before: tuple[Any, ...], *, blind: bool) -> None:
        """A contact behind which two records stood keeps what both gave; all others say what the book says. `blind` to
        labels, a sync takes nobody's away.
        """
        cursor, crm, linked = self._standing()
        if blind:
            assert all(set(before[2][name].tags) <= set(linked[name].tags) for name in before[2].keys() & linked.keys())
        assert _untagged(linked, blind) == _untagged(self._truth(), blind)
        assert cursor != before[0]
        with self.house.store.read() as session:
            behind = {one.id: links.links_of(session, self.house.scope, one.id) for one in crm}
        self.shared |= {contact_id for contact_id, several in behind.items() if len(several) > 1}
        for contact in crm:
            if contact.id not in self.shared and behind[contact.id]:
                assert _said(contact.person) == _said(behind[contact.id][0].base)

    def _truth(self) -> dict[str, Person]:
        """Who is at the source, as a reader in quiet times has it; that one is checked against the simulated world."""
        waiting, self.world.faults.active = self.world.faults.active, []
        book = Book()
        asyncio.run(book.sync(source_of(self.simulators, self.mailbox, chance=Hours(self.world, self.seed).chance)))
        self.world.faults.active = waiting
        assert_true(book, self.mailbox)
        return {name: normalise.person(person, region="") for name, person in book.people.items()}

    def _stir(self, number: int) -> None:
        move = 0.05 * (self.provider == "microsoft")
        now = self.world.now()
        changes.at_random(self.mailbox, now, edit=0.1, add=0.05, gone=0.05, move=move, seed=self.seed + number)
        if self.provider == "google":
            changes.rename(self.mailbox, next(self.mailbox.alive()).key, now)
        if self.chance.random() < 0.3:
            self.world.tokens.expire(self.provider, self.mailbox.email)
        if self.chance.random() < 0.1:
            self.mailbox.generation += 1
            self.mailbox.reset_style = self.chance.choice(["gone", "location", "bad_request", "precondition"])

    def _count(self, cause: str) -> None:
        if cause:
            self.tally.failed += 1
            self.tally.causes[cause] = self.tally.causes.get(cause, 0) + 1
        else:
            self.tally.completed += 1

    def _check_manners(self) -> None:
        self.tally.schedules += 1
        self.tally.waited += self.world.skew
        for owner, account in self.world.ledger.accounts.items():
            assert not account.broken, self.seed
            assert account.too_early == 0, (owner, self.seed)
            assert account.max_in_flight <= 3, self.seed
            self.tally.requests += account.requests
            self.tally.most_at_once = max(self.tally.most_at_once, account.max_in_flight)


def _untagged(people: dict[str, Person], blind: bool) -> dict[str, Person]:  # noqa: FBT001 (of two that are compared)
    return {name: replace(person, tags=()) for name, person in people.items()} if blind else people


def _said(person: Person) -> dict[str, object]:
    """What a person's fields say, however it is spelled; values that are several have no order."""
    values = {name: getattr(person, name) for name in FIELDS}
    return {
        name: value if isinstance(value, str) else {normalise.field_key(name, one) for one in value}
        for name, value in values.items()
    }


def play(pipeline: Pipeline, simulators: Simulators, provider: str, seeds: range, tally: Tally | None = None) -> Tally:
    tally = tally or Tally()
    for seed in seeds:
        with pytest.MonkeyPatch.context() as patch:
            Hours(simulators.world, seed).rule(patch)
            try:
                Schedule(pipeline, simulators, provider, seed, tally).play()
            except Exception as error:
                error.add_note(f"{provider}, seed {seed}")
                raise
    return tally

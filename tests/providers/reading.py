"""What a caller of a source does: a round, once more in full if the cursor has expired, and the book it ends with."""

from dataclasses import dataclass, field
from typing import Any

import httpx

from deployments.simulators.control import truth
from deployments.simulators.mailbox import Mailbox
from deployments.simulators.people import Card
from deployments.simulators.server import Simulators
from storage.records import Gone, Person, Seen
from tasks.providers.base import CursorExpired, Page
from tasks.providers.contacts.google import GoogleSource
from tasks.providers.contacts.microsoft import MicrosoftSource
from tasks.providers.polite_client import Patience

QUICK = Patience(attempts=8, first_wait=0.01, longest_wait=0.1)
Source = MicrosoftSource | GoogleSource


class WorldTokens:
    """Access tokens straight from the simulated world; a refused one is replaced."""

    def __init__(self, simulators: Simulators, mailbox: Mailbox) -> None:
        self.world, self.mailbox = simulators.world, mailbox
        self.token = self._another()

    async def access_token(self, *, refused: str = "") -> str:
        if refused == self.token:
            self.token = self._another()
        return self.token

    def _another(self) -> str:
        return self.world.access_token(self.mailbox.provider, self.mailbox.email)


@dataclass
class Book:
    people: dict[str, Person] = field(default_factory=dict)
    cursor: str = ""
    rounds: list[str] = field(default_factory=list)

    async def sync(self, source: Source) -> None:
        """Nothing changes unless the round comes to its end."""
        pages, full = await self._round(source)
        people = {} if full else dict(self.people)
        for record in source.settled(page.body for page in pages):
            if isinstance(record, Seen):
                for name in record.previous_ids:
                    people.pop(name, None)
                people[record.source_id] = record.person
            else:
                assert isinstance(record, Gone), record
                people.pop(record.source_id, None)
        self.people, self.cursor = people, pages[-1].cursor

    async def _round(self, source: Source) -> tuple[list[Page], bool]:
        try:
            self.rounds.append("from the cursor" if self.cursor else "full")
            return [page async for page in source.pages(cursor=self.cursor)], not self.cursor
        except CursorExpired:
            self.rounds.append("full")
            return [page async for page in source.pages()], True


def source_of(simulators: Simulators, mailbox: Mailbox, **options: Any) -> Source:
    tokens = WorldTokens(simulators, mailbox)
    options = {"patience": QUICK, "connect": lambda: httpx.AsyncClient(timeout=0.5), **options}
    if mailbox.provider == "google":
        return GoogleSource(simulators.urls.google_people_url, tokens, **options)
    return MicrosoftSource(simulators.urls.microsoft_graph_url, tokens, **options)


def assert_true(book: Book, mailbox: Mailbox) -> None:
    """The book holds exactly who is at the source, and says of each what the source says."""
    expected = truth(mailbox)
    assert book.people.keys() == expected.keys()
    for name, entry in expected.items():
        assert_alike(book.people[name], entry["card"])


def assert_alike(person: Person, card: Card) -> None:
    same = (
        (person.prefix, card.prefix),
        (person.given_name, card.given),
        (person.middle_name, card.middle),
        (person.family_name, card.family),
        (person.suffix, card.suffix),
        (person.nickname, card.nickname),
        (person.company, card.company),
        (person.department, card.department),
        (person.job_title, card.job_title),
        (person.birthday, card.birthday),
        (person.notes, card.notes),
        (tuple(email.value for email in person.emails), tuple(value for _, value in card.emails)),
        ({phone.value for phone in person.phones}, {value for _, value in card.phones}),
        ({place.city for place in person.addresses}, {place.city for place in card.addresses}),
        ([page.value for page in person.urls], [card.url] if card.url else []),
        (set(person.tags), set(card.tags)),
    )
    for read, written in same:
        assert read == written


def assert_well_behaved(simulators: Simulators) -> None:
    for account in simulators.world.ledger.accounts.values():
        assert not account.broken
        assert account.too_early == 0
        assert account.max_in_flight <= 1

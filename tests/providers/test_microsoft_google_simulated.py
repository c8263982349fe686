"""Both clients against the simulated services: what they end with is exactly what is there."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from deployments.simulators import changes
from deployments.simulators.faults import Fault
from deployments.simulators.mailbox import DEFAULT_FOLDER, Change, Mailbox
from deployments.simulators.server import Simulators, serve
from tasks.providers.base import CursorExpired, NeedsReconnect
from tests.providers.reading import Book, Source, assert_true, assert_well_behaved, source_of


@pytest.fixture(scope="module")
def simulators() -> Iterator[Simulators]:
    with serve(contacts=1) as running:
        yield running
    assert_well_behaved(running)


@pytest.fixture(params=["microsoft", "google"])
def mailbox(simulators: Simulators, request: pytest.FixtureRequest) -> Mailbox:
    return new_mailbox(simulators, request.param)


def new_mailbox(simulators: Simulators, provider: str) -> Mailbox:
    number = len(simulators.world.mailboxes)
    mailbox: Mailbox = simulators.world.add_mailbox(provider, f"owner{number}@example.com", seed=1, size=120)
    mailbox.page_size = 16
    return mailbox


@pytest.fixture
def source(simulators: Simulators, mailbox: Mailbox) -> Source:
    return source_of(simulators, mailbox)


def stir(mailbox: Mailbox, now: float, seed: int) -> None:
    """A bit of everything."""
    share = 0.1 if mailbox.provider == "microsoft" else 0
    changes.at_random(mailbox, now, edit=0.1, gone=0.1, move=share, seed=seed)
    changes.put(mailbox, next(mailbox.alive()).card, now)
    if mailbox.provider == "google":
        changes.rename(mailbox, next(mailbox.alive()).key, now)


@pytest.mark.parametrize(("empty_every", "replays"), [(0, 0), (2, 0), (3, 2)])
async def test_round_after_round_the_book_is_the_source(
    simulators: Simulators, mailbox: Mailbox, source: Source, empty_every: int, replays: int
) -> None:
    mailbox.empty_every, mailbox.replays = empty_every, replays
    book = Book()
    for seed in range(4):
        await book.sync(source)
        assert_true(book, mailbox)
        stir(mailbox, simulators.world.now(), seed)
    assert book.rounds == ["full"] + ["from the cursor"] * 3


@pytest.mark.parametrize("style", ["gone", "location", "bad_request", "precondition"])
async def test_after_an_expired_cursor_one_full_round_tells_all(
    simulators: Simulators, mailbox: Mailbox, source: Source, style: str
) -> None:
    book = Book()
    await book.sync(source)
    stir(mailbox, simulators.world.now(), 1)
    mailbox.generation += 1
    mailbox.reset_style = style
    await book.sync(source)
    assert_true(book, mailbox)
    assert book.rounds == ["full", "from the cursor", "full"]


async def test_a_cursor_that_expires_in_the_middle_of_paging_ends_the_round(mailbox: Mailbox, source: Source) -> None:
    mailbox.page_size = 8
    pages = source.pages()
    for _ in range(6):
        await anext(pages)
    mailbox.generation += 1
    with pytest.raises(CursorExpired):
        _ = [page async for page in pages]


async def test_a_crash_after_any_page_loses_and_doubles_nothing(
    simulators: Simulators, mailbox: Mailbox, source: Source
) -> None:
    whole = [page async for page in source.pages()]
    ids = [record.source_id for record in source.settled(page.body for page in whole)]
    for landed in range(1, len(whole)):
        resumed = source_of(simulators, mailbox)
        pages = whole[:landed] + [page async for page in resumed.pages(position=whole[landed - 1].position)]
        assert sorted(record.source_id for record in resumed.settled(page.body for page in pages)) == sorted(ids)
        assert pages[-1].cursor


async def test_an_access_token_that_expires_on_the_way_is_replaced(
    simulators: Simulators, mailbox: Mailbox, source: Source
) -> None:
    book = Book()
    simulators.world.tokens.expire(mailbox.provider, mailbox.email)
    await book.sync(source)
    assert_true(book, mailbox)
    assert simulators.world.ledger.of("").statuses["401"] <= 3


async def test_a_permission_that_was_taken_back_is_named(simulators: Simulators, source: Source) -> None:
    for access in simulators.world.tokens.accesses.values():
        access.scope = "openid"  # of this sync and of those that are over
    with pytest.raises(NeedsReconnect, match="ontacts"):
        await Book().sync(source)


async def test_a_wait_given_as_a_date_is_kept(simulators: Simulators, mailbox: Mailbox, source: Source) -> None:
    simulators.world.faults.add(
        Fault("status", status=429, retry_after=1.2, http_date=True, mailbox=mailbox.email, after=3)
    )
    book = Book()
    await book.sync(source)
    assert_true(book, mailbox)


async def test_a_removed_folder_takes_its_contacts_along(simulators: Simulators) -> None:
    mailbox = new_mailbox(simulators, "microsoft")
    source, book = source_of(simulators, mailbox), Book()
    await book.sync(source)
    now = simulators.world.now()
    left = [entry for entry in mailbox.alive() if entry.folder == "AQMkADformer"]
    assert left
    for entry in left:
        changes.remove(mailbox, entry.key, now)
    changes.record(mailbox, Change("folder_gone", "AQMkADformer", at=now), now)
    await book.sync(source)
    assert_true(book, mailbox)
    assert book.rounds == ["full", "from the cursor", "full"]


async def test_a_contact_that_moves_between_the_reading_of_two_folders_stays(
    simulators: Simulators, monkeypatch: pytest.MonkeyPatch
) -> None:
    mailbox = new_mailbox(simulators, "microsoft")
    source, book = source_of(simulators, mailbox), Book()
    moved = next(entry for entry in mailbox.alive() if entry.folder == "AQMkADclients")
    answered = source._client.get

    async def move_when_the_default_folder_is_asked_for(url: str, decode: Any, **more: Any) -> Any:
        if url.endswith("contacts/contacts/delta") and moved.folder != DEFAULT_FOLDER:
            changes.put(mailbox, moved.card, simulators.world.now(), key=moved.key, folder=DEFAULT_FOLDER)
        return await answered(url, decode, **more)

    monkeypatch.setattr(source._client, "get", move_when_the_default_folder_is_asked_for)
    for _ in range(2):  # in the second round only the folder that it had left speaks of it
        await book.sync(source)
        assert_true(book, mailbox)
    assert moved.folder == DEFAULT_FOLDER
    changes.remove(mailbox, moved.key, simulators.world.now())
    await book.sync(source)
    assert_true(book, mailbox)


async def test_a_new_folder_is_read_beside_the_changes_of_the_others(simulators: Simulators) -> None:
    mailbox = new_mailbox(simulators, "microsoft")
    source, book = source_of(simulators, mailbox), Book()
    await book.sync(source)
    now = simulators.world.now()
    changes.record(mailbox, Change("folder", "AQMkADnew", folder=DEFAULT_FOLDER, name="New", at=now), now)
    moved, *_ = mailbox.alive()
    changes.put(mailbox, moved.card, now, key=moved.key, folder="AQMkADnew")
    changes.put(mailbox, replace(moved.card, notes="Only here."), now, folder="AQMkADnew")
    await book.sync(source)
    assert_true(book, mailbox)
    assert book.rounds == ["full", "from the cursor"]


async def test_a_renamed_group_renames_the_tag_of_everybody_in_it(simulators: Simulators) -> None:
    mailbox = new_mailbox(simulators, "google")
    source, book = source_of(simulators, mailbox), Book()
    await book.sync(source)
    tag = next(tag for entry in mailbox.alive() for tag in entry.card.tags)
    changes.record(mailbox, Change("group", tag, name="Gold", at=simulators.world.now()), simulators.world.now())
    await book.sync(source)
    tags = {one for person in book.people.values() for one in person.tags}
    assert "Gold" in tags
    assert tag not in tags

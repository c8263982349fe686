"""Changes to an address book at the source: add, edit, remove, move, rename; single or at random."""

import random
from collections.abc import Callable, Sequence
from dataclasses import replace

from deployments.simulators import phrases
from deployments.simulators.mailbox import DEFAULT_FOLDER, Change, Entry, Mailbox
from deployments.simulators.people import HOUSEHOLD, Card, people, pick
from deployments.simulators.population import differently, seen

NEWCOMERS = 1_000_000
"""Added people have indices from here on, beyond those of the initial address books."""


def put(mailbox: Mailbox, card: Card, at: float, *, key: str = "", folder: str = "") -> str:
    """Add a contact, or edit or move the one called `key`."""
    entry = mailbox.entries.get(key)
    if entry is None:
        key = str(1 + len(mailbox.entries) + sum(change.key not in mailbox.entries for change in mailbox.pending))
    left = entry.folder if entry else ""
    record(mailbox, Change("put", key, card, folder or left or DEFAULT_FOLDER, left, at=at), at)
    return key


def remove(mailbox: Mailbox, key: str, at: float, *, reason: str = "deleted") -> str:
    record(mailbox, Change("gone", key, left=mailbox.entries[key].folder, name=reason, at=at), at)
    return key


def rename(mailbox: Mailbox, key: str, at: float) -> str:
    """Give the contact another id, as Google does after linking it to a profile."""
    entry = mailbox.entries[key]
    number = entry.numbers[-1] + 1_000_000
    record(mailbox, Change("renamed", key, folder=entry.folder, left=entry.folder, name=str(number), at=at), at)
    return key


def record(mailbox: Mailbox, change: Change, at: float) -> None:
    if mailbox.delay_s:
        mailbox.pending.append(change)
    else:
        mailbox.settle(at)
        mailbox.happen(change)


def at_random(
    mailbox: Mailbox,
    at: float,
    *,
    edit: float = 0,
    add: float = 0,
    gone: float = 0,
    move: float = 0,
    seed: int = 0,
) -> dict[str, list[str]]:
    """Change these shares of the contacts, each contact at most once. Returns the keys by kind of change."""
    chance = random.Random(seed)
    alive = list(mailbox.alive())
    counts = [round(len(alive) * share) for share in (edit, gone, move)]
    chosen = chance.sample(alive, min(sum(counts), len(alive)))
    edited, removed, moved = _cut(chosen, counts)
    new = round(len(alive) * add)
    return {
        "edited": [put(mailbox, edited_card(entry.card, chance), at, key=entry.key) for entry in edited],
        "removed": [remove(mailbox, entry.key, at) for entry in removed],
        "moved": [
            put(mailbox, entry.card, at, key=entry.key, folder=_elsewhere(mailbox, entry, chance)) for entry in moved
        ],
        "added": [put(mailbox, newcomer(mailbox, chance), at) for _ in range(new)],
    }


def _cut(entries: Sequence[Entry], counts: Sequence[int]) -> list[Sequence[Entry]]:
    starts = [sum(counts[:position]) for position in range(len(counts))]
    return [entries[start : start + count] for start, count in zip(starts, counts, strict=True)]


def _elsewhere(mailbox: Mailbox, entry: Entry, chance: random.Random) -> str:
    return pick(chance, [folder for folder in mailbox.folders if folder != entry.folder])


def edited_card(card: Card, chance: random.Random) -> Card:
    """A randomly edited card, never equal to the original."""
    changed = pick(chance, _EDITS)(card, chance)
    return changed if changed != card else replace(card, notes=f"{card.notes}\nEdited.".strip())


def newcomer(mailbox: Mailbox, chance: random.Random) -> Card:
    """A person who is not yet in this mailbox nor, as a rule, in another; without telephone numbers."""
    number = NEWCOMERS * (1 + mailbox.salt % 1000) + len(mailbox.entries) + len(mailbox.pending)
    truth = next(people(mailbox.seed, number * HOUSEHOLD))
    return seen(replace(truth, phones=()), chance)


def _other_job(card: Card, chance: random.Random) -> Card:
    return replace(card, job_title=pick(chance, [job for job in phrases.JOBS if job != card.job_title]))


def _other_note(card: Card, chance: random.Random) -> Card:
    return replace(card, notes=pick(chance, [note for note in phrases.NOTES if note != card.notes]))


def _other_phone(card: Card, chance: random.Random) -> Card:
    return replace(card, phones=(("mobile", f"+44 7400{int(chance.random() * 10**6):06d}"),))


def _other_tags(card: Card, chance: random.Random) -> Card:
    return replace(card, tags=tuple(sorted({*card.tags, pick(chance, phrases.TAGS)})))


_EDITS: tuple[Callable[[Card, random.Random], Card], ...] = (
    _other_job,
    _other_note,
    _other_phone,
    _other_tags,
    differently,
)

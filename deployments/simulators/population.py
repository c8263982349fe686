"""Address books of invented people, deterministic by seed, with the ground truth for deduplication.

Each card carries the id of its `person`, which no provider API returns. The books of two sources overlap by about
a third, and each holds a few duplicates: with a typo, a nickname, a new job, a married name.
"""

import random
import zlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import islice

from deployments.simulators import cultures, phrases
from deployments.simulators.people import HOUSEHOLD, Card, domain, likely, people, pick

TWIN_SHARE = 0.02
OTHERWISE_SHARE = 0.1
GAP_SHARE = 0.2
SHORTEST_TYPO = 4

Way = Callable[[Card, random.Random], Card]


def population(seed: int, size: int, source: str = "microsoft") -> list[Card]:
    """The address book of `source`: exactly `size` cards."""
    first = 0 if source == "microsoft" else int(size * 0.7) // HOUSEHOLD * HOUSEHOLD
    return list(islice(_book(seed, first, source), size))


def _book(seed: int, first: int, source: str) -> Iterator[Card]:
    chance = random.Random(f"{seed}/{source}")
    for truth in people(seed, first):
        yield seen(truth, chance)
        if chance.random() < TWIN_SHARE:
            yield differently(seen(truth, chance), chance)


def seen(truth: Card, chance: random.Random) -> Card:
    """The card as an address book holds it: sometimes a variant, sometimes with fields missing."""
    if likely(chance, OTHERWISE_SHARE):
        return differently(truth, chance)
    return pick(chance, _GAPS)(truth) if likely(chance, GAP_SHARE) else truth


def differently(card: Card, chance: random.Random) -> Card:
    """A variant of the card that still means the same person, by one of `_WAYS` at random."""
    return pick(chance, _WAYS)(card, chance)


def _typo(card: Card, chance: random.Random) -> Card:
    word = card.family or card.given
    if len(word) < SHORTEST_TYPO:
        return _shout(card, chance)
    at = 1 + int(chance.random() * (len(word) - 2))
    return replace(card, family=word[:at] + word[at + 1] + word[at] + word[at + 2 :])


def _shout(card: Card, chance: random.Random) -> Card:
    emails = tuple((label, address.upper()) for label, address in card.emails)
    family = card.family.upper() if likely(chance, 0.5) else card.family + " "
    return replace(card, family=family if card.family else "", emails=emails)


def _new_job(card: Card, chance: random.Random) -> Card:
    company = pick(chance, phrases.COMPANIES)
    known = [address.partition("@")[0] for label, address in card.emails if label == "work"]
    local = known[0] if known else f"c{zlib.crc32(card.person.encode()):08x}"
    work = ("work", f"{local}@{domain(company)}")
    kept = tuple(email for email in card.emails if email[0] != "work")
    return replace(card, company=company, job_title=pick(chance, phrases.JOBS), emails=(work, *kept))


def _nickname(card: Card, chance: random.Random) -> Card:
    given = cultures.NICKNAMES.get(card.given, "")
    return replace(card, given=given, nickname="") if given else _typo(card, chance)


def _married(card: Card, chance: random.Random) -> Card:
    other = pick(chance, cultures.CULTURES[:12])
    family = pick(chance, other.stems) + pick(chance, other.endings)
    return replace(card, family=family if likely(chance, 0.5) else f"{card.family}-{family}")


def _dialled(card: Card, _chance: random.Random) -> Card:
    """The numbers as dialled: British ones in national format (0...), others with 00 for the +."""
    return replace(card, phones=tuple((label, _as_dialled(number)) for label, number in card.phones))


def _as_dialled(number: str) -> str:
    return number.replace("+44 ", "0") if number.startswith("+44") else number.replace("+", "00")


_WAYS: tuple[Way, ...] = (_typo, _shout, _new_job, _nickname, _married, _dialled)


def _no_email(card: Card) -> Card:
    return replace(card, emails=())


def _no_phone(card: Card) -> Card:
    return replace(card, phones=())


def _private(card: Card) -> Card:
    return replace(card, company="", department="", job_title="", emails=card.emails[1:] or card.emails)


def _nameless(card: Card) -> Card:
    return replace(card, prefix="", given="", middle="", family="", suffix="", nickname="")


# Weights by repetition: a missing name is rare; a missing e-mail address, number or job is common.
_GAPS = (*[_no_email] * 10, *[_no_phone] * 14, *[_private] * 15, _nameless)

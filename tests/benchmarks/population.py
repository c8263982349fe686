"""Made-up people with known truth: each is in the CRM once, and in the source as years have changed the card."""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from storage.records import Labelled, Person, PostalAddress

_CONSONANTS = ["b", "d", "f", "g", "h", "k", "l", "m", "n", "p", "r", "s", "t", "v", "w", "st", "br", "kl", "sch"]
_SYLLABLES = [consonant + vowel for consonant in _CONSONANTS for vowel in ("a", "e", "i", "o", "u", "au", "ei")]
_ENDS = ["n", "r", "s", "ck", "mann", "ner", "son", "ley", "ton", "berg", "sen", "ski", "ova", "ez", "i", "o"]
_SHORT = {
    "Robert": "Bob",
    "William": "Bill",
    "Michael": "Mike",
    "Katherine": "Kate",
    "Elizabeth": "Liz",
    "Thomas": "Tom",
    "Alexander": "Sasha",
    "Susanne": "Susi",
    "Stefan": "Steff",
    "Christian": "Chris",
    "Francisco": "Paco",
    "José": "Pepe",
    "Giuseppe": "Beppe",
    "Dmitrii": "Dima",
    "Natalia": "Natasha",
    "Margaret": "Peggy",
    "Patricia": "Pat",
    "Daniel": "Dan",
    "Matthias": "Matze",
    "Andreas": "Andi",
    "Ursula": "Uschi",
}
_GIVEN = [
    *_SHORT,
    *("Anna", "Maria", "Sergei", "Olga", "Jürgen", "Günter", "Monika", "Paul", "Paula", "Mario", "Laura", "Emma"),
    *("Noah", "Liam", "Mia", "Ella", "Oliver", "Jack", "Harry", "George", "Amelia", "Isla", "Ava", "Sophie", "Grace"),
    *("Lily", "Freya", "Ivy", "Florence", "Willow", "Rosie", "Lucas", "Leo", "Arthur", "Muhammad", "Oscar", "Theo"),
    *("Henri", "Louise", "Chloé", "Zoé", "Hugo", "Jules", "Inès", "Léa", "Manon", "Lena", "Marie", "Felix", "Elias"),
    *("Ben", "Luis", "Jonas", "Finn", "Noel", "Emil", "Anton", "Karl", "Frieda", "Greta", "Ida", "Marta", "Clara"),
]
_FREE = ["gmail.com", "web.de", "outlook.com", "yahoo.com", "icloud.com"]
_KEYS = "qwertyuiopasdfghjklzxcvbnm"


@dataclass(frozen=True, slots=True)
class Population:
    """Pairs of the same position are the same person."""

    crm: list[tuple[str, Person]]
    source: list[tuple[str, Person]]


def population(size: int, seed: int = 7) -> Population:
    chance = random.Random(seed)
    world = _World(chance, size)
    crm = [(f"crm-{at}", world.person()) for at in range(size)]
    source = [(f"src-{at}", _aged(chance, person)) for at, (_, person) in enumerate(crm)]
    return Population(crm, source)


class _World:
    """Names, towns and companies as unevenly spread as in life."""

    def __init__(self, chance: random.Random, size: int) -> None:
        self.chance = chance
        count = max(200, int(size**0.7))
        self.families = ["".join(chance.choices(_SYLLABLES, k=chance.choice((1, 2)))).title() + chance.choice(_ENDS)
                         for _ in range(count)]  # fmt: skip
        self.towns = ["".join(chance.choices(_SYLLABLES, k=2)).title() for _ in range(max(20, size // 300))]
        self.companies = ["".join(chance.choices(_SYLLABLES, k=3)).title() for _ in range(max(10, size // 20))]
        self.streets = ["".join(chance.choices(_SYLLABLES, k=2)).title() + "straße" for _ in range(max(50, size // 50))]

    def often(self, values: list[str]) -> str:
        return values[int(len(values) * self.chance.random() ** 2.5)]

    def person(self) -> Person:
        chance = self.chance
        given, family = self.often(_GIVEN), self.often(self.families)
        company = self.often(self.companies) if chance.random() < 0.6 else ""
        return Person(
            given_name=given,
            family_name=family,
            company=f"{company} {chance.choice(['GmbH', 'Ltd', 'Inc.', ''])}".strip() if company else "",
            birthday=self.birthday() if chance.random() < 0.3 else "",
            emails=tuple(self.emails(given, family, company)),
            phones=tuple(self.phones(company)),
            addresses=(self.address(),) if chance.random() < 0.6 else (),
        )

    def birthday(self) -> str:
        return f"{self.chance.randint(1940, 2005)}-{self.chance.randint(1, 12):02}-{self.chance.randint(1, 28):02}"

    def address(self) -> PostalAddress:
        town = self.often(self.towns)
        postcode = f"{sum(map(ord, town)) * 7919 % 90000 + 10000}"
        return PostalAddress(f"{self.often(self.streets)} {self.chance.randint(1, 150)}", town, postcode=postcode)

    def emails(self, given: str, family: str, company: str) -> Iterator[Labelled]:
        chance = self.chance
        if chance.random() < 0.5:
            yield Labelled(f"{given[0]}.{family}{chance.randint(1, 999)}@{chance.choice(_FREE)}".lower(), "home")
        if company and chance.random() < 0.7:
            yield Labelled(f"{given}.{family}@{company}.com".lower(), "work")
        elif company and chance.random() < 0.3:
            yield Labelled(f"info@{company}.com".lower(), "work")

    def phones(self, company: str) -> Iterator[Labelled]:
        chance = self.chance
        if chance.random() < 0.6:
            yield Labelled(f"+4917{chance.randint(10**7, 10**8 - 1)}", "mobile")
        if company and chance.random() < 0.5:
            yield Labelled(f"+4930{sum(map(ord, company)) * 7919 % 10**6:06}", "work")


def _aged(chance: random.Random, person: Person) -> Person:
    """The same person as somebody else wrote them down, some time later."""
    for change, share in _CHANGES:
        if chance.random() < share:
            person = change(chance, person)
    return person


def _slip(chance: random.Random, word: str) -> str:
    at = chance.randrange(len(word)) if word else 0
    before, here, after = word[:at], word[at : at + 1], word[at + 1 :]
    turned = before + after[:1] + here + after[1:]
    return chance.choice([before + after, before + chance.choice(_KEYS) + here + after, turned])


_CHANGES: list[tuple[Callable[[random.Random, Person], Person], float]] = [
    (lambda _, p: replace(p, given_name=_SHORT.get(p.given_name, p.given_name)), 0.2),
    (lambda _, p: replace(p, given_name=p.family_name, family_name=p.given_name), 0.03),
    (lambda _, p: replace(p, given_name=p.given_name[:1]), 0.04),
    (lambda c, p: replace(p, given_name=_slip(c, p.given_name)), 0.08),
    (lambda c, p: replace(p, family_name=_slip(c, p.family_name)), 0.08),
    (lambda _, p: replace(p, birthday=p.birthday[:8] + p.birthday[9:] + p.birthday[8] if p.birthday else ""), 0.02),
    (lambda _, p: replace(p, birthday=""), 0.3),
    (lambda _, p: replace(p, emails=p.emails[1:]), 0.3),
    (lambda _, p: replace(p, phones=p.phones[1:]), 0.3),
    (lambda _, p: replace(p, addresses=()), 0.3),
    (lambda _, p: replace(p, company=""), 0.25),
]  # fmt: skip

"""Labelled sets: people, and which of them are one person. Labels are read here and in the measurement alone."""

import csv
from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import combinations
from pathlib import Path

from deployments.simulators.people import Card
from deployments.simulators.population import population
from storage.records import Labelled, Person, PostalAddress
from tasks.rules import normalise

DATA = Path(__file__).parents[1] / "data"
SOURCES = ("microsoft", "google")
Pair = frozenset[str]


@dataclass(frozen=True, slots=True)
class Truth:
    """A labelled set: who is in it, and which pairs are the same person."""

    name: str
    people: list[tuple[str, Person]]
    pairs: frozenset[Pair]


def fake_1000() -> Truth:
    rows = _rows("fake_1000.csv")
    people = [(row["unique_id"], _fake_person(row)) for row in rows]
    return Truth("fake_1000", people, _same((row["unique_id"], row["cluster"]) for row in rows))


def febrl3() -> Truth:
    rows = _rows("febrl3.csv")
    people = [(row["rec_id"], _febrl_person(row)) for row in rows]
    return Truth("febrl3", people, _same((row["rec_id"], row["true_id"]) for row in rows))


def febrl3_without_number() -> Truth:
    """The same without the social security number, which few address books have."""
    whole = febrl3()
    return Truth(
        "febrl3 without the number", [(id_, replace(one, custom=())) for id_, one in whole.people], whole.pairs
    )


def simulated(size: int = 3_000, seed: int = 5) -> Truth:
    """The simulators' two address books, of many cultures: a third of the people are in both, some in one twice."""
    cards = [(f"{source}-{at}", card) for source in SOURCES for at, card in enumerate(population(seed, size, source))]
    people = [(id_, _card_person(card)) for id_, card in cards]
    return Truth("simulators' address books", people, _same((id_, card.person) for id_, card in cards))


def _rows(file: str) -> list[dict[str, str]]:
    with (DATA / file).open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def _same(clusters: Iterable[tuple[str, str]]) -> frozenset[Pair]:
    members: dict[str, list[str]] = {}
    for id_, cluster in clusters:
        members.setdefault(cluster, []).append(id_)
    return frozenset(frozenset(pair) for ids in members.values() for pair in combinations(ids, 2))


def _fake_person(row: dict[str, str]) -> Person:
    return Person(
        given_name=row["first_name"],
        family_name=row["surname"],
        birthday=row["dob"],
        emails=(Labelled(row["email"]),) if row["email"] else (),
        addresses=(PostalAddress(city=row["city"]),) if row["city"] else (),
    )


def _febrl_person(row: dict[str, str]) -> Person:
    born = row["date_of_birth"]
    street = " ".join(filter(None, (row["street_number"], row["address_1"], row["address_2"])))
    return Person(
        given_name=row["given_name"],
        family_name=row["surname"],
        birthday=f"{born[:4]}-{born[4:6]}-{born[6:]}" if born else "",
        custom=(Labelled(row["soc_sec_id"], "soc_sec_id"),) if row["soc_sec_id"] else (),
        addresses=(PostalAddress(street=street, city=row["suburb"], region=row["state"], postcode=row["postcode"]),),
    )


def _card_person(card: Card) -> Person:
    return normalise.person(
        Person(
            prefix=card.prefix,
            given_name=card.given,
            middle_name=card.middle,
            family_name=card.family,
            suffix=card.suffix,
            nickname=card.nickname,
            company=card.company,
            birthday=card.birthday,
            emails=tuple(Labelled(value, label) for label, value in card.emails),
            phones=tuple(Labelled(value, label) for label, value in card.phones),
            addresses=tuple(PostalAddress(at.street, at.city, at.region, at.postcode) for at in card.addresses),
        )
    )

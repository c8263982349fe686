"""Whether a mail speaks of another contact of the same campaign: by their name, or by their company's.

The names of all are put into one index, folded; a mail's words are looked up in it, so that each mail costs the same
however many contacts there are.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache

from storage.records import Finding, Recipient
from tasks.rules.checks.reading import Reading, block
from tasks.rules.checks.words import words
from tasks.rules.folding import fold
from tasks.rules.words import words as matching_words

LONGEST_NAME = 6  # words
SHORTEST = 3  # letters of a single word
_TOKEN = re.compile(r"[^\W_]+(?:['’&.-][^\W_]+)*")
_DENSE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]{2,}")


@dataclass(frozen=True, slots=True)
class Crowd:
    """Folded names of all contacts of a campaign → whether they begin with a capital; `dense` as they are written.

    `longest` tells for the first word of names how many words the longest of them has.
    """

    names: Mapping[str, bool]
    longest: Mapping[str, int]
    dense: frozenset[str]

    @classmethod
    def of(cls, recipients: Iterable[Recipient]) -> "Crowd":
        names: dict[str, bool] = {}
        dense: set[str] = set()
        for recipient in recipients:
            for name in _names(recipient):
                names[fold(name)] = names.get(fold(name), True) and not name[:1].islower()
                dense.update(_DENSE.findall(name))
        telling = {name: capital for name, capital in names.items() if _tells(name)}
        longest: dict[str, int] = {}
        for name in telling:
            first = name.partition(" ")[0]
            longest[first] = max(longest.get(first, 0), name.count(" ") + 1)
        return cls(telling, longest, frozenset(dense))


NOBODY = Crowd({}, {}, frozenset())


def others(reading: Reading, crowd: Crowd) -> list[Finding]:
    """At most one finding a name, the longest first: where a full name stands, its parts are not told again."""
    found: list[str] = []
    tokens = _tokens(reading.text)
    at = 0
    while at < len(tokens):
        size = _size_of_name(reading, crowd, tokens, at)
        if size:
            found.append(" ".join(word for word, _ in tokens[at : at + size]))
        at += size or 1
    found += [name for name in _dense_names(reading, crowd) if name not in found]
    return [block("other_contact", name) for name in dict.fromkeys(found)]


def _size_of_name(reading: Reading, crowd: Crowd, tokens: list[tuple[str, str]], at: int) -> int:
    """How many words from here on are the name of somebody who is not meant; 0 if none."""
    for size in range(min(crowd.longest.get(tokens[at][1], 0), len(tokens) - at), 0, -1):
        phrase = " ".join(folded for _, folded in tokens[at : at + size])
        capital = crowd.names.get(phrase)
        if capital is None or reading.knows(phrase):
            continue
        if capital and tokens[at][0][:1].islower():
            continue
        if size == 1 and phrase in words("also_words") and not (at and tokens[at - 1][1] in words("titles")):
            continue
        return size
    return 0


def _dense_names(reading: Reading, crowd: Crowd) -> list[str]:
    """Scripts without blanks: every run of two to six signs is looked up as it is written."""
    if not crowd.dense:
        return []
    known = f"{reading.ours.text}\n{reading.theirs.text}"
    runs = (run for part in _DENSE.findall(reading.text) for run in _runs(part))
    return [run for run in dict.fromkeys(runs) if run in crowd.dense and run not in known]


def _runs(text: str) -> Iterable[str]:
    return (text[at : at + size] for size in range(2, LONGEST_NAME + 1) for at in range(len(text) - size + 1))


def _names(recipient: Recipient) -> list[str]:
    facts = recipient.facts
    given, family, company = (facts.get(name, "") for name in ("given_name", "family_name", "company"))
    found = [given, family, recipient.name, f"{given} {family}", f"{family} {given}", company, _core(company)]
    return [name.strip() for name in found if name.strip()]


@lru_cache(maxsize=100_000)
def _core(company: str) -> str:
    """`Acme` of `Acme Holding GmbH`."""
    parts = company.split()
    while len(parts) > 1 and fold(parts[-1]).replace(" ", "") in _legal_forms():
        parts.pop()
    return " ".join(parts).rstrip(" ,.")


def _tells(name: str) -> bool:
    return len(name) >= SHORTEST and not name.isdecimal() and 1 <= name.count(" ") + 1 <= LONGEST_NAME


def _tokens(text: str) -> list[tuple[str, str]]:
    """Each word as written and folded; what folds to two words is two."""
    return [(word, folded) for word in _TOKEN.findall(text) for folded in _folded(word)]


@lru_cache(maxsize=100_000)
def _folded(word: str) -> tuple[str, ...]:
    return tuple(fold(word.removesuffix("'s").removesuffix("’s")).split())


@cache
def _legal_forms() -> frozenset[str]:
    return matching_words("company_forms")

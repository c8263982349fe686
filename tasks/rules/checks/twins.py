"""Mails of a campaign that say nearly the same: of a template meant, of a model a sign of how personal they are."""

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence

from storage.records import Letter, Recipient
from tasks.rules.folding import fold
from tasks.rules.letters.markup import plain

SHINGLE = 5  # words
SKETCH = 16
ALIKE = 0.8


def near_duplicates(mails: Iterable[tuple[str, Letter, Recipient]]) -> dict[str, int]:
    """For each mail, by its id, how many others say nearly the same; those like none are left out.

    What differs by contact alone, their facts, is taken out first. Mails are compared by the least hashes of their
    runs of words; only such as share one are compared at all.
    """
    sketches = {key: _sketch(letter, recipient) for key, letter, recipient in mails}
    meeting: defaultdict[int, list[str]] = defaultdict(list)
    for key, sketch in sketches.items():
        for one in sketch[:4]:
            meeting[one].append(key)
    groups: defaultdict[tuple[int, ...], list[str]] = defaultdict(list)
    for key, sketch in sketches.items():
        groups[_likest(sketch, meeting, sketches)].append(key)
    return {key: len(group) - 1 for group in groups.values() if len(group) > 1 for key in group}


def _likest(
    sketch: tuple[int, ...], meeting: dict[int, list[str]], sketches: dict[str, tuple[int, ...]]
) -> tuple[int, ...]:
    """The sketch of the first mail that is alike: what a group goes by."""
    for one in sketch[:4]:
        for key in meeting[one][:SKETCH]:
            if _likeness(sketch, sketches[key]) >= ALIKE:
                return sketches[key]
    return sketch


def _likeness(left: Sequence[int], right: Sequence[int]) -> float:
    one, other = set(left), set(right)
    return len(one & other) / max(len(one | other), 1)


def _sketch(letter: Letter, recipient: Recipient) -> tuple[int, ...]:
    text = fold(" ".join(plain(one.text) for one in letter.paragraphs))
    for fact in sorted((fold(value) for value in recipient.facts.values()), key=len, reverse=True):
        text = re.sub(rf"\b{re.escape(fact)}\b", "", text) if fact else text
    said = text.split()
    runs = {" ".join(said[at : at + SHINGLE]) for at in range(max(len(said) - SHINGLE, 0) + 1)}
    return tuple(sorted(_number(run) for run in runs)[:SKETCH])


def _number(run: str) -> int:
    return int.from_bytes(hashlib.blake2b(run.encode(), digest_size=8).digest())

"""Candidate pairs by embeddings: which text of a person is embedded, and whose vectors are near each other.

Vectors only select pairs to compare. The verdict rests on the evidence, as for all other pairs.
"""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from tasks.rules.matching.traits import Traits

SIZE = 256
_SEED = 20_260_101
_AT_ONCE = 2_000

Vectors = NDArray[np.float16]


def wording(person: Traits) -> str:
    """The text to embed: names, employer, towns and parts of e-mail addresses; no number, street, birthday or note."""
    boxes = [part for box in person.mailboxes if not box.role for part in (box.local, box.stem)]
    words = [person.called, *sorted(person.company.words), *boxes]
    towns = [place.city for place in person.places]
    return " ".join(dict.fromkeys(filter(None, (*words, *towns))))


def compact(vectors: Sequence[Sequence[float]]) -> Vectors:
    """Any model's vectors in half a kilobyte each, by a fixed random projection, which preserves who is near whom."""
    whole = np.asarray(vectors, dtype=np.float32)
    short = whole @ _projection(whole.shape[1])
    short /= np.linalg.norm(short, axis=1, keepdims=True).clip(1e-9)
    return short.astype(np.float16)


@lru_cache(maxsize=4)
def _projection(size: int) -> NDArray[np.float32]:
    return np.random.default_rng(_SEED).standard_normal((size, SIZE)).astype(np.float32)


def nearest(left: Vectors, right: Vectors, *, most: int = 3, least: float = 0.6) -> list[tuple[int, int]]:
    """For each left vector up to `most` right ones with a cosine similarity of at least `least`; exhaustive search."""
    if not len(left) or not len(right):
        return []
    others = right.astype(np.float32).T
    found: list[tuple[int, int]] = []
    for start in range(0, len(left), _AT_ONCE):
        near = left[start : start + _AT_ONCE].astype(np.float32) @ others
        best = np.argpartition(-near, min(most, near.shape[1]) - 1, axis=1)[:, :most]
        rows = np.repeat(np.arange(len(near)), best.shape[1])
        columns = best.ravel()
        good = near[rows, columns] >= least
        found += zip((rows[good] + start).tolist(), columns[good].tolist(), strict=True)
    return found

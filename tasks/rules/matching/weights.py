"""What each level of agreement is worth: Fellegi and Sunter's weights, learnt from the pairs at hand.

Experience (`_PRIOR`) counts as a few hundred pairs, so a file of five cards is judged by it alone, a large batch
mostly by its own data, and nothing in between jumps.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tasks.rules.matching.evidence import Evidence

_ROUNDS = 25
_EXPERIENCE = 200.0
_PRIOR_MATCHES = 0.1
# By field, for the levels from 1 on: how often seen (percent) in two records of one person, and of two people
# whom blocking has brought together. What is unknown tells nothing.
_PRIOR: Mapping[str, tuple[tuple[float, ...], tuple[float, ...]]] = {
    "given": ((75, 10, 3, 9, 3), (12, 2, 5, 3, 78)),
    "family": ((80, 4, 11, 5), (25, 1, 3, 71)),
    "email": ((55, 4, 4, 12, 25), (0.5, 0.5, 1.5, 0.5, 97)),
    "phone": ((45, 25, 30), (0.3, 1, 98.7)),
    "birthday": ((80, 2, 9, 6, 3), (3, 0.2, 2, 5, 89.8)),
    "street": ((60, 25, 15), (2, 2, 96)),
    "town": ((75, 15, 10), (20, 8, 72)),
    "company": ((55, 12, 8, 25), (6, 2, 2, 90)),
}
_LEVELS = max(len(match) for match, _ in _PRIOR.values()) + 1
_Matrix = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Weights:
    """Log-odds of a match: to start with, and to add for each field's level."""

    start: float
    by_level: tuple[tuple[float, ...], ...]

    def of(self, evidence: Evidence) -> float:
        return self.start + sum(field[level] for field, level in zip(self.by_level, evidence, strict=True))


def learn(counts: Mapping[Evidence, int]) -> Weights:
    """Expectation maximisation over the patterns seen; the order in which they come does not matter."""
    patterns = sorted(counts)
    seen = np.array(patterns, dtype=np.int64).reshape(len(patterns), len(_PRIOR))
    number = np.array([counts[pattern] for pattern in patterns], dtype=np.float64)
    match, other = _prior(0), _prior(1)
    share = _PRIOR_MATCHES
    for _ in range(_ROUNDS):
        odds = np.log(share / (1 - share)) + _log_ratio(match, other, seen)
        expected = number / (1 + np.exp(-odds))
        share = (expected.sum() + _PRIOR_MATCHES * _EXPERIENCE) / (number.sum() + _EXPERIENCE)
        match = _estimate(0, seen, expected)
        other = _estimate(1, seen, number - expected)
    ratios = np.log(match / other)
    ratios[:, 0] = 0.0
    return Weights(float(np.log(share / (1 - share))), tuple(tuple(map(float, field)) for field in ratios))


def _prior(side: int) -> _Matrix:
    table = np.full((len(_PRIOR), _LEVELS), 1e-9)
    for row, field in zip(table, _PRIOR.values(), strict=True):
        shares = np.array(field[side])
        row[1 : len(shares) + 1] = shares / shares.sum()
    return table


def _log_ratio(match: _Matrix, other: _Matrix, seen: NDArray[np.int64]) -> NDArray[np.float64]:
    ratios: _Matrix = np.log(match / other)
    ratios[:, 0] = 0.0
    total: NDArray[np.float64] = ratios[np.arange(len(_PRIOR)), seen].sum(axis=1)
    return total


def _estimate(side: int, seen: NDArray[np.int64], expected: NDArray[np.float64]) -> _Matrix:
    prior = _prior(side)
    counts = np.stack([np.bincount(levels, weights=expected, minlength=_LEVELS) for levels in seen.T])
    counts[:, 0] = 0.0
    estimate: _Matrix = counts + prior * _EXPERIENCE
    estimate /= estimate.sum(axis=1, keepdims=True)
    return estimate

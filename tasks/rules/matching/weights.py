"""What each level of agreement is worth: Fellegi and Sunter's weights, learnt from the pairs at hand.

Experience (`_PRIOR`) counts as a few hundred pairs, so a file of five cards is judged by it alone, a large batch
mostly by its own pairs, and nothing in between jumps.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tasks.rules.matching.levels import FIELDS, Evidence

_ROUNDS = 25
_EXPERIENCE = 200.0
_PRIOR_MATCHES = 0.1
_LIKELY = 0.5
# By field, for the levels from 1 on: how often seen (percent) in two records of one person, and of two people
# whom blocking has brought together. What is unknown tells nothing.
_PRIOR: Mapping[str, tuple[tuple[float, ...], tuple[float, ...]]] = {
    "order": ((96, 4), (96, 4)),
    "given": ((75, 10, 3, 9, 3), (12, 2, 5, 3, 78)),
    "family": ((80, 4, 11, 5), (25, 1, 3, 71)),
    "email": ((55, 4, 4, 10, 4, 23), (0.5, 0.5, 1.5, 0.5, 2, 95)),
    "phone": ((45, 25, 30), (0.3, 1, 98.7)),
    "birthday": ((80, 2, 9, 4, 2, 3), (3, 0.2, 2, 3, 5, 86.8)),
    "street": ((60, 23, 5, 12), (2, 1, 5, 92)),
    "town": ((75, 15, 10), (20, 8, 72)),
    "identifier": ((85, 7, 8), (2, 0.5, 97.5)),
    "company": ((55, 12, 8, 25), (6, 2, 2, 90)),
}
_LEVELS = max(len(match) for match, _ in _PRIOR.values()) + 1
_Table = NDArray[np.float64]
_Numbers = NDArray[np.float64]
_Levels = NDArray[np.int8]


@dataclass(frozen=True, slots=True)
class Weights:
    """Log-odds of a match: to start with, and to add for each field's level."""

    start: float
    by_level: _Table

    def of(self, levels: _Levels) -> _Numbers:
        odds: _Numbers = self.by_level[np.arange(FIELDS), levels].sum(axis=1) + self.start
        return odds


def learn(levels: _Levels) -> Weights:
    """Expectation maximisation over the patterns seen, in whatever order they come."""
    patterns, number = _patterns(levels)
    match, other = _prior(0), _prior(1)
    weights = _weights(_PRIOR_MATCHES, match, other)
    for _ in range(_ROUNDS):
        likely = 1 / (1 + np.exp(-weights.of(patterns)))
        # Only what is likelier a match than not teaches what matches look like: where two address books share
        # nobody, the crowd of unlikely pairs would otherwise invent a kind of match of its own.
        expected = number * np.where(likely >= _LIKELY, likely, 0.0)
        share = (expected.sum() + _PRIOR_MATCHES * _EXPERIENCE) / (number.sum() + _EXPERIENCE)
        match = _estimate(_prior(0), patterns, expected)
        other = _estimate(_prior(1), patterns, number - expected)
        weights = _weights(share, match, other)
    return weights


def _patterns(levels: _Levels) -> tuple[_Levels, _Numbers]:
    """Each combination of levels once, and how often it was seen."""
    radix = _LEVELS ** np.arange(FIELDS)
    codes, number = np.unique(levels @ radix, return_counts=True)
    return (codes[:, None] // radix % _LEVELS).astype(np.int8), number.astype(np.float64)


def _weights(share: float, match: _Table, other: _Table) -> Weights:
    by_level = np.log(match / other)
    by_level[:, 0] = 0.0
    return Weights(float(np.log(share / (1 - share))), by_level)


def _prior(side: int) -> _Table:
    table = np.full((FIELDS, _LEVELS), 1e-9)
    for row, field in zip(table, Evidence._fields, strict=True):
        shares = np.array(_PRIOR[field][side])
        row[1 : len(shares) + 1] = shares / shares.sum()
    return table


def _estimate(prior: _Table, patterns: _Levels, expected: _Numbers) -> _Table:
    counts = np.stack([np.bincount(field, weights=expected, minlength=_LEVELS) for field in patterns.T])
    counts[:, 0] = 0.0
    estimate: _Table = counts + prior * _EXPERIENCE
    estimate /= estimate.sum(axis=1, keepdims=True)
    return estimate

"""How well people are told apart: precision, recall and F1 per band on labelled sets, beside exact e-mail and Splink.

Run: python -m tests.benchmarks.quality [SIZE...]
"""

import sys
import time
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from itertools import combinations

from storage.records import Match, Person, Verdict
from tasks.rules.matching import traits
from tasks.sync.comparing import compared
from tasks.sync.gc_pause import without_gc
from tests.benchmarks import splink_peer
from tests.benchmarks.population import population
from tests.benchmarks.truths import Pair, Truth, fake_1000, febrl3, febrl3_without_number, simulated

NO_PEER = "  splink is not installed: no comparison"


@dataclass(frozen=True, slots=True)
class Quality:
    precision: float
    recall: float

    @property
    def f1(self) -> float:
        total = self.precision + self.recall
        return 2 * self.precision * self.recall / total if total else 0.0


def matched(people: Iterable[tuple[str, Person]]) -> list[Match]:
    """Duplicates among the people of one set, found as a sync finds them."""
    return compared([traits(id_, person) for id_, person in people], [])[0]


def quality(told: Collection[Pair], truth: Collection[Pair]) -> Quality:
    right = len(set(told) & set(truth))
    return Quality(right / len(told) if told else 1.0, right / len(truth) if truth else 1.0)


def band(matches: Iterable[Match], *verdicts: Verdict) -> set[Pair]:
    return {frozenset((match.left, match.right)) for match in matches if match.verdict in verdicts}


def best_f1(matches: Iterable[Match], truth: Collection[Pair]) -> tuple[float, float]:
    """The highest F1 that any one threshold on the score reaches, and that threshold."""
    best, right = (0.0, 1.0), 0
    ranked = sorted(matches, key=lambda match: -match.score)
    for told, match in enumerate(ranked, start=1):
        right += frozenset((match.left, match.right)) in truth
        last_of_its_score = told == len(ranked) or ranked[told].score != match.score
        if last_of_its_score:
            best = max(best, (2 * right / (told + len(truth)), match.score))
    return best


def same_email(people: Iterable[tuple[str, Person]]) -> set[Pair]:
    owners: dict[str, list[str]] = {}
    for id_, person in people:
        for email in person.emails:
            owners.setdefault(email.value.lower(), []).append(id_)
    return {frozenset(pair) for ids in owners.values() for pair in combinations(ids, 2)}


def report(truth: Truth) -> Iterator[str]:
    started = time.perf_counter()
    matches = matched(truth.people)
    spent = time.perf_counter() - started
    yield f"{truth.name}: {len(truth.people)} records, {len(truth.pairs)} true pairs, {spent:.2f} s"
    yield _line("sure", quality(band(matches, Verdict.SURE), truth.pairs))
    yield _line("sure + maybe", quality(band(matches, Verdict.SURE, Verdict.MAYBE), truth.pairs))
    f1, threshold = best_f1(matches, truth.pairs)
    yield f"  best single threshold {threshold:.4f}: F1 {f1:.4f}"
    yield _line("exact e-mail", quality(same_email(truth.people), truth.pairs))
    yield _splink(truth)


def _splink(truth: Truth) -> str:
    if find_spec("splink") is None:
        return NO_PEER
    f1, threshold = best_f1(splink_peer.matched(truth.people), truth.pairs)
    return f"  splink's best single threshold {threshold:.4f}: F1 {f1:.4f}"


def _line(name: str, measured: Quality) -> str:
    return f"  {name:<14} precision {measured.precision:.4f}  recall {measured.recall:.4f}  F1 {measured.f1:.4f}"


def compared_at(size: int) -> Iterator[str]:
    """Speed and quality at one size, beside Splink where it is installed; both start from the same people."""
    crowd = population(size)
    truth = {frozenset((new, known)) for (new, _), (known, _) in zip(crowd.source, crowd.crm, strict=True)}
    started = time.perf_counter()
    with without_gc():
        incoming, existing = ([traits(*one) for one in side] for side in (crowd.source, crowd.crm))
        matches, _ = compared(incoming, existing)
    spent = time.perf_counter() - started
    ours = [match for match in matches if match.right.startswith("crm-")]
    yield f"{size:,} against {size:,}: {spent:.1f} s, best F1 {best_f1(ours, truth)[0]:.4f}"
    if find_spec("splink") is None:
        yield NO_PEER
        return
    started = time.perf_counter()
    theirs = splink_peer.matched(crowd.source, crowd.crm)
    peer = time.perf_counter() - started
    yield f"  splink: {peer:.1f} s, best F1 {best_f1(theirs, truth)[0]:.4f}; ours took {spent / peer:.2f} of its time"


def main() -> None:
    for truth in (fake_1000(), febrl3(), febrl3_without_number(), simulated()):
        print(*report(truth), sep="\n")
    for size in map(int, sys.argv[1:] or ("5000",)):
        print(*compared_at(size), sep="\n")


if __name__ == "__main__":
    main()

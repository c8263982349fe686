"""The floor under which matching may not fall, on public data with known truth."""

from functools import cache

import pytest

from storage.records import Match, Verdict
from tasks.rules.matching import resolve, traits
from tasks.sync.comparing import compared
from tests.benchmarks.population import population
from tests.benchmarks.quality import band, best_f1, matched, quality
from tests.benchmarks.truths import Truth, fake_1000, febrl3, febrl3_without_number, simulated

SETS = {
    "fake_1000": fake_1000,
    "febrl3": febrl3,
    "febrl3 without the number": febrl3_without_number,
    "simulators": simulated,
}


@cache
def judged(name: str) -> tuple[Truth, list[Match]]:
    truth = SETS[name]()
    return truth, matched(truth.people)


@pytest.mark.parametrize("name", SETS)
def test_what_is_sure_is_right(name: str) -> None:
    truth, matches = judged(name)
    assert quality(band(matches, Verdict.SURE), truth.pairs).precision >= 0.995


@pytest.mark.parametrize(
    ("name", "floor"),
    [("fake_1000", 0.93), ("febrl3", 0.999), ("febrl3 without the number", 0.994), ("simulators", 0.999)],
)
def test_sure_and_maybe_find_the_true_pairs(name: str, floor: float) -> None:
    truth, matches = judged(name)
    assert quality(band(matches, Verdict.SURE, Verdict.MAYBE), truth.pairs).recall >= floor


@pytest.mark.parametrize(
    ("name", "floor"),
    [("fake_1000", 0.95), ("febrl3", 0.999), ("febrl3 without the number", 0.997), ("simulators", 0.999)],
)
def test_one_threshold_tells_people_apart(name: str, floor: float) -> None:
    truth, matches = judged(name)
    assert best_f1(matches, truth.pairs)[0] >= floor


def test_few_questions_are_asked_in_vain() -> None:
    for name in SETS:
        truth, matches = judged(name)
        assert quality(band(matches, Verdict.SURE, Verdict.MAYBE), truth.pairs).precision >= 0.97


def test_two_address_books_of_one_crowd_find_one_another() -> None:
    crowd = population(1_000)
    incoming, existing = ([traits(*one) for one in side] for side in (crowd.source, crowd.crm))
    links = resolve(compared(incoming, existing)[0], incoming, existing).links.values()
    sure = [link for link in links if link.verdict is Verdict.SURE]
    right = [link for link in sure if link.left.removeprefix("src-") == link.right.removeprefix("crm-")]
    assert len(right) / len(sure) >= 0.99
    assert len(right) >= 750


def test_a_handful_of_cards_is_judged_as_sensibly_as_a_large_file() -> None:
    truth, matches = judged("febrl3")
    few = matched(truth.people[:40])
    small = {frozenset((m.left, m.right)): m.verdict for m in few}
    large = {frozenset((m.left, m.right)): m.verdict for m in matches}
    assert all(
        large.get(pair, Verdict.DIFFERENT) is not Verdict.DIFFERENT
        for pair, told in small.items()
        if told is Verdict.SURE
    )
    assert (
        quality(set(small), {pair for pair in truth.pairs if pair <= {id_ for id_, _ in truth.people[:40]}}).recall
        >= 0.9
    )


def test_two_crowds_that_share_nobody_raise_hardly_a_question() -> None:
    ours, theirs = population(1_000, seed=1).crm, population(1_000, seed=2).source
    incoming, existing = ([traits(*one) for one in side] for side in (theirs, ours))
    links = resolve(compared(incoming, existing)[0], incoming, existing).links
    assert len(links) < 20
    assert all(link.verdict is Verdict.MAYBE for link in links.values())

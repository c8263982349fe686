"""Candidates: whoever shares a key meets, each pair once; what is too large is cut and said."""

from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from storage.records import Labelled, Person
from storage.sync import blocking
from storage.sync.blocking import candidates
from tasks.rules.matching import block_keys, neighbours, traits


def pairs(keys: list[str], incoming: int, rule: str = "e-mail") -> set[tuple[int, int]]:
    found = candidates((list(range(len(keys))), [rule] * len(keys), keys), keys, incoming)
    assert found.capped == ()
    assert len(found.pairs) == len({tuple(pair) for pair in found.pairs.tolist()})
    return {(one, other) for one, other in found.pairs.tolist()}


def test_nobody_makes_no_pairs() -> None:
    assert candidates(([], [], []), [], 0).pairs.shape == (0, 2)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.sampled_from("abc"), max_size=8), st.integers(0, 8))
def test_all_who_share_a_key_meet_except_contacts_among_themselves(keys: list[str], incoming: int) -> None:
    expected = {(i, j) for i, j in combinations(range(len(keys)), 2) if keys[i] == keys[j] and i < incoming}
    assert pairs(keys, incoming) == expected


def test_the_same_key_under_two_rules_is_two_keys() -> None:
    assert candidates(([0, 1], ["e-mail", "phone"], ["x", "x"]), ["", ""], 1).pairs.tolist() == []


@pytest.fixture
def small_budget(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blocking, "_LEAST_BUDGET", 100)
    monkeypatch.setattr(blocking, "_PAIRS_PER_PERSON", 0)


@pytest.mark.usefixtures("small_budget")
def test_a_key_that_explodes_is_cut_to_the_nearest_and_reported() -> None:
    crowd = 1_000
    names = [f"{at:04}" for at in range(crowd)]
    found = candidates((list(range(crowd)), ["phone"] * crowd, ["+49"] * crowd), names, crowd)
    assert found.capped == (blocking.Capped("phone", keys=1, people=crowd, pairs=crowd * (crowd - 1) // 2),)
    assert (0, 1) in {tuple(pair) for pair in found.pairs.tolist()}
    assert len(found.pairs) < 4 * crowd


@pytest.mark.usefixtures("small_budget")
def test_a_broad_rule_is_dropped_where_it_explodes_but_not_in_silence() -> None:
    found = candidates((list(range(50)), ["name alone"] * 50, ["smith"] * 50), [""] * 50, 50)
    assert len(found.pairs) == 0
    assert [capped.rule for capped in found.capped] == ["name alone"]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (Person(emails=(Labelled("a.b@gmail.com"),)), Person(emails=(Labelled("ab+x@googlemail.com"),))),
        (Person(phones=(Labelled("+4930123"),)), Person(phones=(Labelled("+4930123"),))),
        (Person(given_name="Bob", family_name="Mole"), Person(given_name="Robert", family_name="Mole")),
        (Person(given_name="Mole", family_name="Anna"), Person(given_name="Anna", family_name="Mole")),
        (Person(given_name="Sergey", family_name="Moll"), Person(given_name="Sergej", family_name="Mole")),
        (Person(given_name="Anna", birthday="1970-03-04"), Person(given_name="Eva", birthday="1970-03-04")),
        (Person(given_name="Anna", company="Acme Ltd"), Person(given_name="Anna", company="ACME")),
    ],
)
def test_people_whom_one_should_compare_share_a_key(one: Person, other: Person) -> None:
    people = [traits("one", one), traits("other", other)]
    assert candidates(block_keys(people), neighbours(people), 1).pairs.tolist() == [[0, 1]]

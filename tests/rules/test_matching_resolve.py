"""From pairs to people, without ever talking a person into a merge by a chain of others."""

import random

from hypothesis import given
from hypothesis import strategies as st

from storage.records import Match, Person, Verdict
from tasks.rules.matching import Traits, resolve, traits

SURE, MAYBE = Verdict.SURE, Verdict.MAYBE


def somebody(id_: str, birthday: str = "", given_name: str = "Anna") -> Traits:
    return traits(id_, Person(given_name=given_name, family_name="Mole", birthday=birthday))


def match(left: str, right: str, verdict: Verdict = SURE, score: float = 0.99) -> Match:
    return Match(left, right, verdict, score, "because")


A, B, C = (somebody(id_) for id_ in "abc")
X, Y = (somebody(id_) for id_ in "xy")


def test_the_surest_contact_wins() -> None:
    found = resolve([match("a", "x", score=0.98), match("a", "y", score=0.99)], [A], [X, Y])
    assert found.links["a"].right == "y"


def test_a_maybe_is_handed_on_as_a_question() -> None:
    found = resolve([match("a", "x", MAYBE, 0.6)], [A], [X])
    assert found.links["a"].verdict is MAYBE


def test_a_record_like_nobody_goes_to_nobody() -> None:
    assert resolve([], [A], [X]).links == {}


def test_weak_links_never_chain_people_together() -> None:
    found = resolve([match("a", "b", MAYBE, 0.9), match("b", "c", MAYBE, 0.9)], [A, B, C])
    assert found.twins == ()
    assert [(twin.left, twin.right) for twin in found.doubtful_twins] == [("a", "b"), ("b", "c")]


def test_sure_twins_are_one_person_and_share_the_contact() -> None:
    found = resolve([match("a", "b"), match("a", "x", score=0.98)], [A, B], [X])
    assert found.twins == (("a", "b"),)
    assert found.links["b"].right == "x"
    assert found.links["b"].score == 0.98


def test_a_group_is_split_where_two_of_it_contradict() -> None:
    one, other = somebody("a", "1970-01-02"), somebody("c", "1980-03-04")
    found = resolve([match("a", "b", score=0.99), match("b", "c", score=0.98)], [one, B, other])
    assert found.twins == (("a", "b"),)
    assert [(twin.left, twin.right, twin.verdict) for twin in found.doubtful_twins] == [("b", "c", MAYBE)]


def test_two_people_who_contradict_do_not_both_become_one_contact() -> None:
    one, other = somebody("a", "1970-01-02"), somebody("b", "1980-03-04")
    found = resolve([match("a", "x", score=0.99), match("b", "x", score=0.98)], [one, other], [X])
    assert (found.links["a"].verdict, found.links["b"].verdict) == (SURE, MAYBE)


def test_whom_a_person_called_different_stays_different() -> None:
    matches = [match("a", "x"), match("a", "b"), match("b", "x", score=0.98)]
    found = resolve(matches, [A, B], [X], apart=[("x", "a")])
    assert "a" not in found.links
    assert found.twins == (("a", "b"),)
    assert found.links["b"].verdict is MAYBE


IDS = st.sampled_from("abcd")
PEOPLE = st.fixed_dictionaries({id_: st.sampled_from(["", "1970-01-02", "1980-03-04"]) for id_ in "abcdxy"})
MATCHES = st.lists(
    st.builds(
        match, IDS, st.sampled_from("abcdxy"), st.sampled_from([SURE, MAYBE]), st.sampled_from([0.5, 0.97, 0.98, 0.99])
    ).filter(lambda m: m.left < m.right),
    unique_by=lambda m: (m.left, m.right),
)


@given(PEOPLE, MATCHES, st.randoms())
def test_the_order_of_the_pairs_does_not_matter(
    birthdays: dict[str, str], matches: list[Match], chance: random.Random
) -> None:
    incoming, existing = ([somebody(id_, birthdays[id_]) for id_ in ids] for ids in ("abcd", "xy"))
    shuffled = chance.sample(matches, len(matches))
    assert resolve(shuffled, incoming[::-1], existing[::-1]) == resolve(matches, incoming, existing)


@given(PEOPLE, MATCHES)
def test_no_group_holds_two_birthdays_or_two_contacts(birthdays: dict[str, str], matches: list[Match]) -> None:
    incoming, existing = ([somebody(id_, birthdays[id_]) for id_ in ids] for ids in ("abcd", "xy"))
    found = resolve(matches, incoming, existing)
    sure = {id_: link.right for id_, link in found.links.items() if link.verdict is SURE}
    for group in [*found.twins, *([id_, contact] for id_, contact in sure.items())]:
        assert len({birthdays[id_] for id_ in group} - {""}) < 2
        assert len({sure[id_] for id_ in group if id_ in sure}) < 2

"""The SQL that tells records apart, beside a slow and obvious Python that does the same."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

from hypothesis import given, settings
from hypothesis import strategies as st

from storage.documents import fingerprint
from storage.records import Gone, Labelled, Person, Seen, Unreadable
from storage.sync import staging
from tests.oracle.differ import Before, Said, Told, classify, last_words

STANDINGS = ("new", "changed", "unchanged", "removed", "unreadable", "never known")
names = st.sampled_from(["a", "b", "c", "d", "e", "ä ' \n\"", "0"])
people = st.builds(
    Person,
    display_name=st.sampled_from(["", "Ada", "Bo"]),
    notes=st.sampled_from(["", "x\n", "\u202e"]),
    emails=st.lists(st.builds(Labelled, st.sampled_from(["a@x.example", "b@x.example"])), max_size=2).map(tuple),
)
seen = st.builds(Seen, names, people, previous_ids=st.lists(st.sampled_from("abcde"), max_size=2).map(tuple))
records: st.SearchStrategy[Said] = st.one_of(
    seen, st.builds(Gone, names), st.builds(Unreadable, st.one_of(names, st.just("")), st.just("why"))
)
rounds = st.lists(records, max_size=10)
few = settings(max_examples=15)
linked = st.dictionaries(names, st.tuples(st.sampled_from(["one", "two", "three"]), people), max_size=6)


@contextmanager
def staged(told: list[Said], before: Before, *, full: bool) -> Iterator[str]:
    area = str(uuid4())
    staging.begin(area)
    try:
        for start in range(0, len(told), 3):  # in batches, as pages come
            staging.add(area, told[start : start + 3])
        ties = [(name, object_id, fingerprint(base)) for name, (object_id, base) in before.items()]
        staging.add_links(area, ties)
        staging.classify(area, full=full)
        yield area
    finally:
        staging.drop(area)


def said_by_sql(area: str) -> list[Told]:
    found = [
        Told(standing, one.source_id, one.object_id, one.linked_as)
        for standing in STANDINGS
        for one in staging.standing(area, standing)
    ]
    unchanged = [Told("unchanged", source_id, object_id, source_id) for source_id, object_id in staging.unchanged(area)]
    assert Counter(unchanged) == Counter(one for one in found if one.standing == "unchanged")
    return found


@given(rounds, linked, st.booleans())
def test_sql_and_the_obvious_python_say_the_same(told: list[Said], before: Before, full: bool) -> None:  # noqa: FBT001 (Hypothesis gives it)
    with staged(told, before, full=full) as area:
        assert Counter(said_by_sql(area)) == Counter(classify(told, before, full=full))


@few
@given(rounds, linked, st.booleans())
def test_every_record_has_one_standing_and_the_last_word_counts(
    told: list[Said], before: Before, full: bool  # noqa: FBT001 (as above)
) -> None:  # fmt: skip
    with staged(told, before, full=full) as area:
        read = [one for standing in STANDINGS for one in staging.standing(area, standing)]
        spoken = {(one.source_id, one.seen) for one in read if one.seen}
        assert spoken == {(one.source_id, one) for one in last_words(told) if isinstance(one, Seen)}


@few
@given(linked, st.booleans())
def test_a_source_beside_itself_differs_in_nothing(before: Before, full: bool) -> None:  # noqa: FBT001 (as above)
    same: list[Said] = [Seen(name, base) for name, (_, base) in before.items()]
    with staged(same, before, full=full) as area:
        assert {one.standing for one in said_by_sql(area)} <= {"unchanged"}

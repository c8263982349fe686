"""What a round says in the end, whatever order its pages came in."""

from hypothesis import given
from hypothesis import strategies as st

from storage.records import Gone, Person, Seen, SourceRecord, Unreadable
from tasks.providers.contacts.landed import settle, wrap

PLACES = ["home", "attic", "cellar"]
NAMES = ["a", "b", "c"]


def seen(name: str, *previous: str) -> Seen:
    return Seen(name, Person(), previous_ids=previous)


def last_words(*placed: tuple[str, SourceRecord]) -> dict[str, bool]:
    return {record.source_id: not isinstance(record, Gone) for record in settle(placed)}


def test_wrapping_changes_no_byte_of_the_answer() -> None:
    assert wrap(folder=b'"x"', answer=b'{ "value":[] }') == b'{"folder":"x","answer":{ "value":[] }}'


def test_within_one_place_the_last_word_counts() -> None:
    assert last_words(("home", seen("a")), ("home", Gone("a"))) == {"a": False}
    assert last_words(("home", Gone("a")), ("home", seen("a"))) == {"a": True}


def test_present_in_one_place_beats_gone_from_another() -> None:
    assert last_words(("home", Gone("a")), ("attic", seen("a"))) == {"a": True}
    assert last_words(("attic", seen("a")), ("home", Gone("a"))) == {"a": True}


def test_a_stale_sight_before_the_move_does_not_hide_where_it_went() -> None:
    assert last_words(("attic", seen("a")), ("home", seen("a")), ("home", Gone("a"))) == {"a": True}


def test_gone_from_everywhere_is_gone() -> None:
    assert last_words(("home", seen("a")), ("attic", Gone("a")), ("home", Gone("a"))) == {"a": False}


def test_what_could_not_be_read_is_there_all_the_same() -> None:
    assert last_words(("home", Gone("a")), ("attic", Unreadable("a", "broken"))) == {"a": True}


def test_a_name_that_was_given_up_is_not_a_removal() -> None:
    assert last_words(("home", Gone("old")), ("home", seen("new", "old"))) == {"new": True}
    assert last_words(("home", seen("new", "old")), ("home", Gone("old"))) == {"new": True}


@given(st.lists(st.tuples(st.sampled_from(PLACES), st.sampled_from(NAMES), st.booleans())))
def test_a_contact_is_there_exactly_if_some_place_last_said_so(events: list[tuple[str, str, bool]]) -> None:
    last = {(place, name): present for place, name, present in events}
    truth = {name: any(last.get((place, name)) for place in PLACES) for _, name, _ in events}
    placed = [(place, seen(name) if present else Gone(name)) for place, name, present in events]
    assert last_words(*placed) == truth


@given(st.lists(st.tuples(st.sampled_from(NAMES), st.booleans())))
def test_each_removal_is_said_once_and_after_all_else(events: list[tuple[str, bool]]) -> None:
    records = list(settle(("home", seen(name) if present else Gone(name)) for name, present in events))
    gone = [record.source_id for record in records if isinstance(record, Gone)]
    assert len(gone) == len(set(gone))
    assert all(isinstance(record, Gone) for record in records[len(records) - len(gone) :])

"""The numbers of a run add up to its plan, whatever became of the rows."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.records import ChangeKind, ChangeState, Statistics
from tasks.rules.accounting import UNREADABLE, forecast, told

ends = st.tuples(st.sampled_from(ChangeKind), st.sampled_from(ChangeState))


@given(st.dictionaries(ends, st.integers(0, 10**6)))
def test_every_row_is_counted_once(rows: dict[tuple[ChangeKind, ChangeState], int]) -> None:
    assert forecast(rows).total == sum(rows.values())


@given(st.dictionaries(ends, st.integers(0, 10**6)))
def test_what_a_reviewer_is_told_adds_up_too(rows: dict[tuple[ChangeKind, ChangeState], int]) -> None:
    assert told(rows).total() == sum(rows.values())
    assert told(rows)[ChangeKind.MAYBE] == sum(number for (kind, _), number in rows.items() if kind is ChangeKind.MAYBE)
    assert told(rows)[UNREADABLE] == rows.get((ChangeKind.SKIP, ChangeState.FAILED), 0)


@given(st.lists(ends), st.lists(ends))
def test_numbers_of_two_halves_are_the_numbers_of_the_whole(
    one: list[tuple[ChangeKind, ChangeState]], other: list[tuple[ChangeKind, ChangeState]]
) -> None:
    halves = [forecast(Counter(half)).by_name() for half in (one, other)]
    whole = forecast(Counter(one + other)).by_name()
    assert whole == {name: halves[0][name] + halves[1][name] for name in whole}


@pytest.mark.parametrize(
    ("kind", "state", "name"),
    [
        (ChangeKind.CREATE, ChangeState.PROPOSED, "created"),
        (ChangeKind.CREATE, ChangeState.APPLIED, "created"),
        (ChangeKind.UPDATE, ChangeState.APPLIED, "updated"),
        (ChangeKind.MAYBE, ChangeState.APPLIED, "updated"),
        (ChangeKind.CONFLICT, ChangeState.APPLIED, "conflicted"),
        (ChangeKind.REMOVED, ChangeState.APPLIED, "removed"),
        (ChangeKind.SKIP, ChangeState.APPLIED, "skipped"),
        (ChangeKind.SKIP, ChangeState.FAILED, "failed"),
        (ChangeKind.CREATE, ChangeState.REJECTED, "skipped"),
        (ChangeKind.REMOVED, ChangeState.REJECTED, "skipped"),
        (ChangeKind.UPDATE, ChangeState.STALE, "conflicted"),
        (ChangeKind.UPDATE, ChangeState.FAILED, "failed"),
    ],
)
def test_where_a_row_is_counted(kind: ChangeKind, state: ChangeState, name: str) -> None:
    assert forecast({(kind, state): 3}) == Statistics(**{name: 3})

"""What an assistant is told is bounded, plain and marked, whatever strangers wrote into it."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from deployments.assistant.answers import CUT, LARGEST, LONGEST_TEXT, MOST_ITEMS, answer

TEXTS = st.text(max_size=100)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXTS | st.datetimes() | st.decimals(),
    lambda inner: st.lists(inner, max_size=12) | st.dictionaries(TEXTS, inner, max_size=8),
    max_leaves=20,
)


@given(st.dictionaries(TEXTS, VALUES, max_size=8))
def test_an_answer_is_json_of_a_bounded_size(data: dict[str, Any]) -> None:
    told = answer(data)
    assert len(json.dumps(told.data, ensure_ascii=False).encode()) <= LARGEST
    assert told.untrusted


def test_the_largest_answers_are_shortened_and_say_so() -> None:
    told = answer({"rows": [{"note": "x" * 5000, "tags": ["y" * 500] * 40} for _ in range(50)]})
    assert len(json.dumps(told.data)) <= LARGEST
    assert "ask for less at once" in told.left_out
    assert told.data["rows"]


def test_texts_and_lists_are_cut_and_say_so() -> None:
    told = answer({"note": "x" * 5000, "mails": list(range(200)), "reasons": {str(one): 1 for one in range(60)}})
    assert len(told.data["note"]) == LONGEST_TEXT
    assert told.data["note"].endswith(CUT)
    assert told.data["mails"][MOST_ITEMS:] == [f"{CUT} 150 more"]
    assert told.data["reasons"][CUT] == "10 more"
    assert len(told.data["reasons"]) == MOST_ITEMS + 1


def test_what_nobody_sees_is_taken_out() -> None:
    hidden = "Ann\u202e\u200b\U000e0041\U000e0042 Archer\x00"
    assert answer({"name": hidden}).data == {"name": "Ann Archer"}


def test_what_is_nested_without_end_is_told_as_far_as_it_is_sane() -> None:
    deep: Any = "end"
    for _ in range(500):
        deep = [deep]
    assert len(json.dumps(answer({"deep": deep}).data)) < 2 * LONGEST_TEXT

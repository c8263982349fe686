"""What a language model is told of people, what it may answer, and whose vectors lie near each other."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from deployments.simulators.openai.vectors import vector
from storage.records import Labelled, Person, PostalAddress
from tasks.rules.matching import traits
from tasks.rules.matching.meaning import SIZE, compact, nearest, wording
from tasks.rules.matching.opinion import Opinion, facts, in_words

ROB = traits(
    "crm 0199a1b2-0000-7000-8000-000000000001",
    Person(
        given_name="Robert", family_name="Mole", company="Acme Ltd", birthday="1970-03-04", notes="owes us 5 €",
        emails=(Labelled("rob.mole@acme.example"), Labelled("info@acme.example")),
        phones=(Labelled("+4915112345678", "mobile"),),
        addresses=(PostalAddress("1 High St", "Leeds", postcode="LS1"),), custom=(Labelled("1234567", "member"),),
    ),
)  # fmt: skip
SECRETS = ("1970", "4915", "high st", "ls1", "1234567", "owes", "0199a1b2")


def test_no_more_is_told_than_it_takes() -> None:
    assert wording(ROB) == "Robert Mole acme rob.mole leeds"
    card = json.loads(facts(ROB, traits("other", Person(given_name="Zoë")), "same e-mail"))
    assert card == {
        "one": {
            "name": "Robert Mole",
            "company": "acme",
            "emails": ["rob.mole@acme.example", "info@acme.example"],
            "towns": ["leeds"],
        },
        "other": {"name": "Zoë"},
        "comparison": "same e-mail",
    }
    for told in (wording(ROB), json.dumps(card)):
        assert not [secret for secret in SECRETS if secret in told.lower()]


def test_who_tells_nothing_is_put_into_no_vector() -> None:
    assert wording(traits("nobody", Person(notes="x", emails=(Labelled("info@acme.example"),)))) == ""


@pytest.mark.parametrize(
    ("opinion", "words"),
    [
        (Opinion(verdict="same", because=["names", "employer", "names"]),
         "a model's opinion: probably the same person (names, employer)"),
        (Opinion(verdict="different", because=[]), "a model's opinion: probably two people"),
        (Opinion(verdict="cannot tell", because=["place"]), "a model's opinion: it cannot be told (place)"),
    ],
)  # fmt: skip
def test_an_opinion_is_shown_as_one(opinion: Opinion, words: str) -> None:
    assert in_words(opinion) == words


def test_a_model_cannot_say_anything_of_its_own() -> None:
    with pytest.raises(ValidationError):
        Opinion.model_validate({"verdict": "same", "because": ["Robert Mole lives in Leeds"]})


def test_the_projection_keeps_who_is_near_whom() -> None:
    texts = ["robert mole acme leeds", "bob mole acme ltd leeds", "zita quellenbrunner falcon oslo"]
    near, also, far = compact([vector(text, 1536) for text in texts]).astype(np.float64)
    assert near @ also > 0.5 > near @ far
    assert np.allclose(compact([vector(texts[0], 1536)]), near, atol=1e-3)


@given(st.integers(1, 30), st.integers(1, 30), st.integers(0, 2**32 - 1))
def test_the_nearest_are_those_that_looking_at_all_would_find(left: int, right: int, seed: int) -> None:
    chance = np.random.default_rng(seed)
    ours, theirs = (compact(chance.standard_normal((size, SIZE)).tolist()) for size in (left, right))
    found = nearest(ours, theirs, most=2, least=-1)
    closeness = ours.astype(np.float32) @ theirs.astype(np.float32).T
    for one in range(left):
        told = sorted(closeness[one, other] for at, other in found if at == one)
        assert told == pytest.approx(sorted(closeness[one])[-2:])


def test_nobody_is_near_where_nobody_is() -> None:
    some = compact([vector("x", 8)])
    assert nearest(some[:0], some) == nearest(some, some[:0]) == []

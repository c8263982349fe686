"""Which value survives, by which rule, and what an organization may say of it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.records import MANUAL, BadSurvivorship, Rule, SourceLink, Survivorship, survivorship_of
from storage.records.people import Person
from tasks.rules.survivorship import WHY, Arbiter, Claim, survivor

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
CONNECTION = "0199a1b2-0000-7000-8000-000000000001"


def at(moment: datetime, source: str = "google", account: str = "") -> dict[str, str]:
    return {"source": source, "account": account, "at": moment.isoformat()}


def proposed(ours: Any, theirs: Any, origin: dict[str, Any] | None = None, modified_at: datetime | None = NOON) -> Any:
    provenance = {"company": origin} if origin else {}
    link = SourceLink("source", Person(), modified_at=modified_at)
    return Arbiter(source="microsoft").between("company", ours, theirs, provenance, link).claim.value


def told(field: str, ours: Claim, theirs: Claim, said: Any = (), trusted: Any = ()) -> tuple[Any, str]:
    found = survivor(field, ours, theirs, survivorship_of(dict(said), trusted))
    return found.claim.value, found.why


@pytest.mark.parametrize(("ours", "theirs"), [("Acme", ""), ("", "Acme")])
def test_something_beats_nothing(ours: str, theirs: str) -> None:
    assert proposed(ours, theirs) == "Acme"
    assert proposed(ours, theirs, {"source": MANUAL, "at": NOON.isoformat()}) == "Acme"


def test_what_a_person_typed_beats_what_a_machine_brought_however_new() -> None:
    assert proposed("ours", "theirs", at(NOON - HOUR, MANUAL)) == "ours"


@pytest.mark.parametrize(("age", "winner"), [(-HOUR, "theirs"), (HOUR, "ours"), (timedelta(0), "ours")])
def test_of_two_machines_the_more_recent_wins(age: timedelta, winner: str) -> None:
    assert proposed("ours", "theirs", at(NOON + age)) == winner


def test_in_doubt_the_crm_stays_as_it_is() -> None:
    assert proposed("ours", "theirs") == "ours"
    assert proposed("ours", "theirs", {"source": "google"}) == "ours"
    assert proposed("ours", "theirs", at(NOON - HOUR), modified_at=None) == "ours"


def test_where_another_field_came_from_does_not_matter() -> None:
    link = SourceLink("source", Person(), modified_at=NOON)
    found = Arbiter().between("company", "ours", "theirs", {"notes": at(NOON - HOUR)}, link)
    assert found.claim.value == "ours"


@pytest.mark.parametrize(("field", "ours", "theirs"), [("birthday", "--03-04", "1970-03-04"), ("notes", "x", "x, y")])
def test_where_more_is_said_the_more_recent_counts_less(field: str, ours: str, theirs: str) -> None:
    assert told(field, Claim(ours, at(NOON)), Claim(theirs, at(NOON - HOUR))) == (theirs, "the longer")


def test_an_organization_rules_single_fields_and_all_others() -> None:
    short, long = Claim("Head", at(NOON)), Claim("Head of Sales", at(NOON - HOUR))
    assert told("job_title", long, short) == ("Head", "the more recent")
    assert told("job_title", long, short, {"job_title": "longest"}) == ("Head of Sales", "the longer")
    assert told("company", long, short, {"job_title": "longest"})[0] == "Head"
    everywhere = {"default": ["longest"]}
    assert {told(field, long, short, everywhere)[0] for field in ("company", "notes")} == {"Head of Sales"}


def test_a_trusted_source_goes_before_a_recent_one_and_an_account_can_be_trusted_alone() -> None:
    google, outlook = Claim("a", at(NOON, "google", CONNECTION)), Claim("b", at(NOON + HOUR, "microsoft"))
    assert told("company", google, outlook)[0] == "b"
    assert told("company", google, outlook, {}, ["google", "microsoft"]) == ("a", "from the more trusted source")
    assert told("company", outlook, google, {}, "google")[0] == "a"
    assert told("company", google, outlook, {}, ["microsoft", CONNECTION])[0] == "b"
    assert told("company", google, outlook, {}, [CONNECTION])[0] == "a"


@pytest.mark.parametrize(
    ("said", "trusted", "text"),
    [
        ({"job_title": "newest"}, (), "survivorship.job_title: 'newest' is no rule; there are manual_edit"),
        ({"emails": "longest"}, (), "'emails' is no field with a single value; there are prefix"),
        ({"job_title": []}, (), "survivorship.job_title: name at least one of"),
        ({"job_title": 3}, (), "survivorship.job_title: a word, or a list of words"),
        ("longest", (), "write field=rule, such as"),
        (["longest"], (), "write field=rule, such as"),
        ({}, ["yahoo"], "trusted_sources: 'yahoo' is neither microsoft, google, file, manual nor the id"),
        ({}, 7, "trusted_sources: a word, or a list of words"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_what_can(said: Any, trusted: Any, text: str) -> None:
    with pytest.raises(BadSurvivorship, match=text):
        survivorship_of(said, trusted)


def test_rules_are_written_in_one_line_too() -> None:
    said = survivorship_of(" job_title = longest ; default=trusted_source,most_recent;", "google, manual")
    assert said == survivorship_of(
        {"job_title": ["longest"], "default": ["trusted_source", "most_recent"]}, ["google", "manual"]
    )
    assert survivorship_of("", "") == Survivorship()


def test_every_rule_has_its_words() -> None:
    assert set(WHY) == set(Rule)


ORIGINS = st.fixed_dictionaries(
    {"source": st.sampled_from(["google", "microsoft", MANUAL])},
    optional={"at": st.datetimes().map(lambda moment: moment.replace(tzinfo=UTC).isoformat())},
)
CLAIMS = st.builds(Claim, st.text(max_size=3), ORIGINS)
SAID = st.builds(
    lambda rules, trusted: survivorship_of({"default": rules}, trusted),
    st.lists(st.sampled_from(list(Rule)), min_size=1),
    st.lists(st.sampled_from(["google", "microsoft", MANUAL])),
)


@given(CLAIMS, CLAIMS, SAID)
def test_one_of_the_two_survives_and_nothing_never_beats_something(
    one: Claim, other: Claim, rules: Survivorship
) -> None:
    found = survivor("company", one, other, rules)
    assert found.claim in (one, other)
    assert found.why
    assert found.claim.value or not (one.value or other.value)


@given(CLAIMS, CLAIMS, SAID)
def test_sides_matter_only_where_no_rule_prefers_one(one: Claim, other: Claim, rules: Survivorship) -> None:
    there, back = survivor("company", one, other, rules), survivor("company", other, one, rules)
    assert there.why == back.why
    if there.why in WHY.values():
        assert there.claim == back.claim

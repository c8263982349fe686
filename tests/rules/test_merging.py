"""What one contact would be made of two."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.records import Contact, Labelled, Person, Survivorship, survivorship_of
from tasks.rules.changes import FIELDS, SEVERAL
from tasks.rules.merging import Merged, NoSuchField, merged
from tasks.rules.normalise import field_key
from tasks.rules.provenance import origin

RULES = Survivorship()
OLD = {"source": "google", "at": "2025-01-01T00:00:00+00:00"}
NEW = {"source": "microsoft", "at": "2026-01-01T00:00:00+00:00"}
TYPED = {"source": "manual", "at": "2020-01-01T00:00:00+00:00"}
WORK, HOME = Labelled("ada@work.example", "work"), Labelled("ada@home.example")


def contact(id: str = "kept", whence: dict[str, Any] | None = None, **fields: Any) -> Contact:  # noqa: A002
    return Contact(id, 3, Person(**fields), dict.fromkeys(fields, whence or OLD))


def why(found: Merged) -> dict[str, tuple[Any, str]]:
    return {one.field: (one.after, one.why) for one in found.outcomes}


def test_each_field_survives_by_its_rule_and_says_so() -> None:
    kept = contact(job_title="Clerk", company="Acme", notes="x")
    gone = contact("gone", NEW, job_title="Head", notes="x, y", nickname="Addie")
    found = merged(kept, gone, RULES)
    assert why(found) == {
        "job_title": ("Head", "the more recent"),
        "company": ("Acme", "the only one"),
        "notes": ("x, y", "the longer"),
        "nickname": ("Addie", "the only one"),
    }
    assert found.contact == replace(
        kept, version=4, person=Person(job_title="Head", company="Acme", notes="x, y", nickname="Addie"),
        provenance={"job_title": NEW, "company": OLD, "notes": NEW, "nickname": NEW},
    )  # fmt: skip


def test_an_organizations_rules_hold_here_too() -> None:
    kept, gone = contact(job_title="Head of Sales"), contact("gone", NEW, job_title="Head")
    assert merged(kept, gone, survivorship_of({"job_title": "longest"})).contact.person.job_title == "Head of Sales"


def test_what_the_person_who_merges_chooses_goes_before_every_rule() -> None:
    kept, gone = contact(whence=TYPED, company="Acme"), contact("gone", company="Umbrella")
    assert merged(kept, gone, RULES).contact.person.company == "Acme"
    assert why(merged(kept, gone, RULES, take=["company"])) == {"company": ("Umbrella", "chosen")}


def test_an_address_shown_for_want_of_a_name_never_outlives_a_name() -> None:
    ada = contact(given_name="Ada", display_name="Ada Lovelace", emails=(WORK,))
    nameless = contact("gone", NEW, display_name="ada@work.example", emails=(WORK,))
    for kept, gone in ((ada, nameless), (nameless, ada)):
        found = merged(kept, gone, RULES)
        assert found.contact.person == ada.person
        assert why(found)["display_name"] == ("Ada Lovelace", "the only name")


@pytest.mark.parametrize("field", ["emails", "colour"])
def test_only_a_single_value_can_be_chosen(field: str) -> None:
    with pytest.raises(NoSuchField, match=f"{field!r} is no field with a single value"):
        merged(contact(), contact("gone"), RULES, take=[field])


def test_a_name_is_taken_whole() -> None:
    kept = contact(given_name="Ada", family_name="Byron", display_name="Ada Byron")
    gone = contact("gone", NEW, given_name="Ada", family_name="Lovelace", display_name="Ada Lovelace")
    kept.provenance["family_name"] = TYPED
    person = merged(kept, gone, RULES).contact.person
    assert (person.family_name, person.display_name) == ("Lovelace", "Ada Lovelace")
    person = merged(gone, kept, RULES, take=["family_name"]).contact.person
    assert (person.family_name, person.display_name) == ("Byron", "Ada Byron")


def test_several_values_are_all_kept_each_with_its_own_origin() -> None:
    kept, gone = contact(emails=(WORK,)), contact("gone", NEW, emails=(replace(WORK, label=""), HOME), tags=("vip",))
    now = merged(kept, gone, RULES).contact
    assert now.person.emails == (WORK, HOME)
    assert [origin(now.provenance, "emails", mail)["source"] for mail in now.person.emails] == ["google", "microsoft"]
    assert origin(now.provenance, "tags", "vip")["source"] == "microsoft"


def test_where_it_stands_in_sales_goes_together() -> None:
    won = replace(contact("gone"), pipeline="sales", stage="won")
    assert (merged(contact(), won, RULES).contact.pipeline, merged(contact(), won, RULES).contact.stage) == (
        "sales",
        "won",
    )
    lost = replace(contact(), pipeline="partners", stage="")
    assert merged(lost, won, RULES).contact.stage == ""


WORDS = st.sampled_from(["", "Ada", "Lovelace", "Countess"])
MAILS = st.lists(st.builds(Labelled, st.sampled_from(["a@x.example", "b@x.example"]), WORDS), max_size=2).map(tuple)
PEOPLE = st.builds(Person, given_name=WORDS, family_name=WORDS, display_name=WORDS, company=WORDS, emails=MAILS)
WHENCE = st.sampled_from([OLD, NEW, TYPED, {}])


@given(PEOPLE, PEOPLE, WHENCE, WHENCE)
def test_nothing_is_invented_and_nothing_known_is_lost(
    one: Person, other: Person, its: dict[str, Any], others: dict[str, Any]
) -> None:
    kept = Contact("kept", 1, one, dict.fromkeys(FIELDS, its))
    gone = Contact("gone", 1, other, dict.fromkeys(FIELDS, others))
    after = merged(kept, gone, RULES).contact.person
    for field in FIELDS:
        mine, their, now = (getattr(person, field) for person in (one, other, after))
        if field in SEVERAL:
            assert {field_key(field, v) for v in now} == {field_key(field, v) for v in (*mine, *their)}
        else:
            assert now in (mine, their)
            assert now or not (mine or their)


@given(PEOPLE, WHENCE)
def test_a_contact_merged_with_its_like_stays_what_it_is(one: Person, its: dict[str, Any]) -> None:
    kept, gone = (Contact(name, 1, one, dict.fromkeys(FIELDS, its)) for name in ("kept", "gone"))
    assert merged(kept, gone, RULES) == Merged(replace(kept, version=2), ())

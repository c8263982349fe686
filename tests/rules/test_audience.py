"""Who is written to, and what a mail may know of them."""

from dataclasses import replace

import pytest

from storage.records import Contact, Labelled, Person, PostalAddress, SuppressionReason
from tasks.rules.audience import Exclusion, Judged, candidate, canonical, segmented
from tasks.rules.facts import LONGEST, recipient_of
from tasks.rules.time_zones import time_zone


def contact(id_: str, *addresses: str, **fields: object) -> Contact:
    return Contact(id_, 1, Person(emails=tuple(map(Labelled, addresses)), **fields), {})  # type: ignore[arg-type]


def judged(*contacts: Contact, **options: object) -> list[Judged]:
    found = [candidate(one, lambda text: f"#{text}") for one in contacts]
    return list(segmented(found, **{"suppressed": {}} | options))  # type: ignore[arg-type]


def reasons(*contacts: Contact, **options: object) -> list[Exclusion | None]:
    return [one.reason for one in judged(*contacts, **options)]


def test_every_contact_gets_one_answer_in_order() -> None:
    people = [contact("1", "a@x.org"), contact("2"), contact("3", "no address"), contact("4", "A+news@x.org")]
    found = judged(*people)
    assert [one.object_id for one in found] == ["1", "2", "3", "4"]
    assert [one.reason for one in found] == [
        None, Exclusion.NO_ADDRESS, Exclusion.INVALID_ADDRESS, Exclusion.DUPLICATE_ADDRESS,
    ]  # fmt: skip
    assert [bool(one.recipient) for one in found] == [True, False, False, False]


@pytest.mark.parametrize("twin", ["AB@gmail.com", "a.b@gmail.com", "ab+x@googlemail.com", " Ann <ab@Gmail.COM> "])
def test_one_mailbox_has_one_spelling(twin: str) -> None:
    assert canonical(twin) == "ab@gmail.com"
    assert canonical("a.b@x.org") == "a.b@x.org"


@pytest.mark.parametrize(
    ("why", "reason"),
    [
        (SuppressionReason.UNSUBSCRIBED, Exclusion.UNSUBSCRIBED),
        (SuppressionReason.COMPLAINED, Exclusion.UNSUBSCRIBED),
        (SuppressionReason.ERASED, Exclusion.SUPPRESSED),
        (SuppressionReason.MANUAL, Exclusion.SUPPRESSED),
        (SuppressionReason.BOUNCED, Exclusion.BOUNCED),
    ],
)
def test_who_is_suppressed_is_left_out_with_the_reason(why: SuppressionReason, reason: Exclusion) -> None:
    assert reasons(contact("1", "a@x.org"), suppressed={"#a@x.org": why}) == [reason]


def test_who_wants_no_mail_gets_none_at_another_address_either() -> None:
    person = contact("1", "a@x.org", "b@x.org")
    assert reasons(person, suppressed={"#b@x.org": SuppressionReason.UNSUBSCRIBED}) == [Exclusion.UNSUBSCRIBED]


def test_where_one_address_bounced_the_next_is_written_to() -> None:
    found = judged(contact("1", "a@x.org", "b@x.org"), suppressed={"#a@x.org": SuppressionReason.BOUNCED})
    assert found[0].recipient
    assert (found[0].recipient.address, found[0].address_hash) == ("b@x.org", "#b@x.org")


def test_an_invalid_first_address_does_not_hide_a_valid_second() -> None:
    assert reasons(contact("1", "nonsense", "b@x.org")) == [None]


def test_role_addresses_are_left_out_where_that_is_asked_for() -> None:
    office = contact("1", "info@x.org")
    assert reasons(office) == [None]
    assert reasons(office, exclude_roles=True) == [Exclusion.ROLE_ADDRESS]


def test_who_was_written_to_recently_rests() -> None:
    assert reasons(contact("1", "a@x.org"), written_to={"#a@x.org"}) == [Exclusion.WRITTEN_TO_RECENTLY]


def test_duplicates_are_found_across_batches() -> None:
    taken: set[str] = set()
    assert reasons(contact("1", "a@x.org"), taken=taken) == [None]
    assert reasons(contact("2", "a@x.org"), taken=taken) == [Exclusion.DUPLICATE_ADDRESS]


def test_a_mail_knows_a_short_list_of_facts_and_nothing_else() -> None:
    person = contact(
        "1", "a@x.org", given_name="Ann", family_name="Lee", company="Acme", birthday="1980-01-01", notes="secret",
        tags=("vip", "new"), phones=(Labelled("+4930123456"),), addresses=(PostalAddress("Main 1", "Rome"),),
    )  # fmt: skip
    plain = recipient_of(person)
    assert plain.facts == {"given_name": "Ann", "family_name": "Lee", "company": "Acme", "city": "Rome"}
    assert (plain.address, plain.name, plain.time_zone) == ("a@x.org", "Ann Lee", "Europe/Berlin")
    asked = recipient_of(person, uses=("tags", "notes")).facts
    assert (asked["tags"], asked["notes"]) == ("vip, new", "secret")


def test_facts_are_cleaned_and_cut_at_a_word() -> None:
    hostile = contact("1", "a@x.org", given_name="A\u202en\u200bn\r\nBcc: x@y.z", company="word " * 200)
    facts = recipient_of(hostile).facts
    assert facts["given_name"] == "Ann Bcc: x@y.z"
    assert len(facts["company"]) <= LONGEST
    assert facts["company"].endswith("word")


def test_who_has_only_a_display_name_is_called_by_it() -> None:
    found = recipient_of(contact("1", "a@x.org", display_name="Acme Office"))
    assert found.name == "Acme Office"
    assert recipient_of(replace(contact("2"))).address == ""


@pytest.mark.parametrize(
    ("phones", "country", "zone"),
    [
        (["+4930123456"], "", "Europe/Berlin"),
        (["+12125551234"], "", "America/New_York"),
        (["+447911123456"], "", "Europe/London"),
        (["+79161234567"], "", ""),
        (["nonsense", "+33123456789"], "", "Europe/Paris"),
        ([], "Österreich", "Europe/Vienna"),
        (["+12125551234"], "Germany", "Europe/Berlin"),
        ([], "Atlantis", ""),
        (["+80012345678"], "", ""),
    ],
)
def test_the_time_zone_is_told_where_it_can_only_be_one(phones: list[str], country: str, zone: str) -> None:
    assert time_zone(phones, country) == zone

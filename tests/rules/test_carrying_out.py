"""What an approved row does, given how the contact stands when it is carried out."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from storage.records import Cell, Change, ChangeKind, ChangeState, Contact, Edits, Person, Proposal, SourceLink
from tasks.rules.carrying_out import Origin, Stale, Written, carry_out
from tasks.rules.planning import comparison, creation, removal

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
EARLIER = datetime(2026, 5, 1, tzinfo=UTC)
ORIGIN = Origin("microsoft", "account", "sync", "ann@acme.example", NOW)
BASE = Person(display_name="Ada", job_title="Clerk", company="Old")
THEIRS = Person(display_name="Ada", job_title="Analyst", company="New")
LINK = SourceLink("source", THEIRS, BASE, modified_at=EARLIER)


def contact(person: Person = BASE, version: int = 3) -> Contact:
    return Contact("ada", version, person, {"notes": {"source": "manual"}}, pipeline="sales", stage="won")


UPDATE = comparison(contact(), LINK, reason="")


def out(change: Change, there: Contact | None, edits: Edits | None = None) -> Written | Stale:
    return carry_out(change, there, edits, ORIGIN, "new id")


def written(change: Change, there: Contact | None, edits: Edits | None = None) -> Written:
    result = out(change, there, edits)
    assert isinstance(result, Written)
    return result


def changed(change: Change, there: Contact | None, edits: Edits | None = None) -> Contact:
    result = written(change, there, edits).contact
    assert result is not None
    return result


def test_an_update_writes_its_fields_as_the_next_version_and_says_whence_they_are() -> None:
    now = changed(UPDATE, contact())
    assert (now.person, now.version, now.pipeline, now.stage) == (THEIRS, 4, "sales", "won")
    whence = {
        "source": "microsoft", "account": "account", "sync": "sync", "by": "ann@acme.example", "at": EARLIER.isoformat()
    }  # fmt: skip
    assert now.provenance == {"notes": {"source": "manual"}, "job_title": whence, "company": whence}
    assert written(UPDATE, contact()).links == (LINK,)


def test_a_contact_that_moved_where_nothing_was_reviewed_is_written_all_the_same() -> None:
    moved = contact(replace(BASE, notes="met at the fair"), version=7)
    now = changed(UPDATE, moved)
    assert (now.person, now.version) == (replace(THEIRS, notes="met at the fair"), 8)


def test_a_contact_that_moved_to_where_the_plan_would_bring_it_needs_no_write() -> None:
    result = written(UPDATE, contact(THEIRS, version=7))
    assert (result.contact, result.links, result.fields) == (None, (LINK,), ())


def test_a_contact_that_moved_elsewhere_is_handed_back_with_what_changed() -> None:
    result = out(UPDATE, contact(replace(BASE, company="Other"), version=7))
    assert isinstance(result, Stale)
    assert result.reason == "changed since the review: company (version 3 → 7)"
    assert "Other" not in result.reason


@pytest.mark.parametrize("kind", [ChangeKind.UPDATE, ChangeKind.CONFLICT, ChangeKind.MAYBE, ChangeKind.REMOVED])
def test_a_contact_that_was_deleted_is_not_brought_back(kind: ChangeKind) -> None:
    assert out(replace(UPDATE, kind=kind), None) == Stale("the contact was deleted since the review")


def test_a_row_whose_values_are_gone_writes_nothing() -> None:
    assert isinstance(out(replace(UPDATE, proposal=None), contact()), Stale)


def test_a_refused_field_is_not_written_and_is_still_open_at_the_source() -> None:
    result = written(UPDATE, contact(), Edits(refused=("company",)))
    assert result.contact is not None
    assert result.contact.person == replace(BASE, job_title="Analyst")
    assert result.links[0].person == replace(THEIRS, company="Old")
    assert (result.fields, result.refused) == (("job_title",), True)
    assert "company" not in result.contact.provenance


def test_a_row_of_which_every_field_is_refused_ties_the_record_and_no_more() -> None:
    result = written(UPDATE, contact(), Edits(refused=("company", "job_title")))
    assert (result.contact, result.fields, result.refused) == (None, (), True)


def test_a_field_refused_does_not_make_the_row_stale() -> None:
    moved = contact(replace(BASE, company="Other"), version=7)
    assert changed(UPDATE, moved, Edits(refused=("company",))).person == replace(
        BASE, company="Other", job_title="Analyst"
    )


def test_a_value_given_by_the_reviewer_is_written_instead_and_is_the_reviewers() -> None:
    now = changed(UPDATE, contact(), Edits(values=(Cell("company", "Old", "Better"),)))
    assert now.person == replace(THEIRS, company="Better")
    assert now.provenance["company"]["source"] == "manual"
    assert now.provenance["company"]["at"] == NOW.isoformat()
    assert now.provenance["job_title"]["source"] == "microsoft"


def test_a_conflict_that_would_keep_ours_can_be_decided_for_theirs() -> None:
    ours = contact(replace(BASE, company="Ours"))
    conflict = comparison(ours, replace(LINK, modified_at=None), reason="")
    assert conflict.kind is ChangeKind.CONFLICT
    assert conflict.proposal is not None
    (cell,) = conflict.proposal.conflicts
    assert changed(conflict, ours).person.company == "Ours"
    assert changed(conflict, ours, Edits(values=(cell,))).person.company == "New"
    moved = contact(replace(BASE, company="Again"), version=7)
    assert isinstance(out(conflict, moved, Edits(values=(cell,))), Stale)


def test_a_creation_makes_the_first_version_of_a_new_contact() -> None:
    result = written(creation([replace(LINK, base=Person())]), None)
    assert result.contact == Contact("new id", 1, THEIRS, dict.fromkeys(result.fields, ORIGIN.of(LINK)))
    assert set(result.fields) == {"display_name", "job_title", "company"}


def test_a_creation_without_a_refused_field_offers_it_again() -> None:
    result = written(creation([replace(LINK, base=Person())]), None, Edits(refused=("company",)))
    assert result.contact is not None
    assert result.contact.person == replace(THEIRS, company="")
    assert result.links[0].person.company == ""
    assert result.refused


def test_a_removal_leaves_the_contact_as_it_is_whatever_became_of_it() -> None:
    change = removal(contact(), LINK)
    assert written(change, contact(replace(BASE, notes="edited"), version=9)).contact is None


def test_a_row_that_only_ties_changes_no_contact() -> None:
    tie = Change("", 1, ChangeKind.UPDATE, ChangeState.APPROVED, "ada", 3, "", (), Proposal("Ada", (), (LINK,)))
    assert written(tie, contact()).contact is None


def test_where_the_source_says_no_time_the_run_does() -> None:
    assert ORIGIN.of(replace(LINK, modified_at=None))["at"] == NOW.isoformat()

"""A person who was erased is nowhere; what was counted still adds up, and everybody else stays."""

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from storage import audit
from storage.campaign import suppressions
from storage.deciding import CannotDecide, Choice
from storage.documents import new_id
from storage.people import contacts
from storage.privacy import erasures
from storage.records import (
    ChangeKind,
    ChangeState,
    Contact,
    Labelled,
    Person,
    SyncStatus,
)  # fmt: skip
from storage.sync import reviews
from storage.tables import metadata
from tests.cli.conftest import Call
from tests.flows.book import somebody
from tests.flows.house import ANN, BEN
from tests.flows.pipeline import adds_up
from tests.privacy.asking import erased
from tests.privacy.world import MARKS, NOW_AT, ON_A_CARD, PIA, World

both = pytest.mark.parametrize("house", ["sqlite", "postgres"], indirect=True)


def held(call: Call, address: str) -> str:
    return str(call("export-person", address, "--org", "acme").stderr)


def decided(world: World, digest: str) -> None:
    with world.house.store.begin() as session:
        decision = reviews.Decision(Choice.APPROVE, ANN, digest=digest)
        reviews.decide(session, world.house.scope, world.waiting.id, decision)


@both
def test_nothing_is_left_of_a_person_in_any_table_nor_behind_any_seal(call: Call, world: World) -> None:
    before, sealed = world.tables(), world.sealed()
    assert [mark for mark in MARKS if mark in before] == [mark for mark in MARKS if "pia." not in mark]
    assert [mark for mark in MARKS if mark not in sealed] == [], "the search finds what is there"
    assert "1 contacts" in erased(call, NOW_AT, "--user", ANN)
    after, sealed = world.tables(), world.sealed()
    marks = (*MARKS, "vector of hers", "a visit of hers", "advised: Pia", "advised: mind Pia")
    assert [mark for mark in marks if mark in after + sealed] == []
    assert world.pia not in world.tables(but_for=("audit_log", "email_campaigns"))
    assert "nothing is held" in held(call, NOW_AT)
    assert "advised: why not" in sealed
    others = somebody(1).emails[0].value
    assert (others in after, others in sealed, "of another" in after) == (True, True, True), "others stay"


def test_counts_and_the_chain_of_the_audit_log_stay_true(call: Call, world: World) -> None:
    before = world.line.statistics(world.sent)
    erased(call, NOW_AT, "--user", ANN)
    assert world.line.statistics(world.sent) == before
    assert before.opened == 1
    for sync in (world.undoable, world.waiting):
        assert adds_up(world.pipeline.sync(sync.id), world.pipeline.rows(sync))
    for campaign in (world.in_review, world.approved):
        assert world.line.statistics(campaign).adds_up
        assert world.line.campaign(campaign.id).statistics == world.line.statistics(campaign)
    with world.house.store.read() as session:
        assert audit.verify(session, world.house.scope).broken_at is None
        entry = next(one for one in audit.entries(session, world.house.scope) if one.action == "person.erased")
    assert (entry.actor, entry.detail["contacts"], entry.detail["mails"]) == (ANN, 1, 3)
    assert "@" not in entry.subject


def test_a_plan_that_waits_shows_that_somebody_was_erased_and_must_be_looked_at_again(call: Call, world: World) -> None:
    (row,) = world.pipeline.rows(world.waiting, ChangeKind.UPDATE, ChangeKind.CONFLICT)[:1]
    erased(call)
    left = [row for row in world.pipeline.rows(world.waiting) if "erased" in row.reason]
    assert [(one.kind, one.state, one.object_id) for one in left] == [(ChangeKind.SKIP, ChangeState.PROPOSED, "")]
    with pytest.raises(CannotDecide, match="not the plan that waits now"):
        decided(world, world.waiting.digest)
    again = world.pipeline.sync(world.waiting.id)
    assert (again.digest != world.waiting.digest, again.statistics.skipped) == (
        True,
        world.waiting.statistics.skipped + 1,
    )
    decided(world, again.digest)
    done = world.pipeline.finish(world.waiting.id)
    assert (done.status, done.statistics) == (SyncStatus.COMPLETED, again.statistics)
    assert row.object_id


def test_an_approved_plan_that_is_not_written_yet_writes_all_but_them(call: Call, world: World) -> None:
    world.pipeline.decide(world.waiting)
    erased(call)
    done = world.pipeline.finish(world.waiting.id)
    assert done.status is SyncStatus.COMPLETED
    assert adds_up(done, world.pipeline.rows(done))
    assert [one.person.notes for one in world.house.crm() if one.person.notes] == ["somebody else's"]
    assert [mark for mark in MARKS if mark in world.tables() + world.sealed()] == []


@both
def test_erasing_twice_says_that_nothing_is_left(call: Call, world: World) -> None:
    erased(call)
    before = world.tables(but_for=("audit_log",))
    assert "nothing is left" in erased(call)
    assert "nothing is left" in erased(call, "PIA@truffelwerk.example")
    assert json.loads(erased(call, NOW_AT, "--json"))["erased"] is False
    assert world.tables(but_for=("audit_log",)) == before


def test_somebody_unknown_is_not_erased_nor_is_anybody_of_another_organization(call: Call, world: World) -> None:
    before = world.tables(but_for=("audit_log",))
    for words, said in (
        (("nobody@nowhere.example", "--org", "acme"), "nothing is held"),
        ((NOW_AT, "--org", "rival"), "nothing is held"),
        ((NOW_AT, "--org", "acme", "--user", BEN), "only an admin"),
        ((NOW_AT, "--org", "acme", "--user", "nobody@acme.example"), "no user"),
    ):
        result = call("erase", *words)
        assert (result.exit_code, said in result.stderr) == (1, True)
    assert world.tables(but_for=("audit_log",)) == before


def test_a_contact_who_is_a_user_too_stays_one_and_it_is_said(call: Call, world: World) -> None:
    with world.house.store.begin() as session:
        ann = Person(display_name="Ann herself", emails=(Labelled(ANN),))
        contacts.create(session, world.house.scope, [Contact(new_id(), 1, ann, {})])
    result = call("erase", ANN, "--org", "acme", "--json")
    assert (result.exit_code, json.loads(result.stdout)["is_user"]) == (0, True)
    assert "users stay" in result.stderr
    assert "Ann herself" not in {one.person.display_name for one in world.house.crm()}


def test_who_shares_an_address_with_them_stays_and_may_be_written_to(call: Call, world: World) -> None:
    shared = Person(display_name="Paul Quellen", emails=(Labelled(ON_A_CARD),))
    with world.house.store.begin() as session:
        contacts.create(session, world.house.scope, [Contact(new_id(), 1, shared, {})])
    erased(call)
    assert "Paul Quellen" in {one.person.display_name for one in world.house.crm()}
    with world.house.store.read() as session:
        hashed = suppressions.address_hash(session, world.house.scope, ON_A_CARD)
        assert suppressions.suppressed(session, world.house.scope, [hashed]) == {}


def test_somebody_elses_record_that_was_held_against_them_is_offered_again(call: Call, world: World) -> None:
    google, _ = world.books
    world.pipeline.approve(world.waiting)
    alike = replace(PIA, emails=(), phones=(Labelled("+4930123456"),), notes="")
    world.books[google].put("maybe", alike)
    sync = world.pipeline.preview(google)
    (maybe,) = world.pipeline.rows(sync, ChangeKind.MAYBE)
    assert maybe.object_id == world.pia
    erased(call)
    (left,) = (row for row in world.pipeline.rows(sync) if row.id == maybe.id)
    assert (left.kind, left.state, left.object_id) == (ChangeKind.SKIP, ChangeState.STALE, "")
    assert "truffles" not in repr(left)
    world.pipeline.approve(world.pipeline.sync(sync.id))
    assert world.pipeline.kinds(world.pipeline.preview(google)) == {"create": 1}


@pytest.mark.parametrize("house", ["postgres"], indirect=True)
def test_an_erasure_waits_for_what_is_being_written_and_finds_it(call: Call, world: World) -> None:
    """The other way round it would slip in behind its back."""
    store, scope = world.house.store, world.house.scope
    with ThreadPoolExecutor(1) as elsewhere:
        with store.begin() as session:
            erasures.lock_erasures(session, scope)
            erasing = elsewhere.submit(erased, call)
            with pytest.raises(TimeoutError):
                erasing.result(timeout=0.5)
            contacts.create(session, scope, [Contact(new_id(), 1, replace(PIA, emails=(Labelled(NOW_AT),)), {})])
        assert "2 contacts" in erasing.result(timeout=60)
    assert [mark for mark in MARKS if mark in world.tables()] == []


HOLD_PEOPLE = {
    "ai_usage", "campaign_emails", "change_values", "contact_sync_changes", "contact_twins", "contact_vectors",
    "deferred_records", "email_events", "match_decisions", "object_actions", "object_links", "objects", "plan_texts",
    "suggestions",
}  # fmt: skip
# Hashes, counts and names of users; what is sealed until a plan is made of it; what is about nobody.
HOLD_NOBODY = {
    "ai_budgets", "audit_log", "chores", "contact_syncs", "email_campaigns", "email_templates", "erasures",
    "mail_marks", "mailbox_slots", "mailboxes", "notices", "notify_targets", "oauth_connections", "organizations",
    "refused_applications", "review_marks", "saved_segments", "sign_ins", "staged_pages", "suppressions",
    "sync_schedules", "users",
}  # fmt: skip


def test_of_every_table_it_was_asked_whether_it_holds_people() -> None:
    """A new one without an answer fails here: whoever adds it looks at `erasing` and `holdings` in storage.privacy."""
    assert set(metadata.tables) == HOLD_PEOPLE | HOLD_NOBODY

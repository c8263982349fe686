"""Decisions made while a plan is looked at: kept, seen by all, taken back, and final with the plan."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from sqlalchemy import select, update

from storage import audit
from storage.deciding import CannotDecide, Choice, Overtaken
from storage.documents import now
from storage.organization import sign_ins
from storage.people import decisions
from storage.records import Cell, Change, ChangeKind, ChangeState, Deed, Edits, Labelled, Person, SignInKind, Verdict
from storage.scope import Scope
from storage.session import Session, Store
from storage.sync import marks, plan_search, plan_texts, plan_verdicts, plans, reviews, syncs
from storage.sync.reviews import Decision
from storage.sync.syncs import Sync
from storage.tables import sign_ins as sign_ins_table
from tasks.upkeep.forget import forget_sign_ins
from tests.storage.examples import ADA, BOB, planned, preview_key, row

ANN, BEN = "ann@acme.example", "ben@acme.example"
KINDS = (ChangeKind.CREATE, ChangeKind.CREATE, ChangeKind.UPDATE, ChangeKind.MAYBE, ChangeKind.SKIP)


def waiting(session: Session, scope: Scope) -> tuple[Sync, list[Change]]:
    plan = [row(kind, ordinal, object_id=f"object {ordinal}") for ordinal, kind in enumerate(KINDS, 1)]
    return planned(session, scope, plan), plan


def states(session: Session, scope: Scope, sync: Sync) -> list[str]:
    return [change.state.value for change in plans.every(session, scope, sync.id, None)]


def approval(sync: Sync, **more: object) -> Decision:
    return Decision(Choice.APPROVE, ANN, digest=sync.digest, **more)  # type: ignore[arg-type]


def test_a_group_is_decided_at_once_and_taken_back_at_once(store: Store, scope: Scope) -> None:
    with store.begin() as session:
        sync, _ = waiting(session, scope)
        made = marks.mark_all(session, scope, sync.id, Deed.APPROVED, actor=ANN, kinds=[ChangeKind.CREATE])
        assert made.number == 2
        assert states(session, scope, sync) == ["approved", "approved", "proposed", "proposed", "proposed"]
        assert marks.take_back(session, scope, sync.id, made.id, actor=BEN) == 2
        assert marks.take_back(session, scope, sync.id, made.id, actor=BEN) == 0
        assert set(states(session, scope, sync)) == {"proposed"}
        deeds = [entry.action for entry in audit.entries(session, scope, subject=sync.id)]
    assert deeds == ["sync.mark_taken_back", "sync.marked"]


def test_deciding_about_a_group_leaves_alone_what_somebody_decided(store: Store, scope: Scope) -> None:
    with store.begin() as session:
        sync, plan = waiting(session, scope)
        marks.mark_rows(session, scope, sync.id, Deed.REJECTED, actor=BEN, change_ids=[plan[0].id])
        made = marks.mark_all(session, scope, sync.id, Deed.APPROVED, actor=ANN, kinds=[ChangeKind.CREATE])
        assert made.number == 1
        assert states(session, scope, sync)[:2] == ["rejected", "approved"]


def test_taking_back_leaves_alone_what_was_decided_anew(store: Store, scope: Scope) -> None:
    with store.begin() as session:
        sync, plan = waiting(session, scope)
        made = marks.mark_all(session, scope, sync.id, Deed.APPROVED, actor=ANN, kinds=[ChangeKind.CREATE])
        marks.mark_rows(session, scope, sync.id, Deed.REJECTED, actor=BEN, change_ids=[plan[0].id])
        assert marks.take_back(session, scope, sync.id, made.id, actor=ANN) == 1
        assert states(session, scope, sync)[:2] == ["rejected", "proposed"]


def test_who_decides_on_an_old_look_is_told_and_overwrites_nothing(store: Store, scope: Scope) -> None:
    with store.begin() as session:
        sync, plan = waiting(session, scope)
        marks.mark_row(session, scope, sync.id, Deed.REJECTED, actor=BEN, change_id=plan[2].id, seen="")
    with pytest.raises(Overtaken), store.begin() as session:
        marks.mark_row(session, scope, sync.id, Deed.APPROVED, actor=ANN, change_id=plan[2].id, seen="")
    with store.read() as session:
        assert states(session, scope, sync)[2] == "rejected"
        assert [mark.actor for mark in marks.marks(session, scope, sync.id)] == [BEN]


def test_of_two_who_decide_about_one_row_at_once_one_does(store: Store, scope: Scope) -> None:
    with store.begin() as session:
        sync, plan = waiting(session, scope)

    def decide(actor: str) -> bool:
        try:
            with store.begin() as session:
                marks.mark_row(session, scope, sync.id, Deed.REJECTED, actor=actor, change_id=plan[2].id, seen="")
        except Overtaken:
            return False
        return True

    with ThreadPoolExecutor() as pool:
        assert sorted(pool.map(decide, (ANN, BEN))) == [False, True]


def test_an_edit_is_kept_and_approves_the_row(store: Store, scope: Scope) -> None:
    edits = Edits(("notes",), (Cell("job_title", "Countess", "Mathematician"),))
    with store.begin() as session:
        sync, plan = waiting(session, scope)
        made = marks.mark_row(
            session, scope, sync.id, Deed.EDITED, actor=ANN, change_id=plan[2].id, seen="", edits=edits
        )
        assert states(session, scope, sync)[2] == "approved"
        assert plan_verdicts.edits(session, scope, sync.id, preview_key(session, scope, sync.id)) == {plan[2].id: edits}
        assert marks.take_back(session, scope, sync.id, made.id, actor=ANN) == 0


def test_drafts_are_final_with_the_plan(store: Store, scope: Scope) -> None:
    with store.begin() as session:
        sync, plan = waiting(session, scope)
        marks.mark_rows(session, scope, sync.id, Deed.REJECTED, actor=BEN, change_ids=[plan[0].id, plan[3].id])
        reviews.decide(session, scope, sync.id, approval(sync))
        assert states(session, scope, sync) == ["rejected", "approved", "approved", "rejected", "approved"]
        said = decisions.decisions(session, scope, sync.account)
        (entry,) = [one for one in audit.entries(session, scope, subject=sync.id) if one.action == "sync.approved"]
    assert said == {("source-4", "object 4"): Verdict.DIFFERENT}
    assert entry.detail["approved"] == 3


def test_a_last_word_that_is_narrower_than_the_drafts_counts(store: Store, scope: Scope) -> None:
    with store.begin() as session:
        sync, _ = waiting(session, scope)
        marks.mark_all(session, scope, sync.id, Deed.APPROVED, actor=BEN, kinds=[ChangeKind.MAYBE])
        reviews.decide(session, scope, sync.id, replace(approval(sync), choice=Choice.APPROVE_SAFE))
        assert states(session, scope, sync) == ["approved", "approved", "approved", "rejected", "approved"]
        assert decisions.decisions(session, scope, sync.account) == {}


def test_what_the_terminal_says_of_one_field_leaves_the_draft_of_another(store: Store, scope: Scope) -> None:
    draft = Edits((), (Cell("company", "", "Engines"), Cell("job_title", "Countess", "Poet")))
    with store.begin() as session:
        sync, plan = waiting(session, scope)
        marks.mark_row(session, scope, sync.id, Deed.EDITED, actor=ANN, change_id=plan[2].id, seen="", edits=draft)
        said = {plan[2].id: Edits(refused=("job_title",))}
        reviews.decide(session, scope, sync.id, approval(sync, edits=said))
        kept = plan_verdicts.edits(session, scope, sync.id, preview_key(session, scope, sync.id))
    assert kept == {plan[2].id: Edits(("job_title",), (Cell("company", "", "Engines"),))}


def test_a_rejected_plan_keeps_no_draft(store: Store, scope: Scope) -> None:
    with store.begin() as session:
        sync, _ = waiting(session, scope)
        marks.mark_all(session, scope, sync.id, Deed.APPROVED, actor=ANN, kinds=list(ChangeKind))
        reviews.decide(session, scope, sync.id, Decision(Choice.REJECT, ANN))
        assert set(states(session, scope, sync)) == {"rejected"}


def test_a_decided_plan_takes_no_drafts(store: Store, scope: Scope) -> None:
    with store.begin() as session:
        sync, plan = waiting(session, scope)
        made = marks.mark_rows(session, scope, sync.id, Deed.REJECTED, actor=ANN, change_ids=[plan[0].id])
        reviews.decide(session, scope, sync.id, approval(sync))
        for deed in (
            lambda: marks.mark_all(session, scope, sync.id, Deed.APPROVED, actor=ANN, kinds=list(ChangeKind)),
            lambda: marks.take_back(session, scope, sync.id, made.id, actor=ANN),
        ):
            with pytest.raises(CannotDecide, match="executing"):
                deed()


def test_every_decision_changes_the_pulse(store: Store, scope: Scope) -> None:
    with store.begin() as session:
        sync, plan = waiting(session, scope)
        beats = [marks.pulse(session, scope, sync.id)]
        made = marks.mark_rows(session, scope, sync.id, Deed.REJECTED, actor=ANN, change_ids=[plan[0].id])
        beats.append(marks.pulse(session, scope, sync.id))
        marks.take_back(session, scope, sync.id, made.id, actor=ANN)
        beats.append(marks.pulse(session, scope, sync.id))
    assert len(set(beats)) == 3


def test_a_plan_is_searched_by_everything_it_holds(store: Store, scope: Scope) -> None:
    odd = Person(display_name='Eve "Ü" Straße', emails=(Labelled("eve@x.example"),))
    with store.begin() as session:
        sync = planned(
            session, scope, [row(ChangeKind.CREATE, n, person=who) for n, who in enumerate((ADA, BOB, odd), 1)]
        )
        key = preview_key(session, scope, sync.id)

        def found(words: str) -> list[int]:
            return [change.ordinal for change in plan_search.search(session, scope, sync.id, key, words)]

        assert found("LOVELACE ada") == [1]
        assert found("logic.example") == [2]
        assert found("ü strasse") == [3]
        assert found("source-2") == [2]
        assert found("programmer") == [1, 2, 3]
        assert found("nobody") == found("  ") == found("display_name") == []
        assert len(plan_search.search(session, scope, sync.id, key, "programmer", limit=2)) == 2


def test_a_plan_whose_text_is_gone_is_searched_all_the_same(store: Store, scope: Scope) -> None:
    with store.begin() as session:
        sync = planned(session, scope, [row(ChangeKind.CREATE, n, person=who) for n, who in enumerate((ADA, BOB), 1)])
        key = preview_key(session, scope, sync.id)
        plan_texts.clear(session, scope, sync.id)
        assert [one.ordinal for one in plan_search.search(session, scope, sync.id, key, "lovelace ada")] == [1]


def test_the_text_of_a_plan_is_sealed_and_goes_with_the_preview(store: Store, scope: Scope) -> None:
    with store.begin() as session:
        sync = planned(session, scope, [row(ChangeKind.CREATE, 1, person=ADA)])
        kept = [bytes(body) for body in session.execute(select(plan_texts.table.c.body)).scalars()]
        assert kept
        assert not any(b"lovelace" in body for body in kept)
        reviews.decide(session, scope, sync.id, Decision(Choice.REJECT, ANN))
        assert session.execute(select(plan_texts.table.c.body)).all() == []


def test_a_link_becomes_a_session_once(store: Store, scope: Scope) -> None:
    with store.begin() as session:
        token = sign_ins.offer_link(session, scope)
        found = sign_ins.visitor(session, token, SignInKind.LINK)
        assert found is not None
        assert (found.email, found.is_over) == (ANN, False)
        assert sign_ins.visitor(session, token) is None  # a link is no session

    def redeem(_: int) -> bool:
        with store.begin() as session:
            return sign_ins.redeem(session, scope, found.sign_in_id)

    with ThreadPoolExecutor() as pool:
        assert sorted(pool.map(redeem, range(3))) == [False, False, True]
    with store.read() as session:
        replayed = sign_ins.visitor(session, token, SignInKind.LINK)
        assert replayed is not None
        assert replayed.is_over


def test_a_session_ends_when_it_is_ended(store: Store, scope: Scope) -> None:
    with store.begin() as session:
        token = sign_ins.start(session, scope, actor=ANN, how="test")
        found = sign_ins.visitor(session, token)
        assert found is not None
        assert not found.is_over
        assert sign_ins.end(session, scope, found.sign_in_id)
        again = sign_ins.visitor(session, token)
        assert again is not None
        assert again.is_over
        assert sign_ins.visitor(session, "forged") is None


def test_sign_ins_that_are_long_over_are_forgotten_and_no_others(store: Store, scope: Scope) -> None:
    with store.begin() as session:
        tokens = [sign_ins.start(session, scope, actor=ANN, how="test") for _ in range(3)]
        ages = (sign_ins.REMEMBERED * 1.1, sign_ins.REMEMBERED * 0.9)
        for token, age in zip(tokens, ages, strict=False):
            found = sign_ins.visitor(session, token)
            assert found is not None
            mine = sign_ins_table.c.id == found.sign_in_id
            session.execute(update(sign_ins_table).where(mine).values(expires_at=now() - age))
    assert forget_sign_ins(store) == 1
    with store.read() as session:
        there = [sign_ins.visitor(session, token) for token in tokens]
    assert [one and one.is_over for one in there] == [None, True, False]


def test_syncs_that_end_without_a_decision_keep_no_draft(store: Store, scope: Scope) -> None:
    with store.begin() as session:
        sync, _ = waiting(session, scope)
        marks.mark_all(session, scope, sync.id, Deed.APPROVED, actor=ANN, kinds=list(ChangeKind))
        expired = syncs.SyncStatus.EXPIRED
        assert reviews.end(session, scope, sync.id, to=expired, expected=[sync.status], why="late")
        assert ChangeState.APPROVED.value not in states(session, scope, sync)

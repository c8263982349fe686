"""Suspend the flow run until a person has decided about the plan: in Prefect's form, at the terminal or on the page.

Suspended rather than paused, so that no process is kept alive meanwhile. The form is only one of the ways to decide;
what counts is the decision in our database when the run wakes.
"""

from datetime import timedelta
from typing import Literal

from prefect import get_run_logger
from prefect.flow_runs import asuspend_flow_run
from pydantic import Field

from storage.deciding import CannotDecide, Choice
from storage.organization import tenants
from storage.records import SyncStatus
from storage.scope import Scope
from storage.session import Store, open_store
from storage.settings import settings
from storage.sync import plans, reviews, syncs
from storage.sync.reviews import Decision
from storage.sync.syncs import Sync
from tasks.providers.flow_runs.resume_form import Answer, counted, described, key_of, unheard
from tasks.rules.accounting import told

BACKSTOP = timedelta(days=1)  # past our own deadline: when Prefect times out a suspended run, no hook runs


class SyncAnswer(Answer):
    decision: Literal["approve", "approve_safe", "reject"] = Field(
        description="approve: everything. approve_safe: new contacts and plain updates; the rest is offered again. "
        "reject: nothing is written."
    )


async def review(sync_id: str) -> None:
    """Return when the plan is decided. Called by the flow itself, since a task cannot suspend the run."""
    store = open_store()
    if (waiting := _waiting(store, sync_id)) and (answer := await unheard(SyncAnswer, waiting.review_round)):
        _take(store, sync_id, answer)
    while waiting := _waiting(store, sync_id):
        answer = await asuspend_flow_run(
            wait_for_input=_form(store, waiting),
            key=key_of(waiting.review_round),
            timeout=int((timedelta(days=settings().review_days) + BACKSTOP).total_seconds()),
        )
        _take(store, sync_id, answer)


def _waiting(store: Store, sync_id: str) -> Sync | None:
    with store.read() as session:
        sync = syncs.sync(session, _scope(store, sync_id), sync_id)
    return sync if sync.status is SyncStatus.PREVIEW else None


def _take(store: Store, sync_id: str, answer: Answer) -> None:
    """Carry out the form's answer. An invalid one is asked for again, not raised: a typo must not end the run."""
    scope = _scope(store, sync_id)
    with store.begin() as session:
        sync = syncs.sync(session, scope, sync_id)
        if sync.status is not SyncStatus.PREVIEW:
            return  # decided on the page or at the terminal; the form merely woke the run
        reviewer = tenants.member(session, scope, answer.reviewer)
        if reviewer is None:
            get_run_logger().warning("the reviewer named is no user of this organization: asking again")
            syncs.note(session, scope, sync_id, review_round=sync.review_round + 1)
            return
        decision = Decision(Choice(answer.decision), reviewer.email, answer.comment, digest=sync.digest)
        try:
            reviews.decide(session, scope, sync_id, decision)
        except CannotDecide as error:
            get_run_logger().warning("%s", error)


def _form(store: Store, sync: Sync) -> type[SyncAnswer]:
    with store.read() as session:
        kinds = told(plans.counts(session, _scope(store, sync.id), sync.id))
    page = f"[Contact sync]({settings().public_url}/syncs/{sync.id})"
    text = counted(
        page, kinds, look=f"contactflow preview {sync.id}", digest=sync.digest,
        asked_again="The reviewer named was no user of this organization" if sync.review_round else "",
    )  # fmt: skip
    return described(SyncAnswer, text)


def _scope(store: Store, sync_id: str) -> Scope:
    with store.read() as session:
        return tenants.scope_of_sync(session, sync_id)

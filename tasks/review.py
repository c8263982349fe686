"""Wait for a person. The run sleeps; what wakes it is a decision, made in the form, at the terminal or on the page.

Suspended, never paused: nothing of ours need live while somebody thinks. What the form answers is only one of the
ways to decide; what counts is what stands in our database when the run wakes.
"""

import copy
from datetime import timedelta
from typing import Any, Literal

from prefect import get_run_logger
from prefect.context import FlowRunContext
from prefect.flow_runs import asuspend_flow_run
from prefect.input import RunInput
from pydantic import Field, create_model

from storage import plans, reviews, syncs, tenants
from storage.records import ChangeKind, ChangeState, SyncStatus
from storage.reviews import CannotDecide, Choice, Decision
from storage.scope import Scope
from storage.session import Store, open_store
from storage.settings import settings
from storage.syncs import Sync

BACKSTOP = timedelta(days=1)  # our own deadline decides, for Prefect's runs no hook and tells nobody


class Answer(RunInput):
    """The form: few fields, none optional in the sense of None, for the form shows those badly."""

    decision: Literal["approve", "approve_safe", "reject"] = Field(
        description="approve: everything. approve_safe: new contacts and plain updates; the rest is offered again. "
        "reject: nothing is written."
    )
    reviewer: str = Field(description="your e-mail address, as a user of the organization")
    comment: str = Field(default="", description="for the audit trail", max_length=2000)


async def review(sync_id: str) -> None:
    """Return when the plan is decided; until then, sleep. Called by the flow itself, for tasks cannot suspend it."""
    store = open_store()
    while waiting := _waiting(store, sync_id):
        answer = await asuspend_flow_run(
            wait_for_input=_form(store, waiting),
            key=_key(waiting),
            timeout=int((timedelta(days=settings().review_days) + BACKSTOP).total_seconds()),
        )
        _take(store, sync_id, answer)


def _waiting(store: Store, sync_id: str) -> Sync | None:
    with store.read() as session:
        sync = syncs.sync(session, _scope(store, sync_id), sync_id)
    return sync if sync.status is SyncStatus.PREVIEW else None


def _take(store: Store, sync_id: str, answer: Answer) -> None:
    """An answer that cannot be acted upon is asked for again, never raised: the review must outlive a typo."""
    scope = _scope(store, sync_id)
    with store.begin() as session:
        sync = syncs.sync(session, scope, sync_id)
        if sync.status is not SyncStatus.PREVIEW:
            return  # decided elsewhere; the form was only the alarm clock
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


def _form(store: Store, sync: Sync) -> type[Answer]:
    with store.read() as session:
        counts = plans.counts(session, _scope(store, sync.id), sync.id)
    lines = [
        f"| {kind} | {number} |" for kind in ChangeKind if (number := sum(counts[kind, state] for state in ChangeState))
    ]
    asked_again = "**The reviewer named was no user of this organization.**\n\n" if sync.review_round else ""
    text = "\n".join([
        f"{asked_again}### Contact sync {sync.id}", "", "| what | how many |", "|---|---|", *lines, "",
        f"Every row with its values: `contactflow preview {sync.id}`", "", f"Digest `{sync.digest[:16]}`",
    ])  # fmt: skip
    return _described(Answer, text)


def _described(form: type[Answer], text: str) -> type[Answer]:
    """`with_initial_data` would lose the fields' limits and descriptions; a subclass keeps them."""
    described: Any = create_model(form.__name__, __base__=form)
    described.model_fields.update(copy.deepcopy(form.model_fields))
    described._description = text  # noqa: SLF001 (Prefect's own way of setting it)
    return described  # type: ignore[no-any-return]


def _key(sync: Sync) -> str:
    """A retried run may not ask under a key that was used: its old answer would be in the way."""
    context = FlowRunContext.get()
    count = context.flow_run.run_count if context and context.flow_run else 0
    return f"review-{sync.review_round}-{count}"


def _scope(store: Store, sync_id: str) -> Scope:
    with store.read() as session:
        return tenants.scope_of_sync(session, sync_id)

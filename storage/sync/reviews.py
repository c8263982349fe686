"""How a plan is decided: all at once, in one transaction, named by its digest.

The terminal, the resume form and the review page all come through here, so that of two who decide, one does.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from storage import audit
from storage.crypto import Key
from storage.deciding import CannotDecide, Choice
from storage.documents import now
from storage.people import decisions
from storage.records import SAFE_KINDS, Cell, Change, ChangeKind, ChangeState, Edits, Statistics, SyncStatus, Verdict
from storage.scope import Scope, scoped
from storage.session import Session
from storage.sync import landing, plan_verdicts, plans, syncs
from storage.sync.plan_verdicts import UNDECIDED
from storage.sync.waiting import lock_waiting_sync


@dataclass(frozen=True, slots=True)
class Decision:
    """`kinds` limits an approval; `refused` are rows left out of it; `edits` change single fields of single rows.

    `proven` says whether the reviewer signed in, or merely gave a name.
    """

    choice: Choice
    reviewer: str
    comment: str = ""
    proven: bool = False
    digest: str = ""
    kinds: tuple[ChangeKind, ...] = ()
    refused: tuple[str, ...] = ()
    edits: dict[str, Edits] = field(default_factory=dict)


@scoped
def decide(session: Session, scope: Scope, sync_id: str, decision: Decision) -> SyncStatus:
    """Record a decision and move the sync on; nothing is written to the CRM here."""
    sync, moment = lock_waiting_sync(session, scope, sync_id), now()
    if decision.digest and decision.digest != sync.digest:
        raise CannotDecide("this is not the plan that waits now: look at the preview again")
    to = SyncStatus.REJECTED if decision.choice is Choice.REJECT else SyncStatus.EXECUTING
    syncs.move(
        session, scope, sync_id, expected=SyncStatus.PREVIEW, to=to, decision=decision.choice,
        decided_by=decision.reviewer, decision_proven=decision.proven, comment=decision.comment, decided_at=moment,
    )  # fmt: skip
    approved = (
        _reject(session, scope, sync_id, moment)
        if to is SyncStatus.REJECTED
        else _approve(session, scope, sync_id, decision)
    )
    audit.record(
        session,
        scope,
        actor=decision.reviewer,
        action=f"sync.{'rejected' if to is SyncStatus.REJECTED else 'approved'}",
        subject=sync_id,
        detail=_detail(decision, sync.digest, approved),
    )
    return to


def _approve(session: Session, scope: Scope, sync_id: str, decision: Decision) -> int:
    key = syncs.preview_key(session, scope, sync_id)
    if key is None:
        raise CannotDecide("the plan is no longer there")
    if strangers := plans.absent(session, scope, sync_id, [*decision.refused, *decision.edits]):
        raise CannotDecide(f"rows that are not in this plan: {', '.join(strangers[:3])}; look at the preview again")
    _refuse(session, scope, sync_id, key, decision)
    drafts = plan_verdicts.edits(session, scope, sync_id, key) if decision.edits else {}
    for change_id, edits in decision.edits.items():
        whole = _together(drafts.get(change_id, Edits()), edits)
        plan_verdicts.edit(session, scope, sync_id, key, change_id=change_id, edits=whole, states=UNDECIDED)
    kinds = SAFE_KINDS if decision.choice is Choice.APPROVE_SAFE else decision.kinds or tuple(ChangeKind)
    wanted = {*kinds, ChangeKind.SKIP}
    plan_verdicts.decide(session, scope, sync_id, ChangeState.APPROVED, kinds=wanted)
    # Rows approved by an earlier mark are left out if the final decision is narrower.
    plan_verdicts.decide(session, scope, sync_id, ChangeState.REJECTED, kinds={*ChangeKind} - wanted, states=UNDECIDED)
    counted = plans.counts(session, scope, sync_id)
    return sum(number for (_, state), number in counted.items() if state is ChangeState.APPROVED)


def _together(draft: Edits, said: Edits) -> Edits:
    """Merge edits by field: `said` wins, other fields of the draft stay."""
    named = {*said.refused, *_names(said.values)}
    return Edits(
        refused=(*(name for name in draft.refused if name not in named), *said.refused),
        values=(*(cell for cell in draft.values if cell.field not in named), *said.values),
    )


def _refuse(session: Session, scope: Scope, sync_id: str, key: Key, decision: Decision) -> None:
    """Reject rows, by name or by mark. Rejecting a doubtful match is remembered as: these are two people."""
    if decision.refused:
        refused, undecided = decision.refused, UNDECIDED
        plan_verdicts.decide(session, scope, sync_id, ChangeState.REJECTED, change_ids=refused, states=undecided)
    sync = syncs.sync(session, scope, sync_id)
    left_out = {"kinds": [ChangeKind.MAYBE], "states": [ChangeState.REJECTED]}
    for change in plans.every(session, scope, sync_id, key, **left_out):
        if change.proposal:
            for link in change.proposal.links:
                decisions.remember(
                    session, scope, account=sync.account, source_id=link.source_id, object_id=change.object_id,
                    verdict=Verdict.DIFFERENT, decided_by=decision.reviewer,
                )  # fmt: skip


def _reject(session: Session, scope: Scope, sync_id: str, moment: datetime) -> int:
    """Nothing will be written, so nothing personal is kept: the source offers it all again."""
    plan_verdicts.decide(session, scope, sync_id, ChangeState.REJECTED, states=UNDECIDED)
    forget(session, scope, sync_id)
    syncs.note(session, scope, sync_id, completed_at=moment, **_nothing_written(session, scope, sync_id))
    return 0


@scoped
def forget(session: Session, scope: Scope, sync_id: str) -> None:
    """Destroy what was sealed for the review, and the keys to it."""
    plans.clear_previews(session, scope, sync_id)
    landing.clear(session, scope, sync_id)
    syncs.note(session, scope, sync_id, preview_key=None, undo_key=None, cursor=None)


@scoped
def end(
    session: Session, scope: Scope, sync_id: str, *, to: SyncStatus, expected: Sequence[SyncStatus], why: str
) -> bool:
    """A run that ends without a decision: expired, superseded, cancelled or failed."""
    if not syncs.close(session, scope, sync_id, expected=expected, to=to, error=why):
        return False
    plan_verdicts.decide(session, scope, sync_id, ChangeState.REJECTED, states=UNDECIDED)
    forget(session, scope, sync_id)
    syncs.note(session, scope, sync_id, **_nothing_written(session, scope, sync_id))
    audit.record(session, scope, actor="contactflow", action=f"sync.{to}", subject=sync_id, detail={"why": why})
    return True


def _nothing_written(session: Session, scope: Scope, sync_id: str) -> dict[str, int]:
    """Statistics of a run that wrote nothing: every row counts as skipped, except unreadable ones."""
    counted = plans.counts(session, scope, sync_id)
    failed = sum(number for (_, state), number in counted.items() if state is ChangeState.FAILED)
    return {"maybe": 0, **Statistics(failed=failed, skipped=counted.total() - failed).by_name()}


def _detail(decision: Decision, digest: str, approved: int) -> dict[str, Any]:
    return {
        "choice": decision.choice,
        "digest": digest,
        "proven": decision.proven,
        "approved": approved,
        "kinds": list(decision.kinds),
        "refused": list(decision.refused),
        "edited": {change: [*edits.refused, *_names(edits.values)] for change, edits in decision.edits.items()},
    }


def _names(cells: Sequence[Cell]) -> list[str]:
    return [cell.field for cell in cells]


def chosen(rows: Sequence[Change], words: Sequence[str]) -> tuple[tuple[str, ...], dict[str, Edits]]:
    """Rows and fields that a reviewer named: `12`, a row's id, or `12:job_title` for one field of it."""
    named = {name: change for change in rows for name in (change.id, str(change.ordinal))}
    refused: list[str] = []
    fields: dict[str, list[str]] = {}
    for word in words:
        name, sign, part = word.partition(":")
        if name not in named:
            raise CannotDecide(f"no row {name!r} in this plan: the preview shows each row's number")
        if not sign:
            refused.append(named[name].id)
        elif part in named[name].fields:
            fields.setdefault(named[name].id, []).append(part)
        else:
            raise CannotDecide(f"row {name} changes no field {part!r}, only {', '.join(named[name].fields) or 'none'}")
    return tuple(refused), {change: Edits(refused=tuple(names)) for change, names in fields.items()}

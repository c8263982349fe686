"""Statistics of a plan: every row is counted exactly once, so that the counts always add up to the plan's size."""

from collections import Counter
from collections.abc import Mapping

from storage.records import ChangeKind, ChangeState, Statistics

_BY_KIND = {
    ChangeKind.CREATE: "created",
    ChangeKind.UPDATE: "updated",
    ChangeKind.MAYBE: "updated",
    ChangeKind.CONFLICT: "conflicted",
    ChangeKind.REMOVED: "removed",
    ChangeKind.SKIP: "skipped",
}
_BY_STATE = {
    ChangeState.FAILED: "failed",
    ChangeState.STALE: "conflicted",
    ChangeState.REJECTED: "skipped",
}


UNREADABLE = "unreadable"


def told(rows: Mapping[tuple[ChangeKind, ChangeState], int]) -> Counter[str]:
    """A plan's number of rows by kind, shown to whoever decides; unreadable records are counted separately."""
    counted: Counter[str] = Counter()
    for (kind, state), number in rows.items():
        counted[UNREADABLE if (kind, state) == (ChangeKind.SKIP, ChangeState.FAILED) else kind.value] += number
    return counted


def forecast(rows: Mapping[tuple[ChangeKind, ChangeState], int]) -> Statistics:
    """Before the decision, the result of approving everything; afterwards, the actual result.

    Stale rows collided with a later edit and count as conflicts; rejected rows count as skipped.
    """
    counted: Counter[str] = Counter()
    for (kind, state), number in rows.items():
        counted[_BY_STATE.get(state, _BY_KIND[kind])] += number
    return Statistics(**counted)

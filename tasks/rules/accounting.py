"""Every row of a plan is counted in exactly one number, so that the numbers always add up to the plan's size."""

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
    """A plan's size, kind by kind, for whoever is asked to decide; what could not be read stands apart."""
    counted: Counter[str] = Counter()
    for (kind, state), number in rows.items():
        counted[UNREADABLE if (kind, state) == (ChangeKind.SKIP, ChangeState.FAILED) else kind.value] += number
    return counted


def forecast(rows: Mapping[tuple[ChangeKind, ChangeState], int]) -> Statistics:
    """While it waits: what would be, if all of it were approved. Afterwards: what came of it.

    A stale row collided with a later edit and counts with the conflicts; a rejected one was skipped.
    """
    counted: Counter[str] = Counter()
    for (kind, state), number in rows.items():
        counted[_BY_STATE.get(state, _BY_KIND[kind])] += number
    return Statistics(**counted)

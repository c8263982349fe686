"""The review queue of a sync: its rows grouped by what needs review, with counts."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from storage.records import SAFE_KINDS, ChangeKind, ChangeState
from storage.sync.marks import DECIDABLE
from web.counted import Counted, counted_in

Counts = Mapping[tuple[ChangeKind, ChangeState], int]

OPEN = (ChangeState.PROPOSED, ChangeState.APPROVED)
DONE = (ChangeState.APPLIED, ChangeState.UNDONE)


@dataclass(frozen=True, slots=True)
class Group:
    key: str
    title: str
    about: str
    kinds: tuple[ChangeKind, ...]
    states: tuple[ChangeState, ...] = (*OPEN, ChangeState.REJECTED, *DONE)

    @property
    def is_decidable(self) -> bool:
        return set(self.kinds) <= set(DECIDABLE) and ChangeState.PROPOSED in self.states


GROUPS = (
    Group("conflict", "Conflicts", "The source and the CRM both changed.", (ChangeKind.CONFLICT,)),
    Group("maybe", "Maybe the same", "Probably a contact you have already: look at the reasons.", (ChangeKind.MAYBE,)),
    Group("removed", "Gone at the source", "The link goes, the contact stays.", (ChangeKind.REMOVED,)),
    Group("update", "Updates", "The source changed, the CRM did not.", (ChangeKind.UPDATE,)),
    Group("create", "New contacts", "The CRM lacks these people.", (ChangeKind.CREATE,)),
    Group("stale", "Changed meanwhile", "Not overwritten: the next sync offers them again.",
          (*DECIDABLE, ChangeKind.SKIP), (ChangeState.STALE,)),
    Group("failed", "Failed", "Could not be written: each says why.", DECIDABLE, (ChangeState.FAILED,)),
    Group("left", "Left out", "Not written: the next sync offers them again.", DECIDABLE, (ChangeState.REJECTED,)),
    Group("quarantined", "Could not be read", "Set aside, each with its reason.", (ChangeKind.SKIP,),
          (ChangeState.FAILED,)),
    Group("skipped", "Nothing to do", "The CRM has these values already.", (ChangeKind.SKIP,)),
)  # fmt: skip
BY_KEY = {group.key: group for group in GROUPS}


@dataclass(frozen=True, slots=True)
class Tally:
    """The effect of approving, in rows."""

    approve: int
    leave: int
    unseen: int
    written: int
    rows: int


def counted(counts: Counts) -> list[Counted[Group]]:
    return counted_in(GROUPS, lambda group: _sum(counts, group), lambda group: _waiting(counts, group))


def tally(counts: Counts) -> Tally:
    by_state: Counter[ChangeState] = Counter()
    for (kind, state), number in counts.items():
        if kind in DECIDABLE:
            by_state[state] += number
    return Tally(
        approve=by_state[ChangeState.PROPOSED] + by_state[ChangeState.APPROVED],
        leave=by_state[ChangeState.REJECTED],
        unseen=by_state[ChangeState.PROPOSED],
        written=sum(by_state[state] for state in (*DONE, ChangeState.STALE, ChangeState.FAILED)),
        rows=by_state.total(),
    )


def safe(counts: Counts) -> int:
    """The rows written by "approve safe"."""
    return sum(counts.get((kind, state), 0) for kind in SAFE_KINDS if kind in DECIDABLE for state in OPEN)


def _sum(counts: Counts, group: Group) -> int:
    return sum(counts.get((kind, state), 0) for kind in group.kinds for state in group.states)


def _waiting(counts: Counts, group: Group) -> int:
    return sum(counts.get((kind, ChangeState.PROPOSED), 0) for kind in group.kinds)

"""Twins: two contacts of the CRM that are perhaps one person, and what merging them did."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from storage.records.people import Contact
from storage.records.syncs import Verdict


class TwinState(StrEnum):
    PROPOSED = "proposed"
    MERGED = "merged"
    APART = "apart"


@dataclass(frozen=True, slots=True)
class Twins:
    """A pair as it was found, at these versions; the lesser id first. `kept_id` is the one that stayed."""

    id: str
    one_id: str
    other_id: str
    one_version: int
    other_version: int
    verdict: Verdict
    score: float
    reason: str
    opinion: str = ""
    state: TwinState = TwinState.PROPOSED
    kept_id: str = ""
    decided_by: str = ""
    decided_at: datetime | None = None
    undo_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class MergeUndo:
    """What takes a merge back: both contacts as they were, what the merge left, and by table which rows it moved."""

    before: Contact
    gone: Contact
    left: Contact
    moved: dict[str, list[list[str]]] = field(default_factory=dict)
    refusals: tuple[str, ...] = ()

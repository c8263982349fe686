"""What an assistant advises a reviewer to do: never a decision."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class RunKind(StrEnum):
    SYNC = "sync"
    CAMPAIGN = "campaign"


class Advice(StrEnum):
    APPROVE = "approve"
    REJECT = "reject"
    LOOK = "look"


@dataclass(frozen=True, slots=True)
class Run:
    """A sync or a campaign, by its id."""

    kind: RunKind
    id: str


@dataclass(frozen=True, slots=True)
class Suggestion:
    """About one row of a plan or one mail of a campaign, or about the whole where `number` is 0.

    `reason` is sealed with the run's own key: empty once that is destroyed.
    """

    id: str
    number: int
    advice: Advice
    reason: str
    suggested_by: str
    created_at: datetime

"""What deciding about a sync's plan and about a campaign's mails has in common: the choices, and how they are refused.

CannotDecide
└── Overtaken    somebody else decided since it was looked at
"""

from datetime import datetime
from enum import StrEnum
from typing import Protocol

from storage.documents import now


class CannotDecide(Exception):
    """What was looked at is not there any more, or no longer waits. The text says what is so."""


class Overtaken(CannotDecide):
    """Somebody else decided about it since it was looked at. Nothing of theirs is overwritten unseen."""


class Decidable(Protocol):
    """A sync or a campaign."""

    @property
    def id(self) -> str: ...
    @property
    def status(self) -> StrEnum: ...
    @property
    def expires_at(self) -> datetime | None: ...


def demand_decidable(run: Decidable, what: str, *, waits: bool) -> None:
    """Raises CannotDecide when the run does not wait for a decision, or when the time to decide is over."""
    if not waits:
        raise CannotDecide(f"{what} {run.id} does not wait for a decision: it is {run.status}")
    if run.expires_at and run.expires_at < now():
        raise CannotDecide(f"the time to decide was over on {run.expires_at:%d %b %Y}: start a new {what}")


class Choice(StrEnum):
    APPROVE = "approve"
    APPROVE_SAFE = "approve_safe"
    REJECT = "reject"

"""What deciding about a sync's plan and about a campaign's mails has in common: the choices, and how they are refused.

CannotDecide
└── Overtaken    somebody else decided since it was looked at
"""

from datetime import datetime
from enum import StrEnum

from storage.documents import now


class CannotDecide(Exception):
    """What was looked at is not there any more, or no longer waits. The text says what is so."""


class Overtaken(CannotDecide):
    """Somebody else decided about it since it was looked at. Nothing of theirs is overwritten unseen."""


def demand_in_time(expires_at: datetime | None, what: str) -> None:
    """Raises CannotDecide once the time to decide about a sync or campaign is over."""
    if expires_at and expires_at < now():
        raise CannotDecide(f"the time to decide was over on {expires_at:%d %b %Y}: start a new {what}")


class Choice(StrEnum):
    APPROVE = "approve"
    APPROVE_SAFE = "approve_safe"
    REJECT = "reject"

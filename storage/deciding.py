"""What deciding about a sync's plan and about a campaign's mails has in common: the choices, and how they are refused.

CannotDecide
└── Overtaken    somebody else decided since it was looked at
"""

from enum import StrEnum


class CannotDecide(Exception):
    """What was looked at is not there any more, or no longer waits. The text says what is so."""


class Overtaken(CannotDecide):
    """Somebody else decided about it since it was looked at. Nothing of theirs is overwritten unseen."""


class Choice(StrEnum):
    APPROVE = "approve"
    APPROVE_SAFE = "approve_safe"
    REJECT = "reject"

"""How much a mailbox may send, counted from what it did send: so the limits hold over a restart."""

from collections.abc import Iterable
from itertools import takewhile

from deployments.simulators.mail.delivered import Delivered, Delivery


def window(delivered: Delivered, provider: str, sender: str, since: float) -> list[Delivery]:
    """What left after this moment, newest first."""
    mails = reversed(delivered.by_sender.get((provider, sender), []))
    return list(takewhile(lambda mail: mail.at > since, mails))


def wait(window: list[Delivery], limit: int, length: float, now: float) -> float:
    """How long until one more may leave: until the oldest of as many as are allowed has left the window; 0 for none."""
    if not limit or len(window) < limit:
        return 0.0
    return max(0.0, window[limit - 1].at + length - now)


def recipients(window: Iterable[Delivery]) -> int:
    return sum(len(mail.recipients) for mail in window)

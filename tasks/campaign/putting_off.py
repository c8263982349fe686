"""The retry policy for mails that an SMTP relay defers (4yz): when to retry, and when to give up.

Only replies about the one mail count. A server that refuses connections, logins or the sender would say the same of
every mail, and must not fail a whole campaign. Attempts are counted rather than days, since a paused campaign makes
none.
"""

from datetime import timedelta

from storage.campaign.claims import Claim, Outcome
from storage.records import MailState
from tasks.providers.base import ProviderError
from tasks.providers.mail.mailer import Lost, Refused
from tasks.providers.mail.smtp_refusals import Closing, Enough, NotNow

LONGEST_WAIT = timedelta(hours=1)
# With waits doubling from a minute to an hour, about a day. Relays retry for four or five (RFC 5321, 4.5.4.1), but this
# one has not accepted the mail yet, and its author should learn within a day that it does not get through.
TRIES = 30
# Waits after a 4yz reply to the whole message. Greylisting mostly ends within five minutes. Some servers deliver what
# they answered 4yz to, so a mail is handed over at most three times.
AFTER_DOT = (timedelta(minutes=10), timedelta(hours=1))


def is_its_own(trouble: ProviderError) -> bool:
    """Whether the error may be caused by this mail rather than by the state of the server."""
    return isinstance(trouble, NotNow | Lost | Closing | Enough)


def ending(claim: Claim, trouble: ProviderError, *, handed_over: bool) -> Outcome | None:
    """The final outcome of a refused mail; None if it is retried. `handed_over`: refused after the final dot."""
    times = claim.handed_over + handed_over
    if isinstance(trouble, Refused):
        return Outcome(claim, MailState.FAILED, str(trouble))
    if not is_its_own(trouble) or (claim.put_off + 1 < TRIES and times <= len(AFTER_DOT)):
        return None
    if times:
        return Outcome(claim, MailState.UNKNOWN, _perhaps_kept(times, trouble))
    return Outcome(claim, MailState.FAILED, f"put off for a day, {TRIES} times in all; at last: {trouble}")


def wait(claim: Claim, trouble: ProviderError, *, handed_over: bool) -> timedelta:
    """The time before the next attempt: doubling from a minute.

    The first lost connection costs no wait, since it may merely have been idle for too long.
    """
    if handed_over:
        return AFTER_DOT[claim.handed_over]
    doubled = claim.put_off - isinstance(trouble, Lost)
    return min(LONGEST_WAIT, timedelta(minutes=1 << doubled)) if doubled >= 0 else timedelta()


def _perhaps_kept(times: int, trouble: ProviderError) -> str:
    often = "once" if times == 1 else f"{times} times"
    return (
        f"the mail server was given it whole {often} and did not take it, but may have kept it; at last: {trouble}; "
        "ask the recipient, or the server's log"
    )

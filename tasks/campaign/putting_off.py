"""How long a relay may put a mail off, and what becomes of it then.

Only what is said of the one mail counts: a server that greets nobody, logs nobody in or refuses the sender says the
same of every mail, and would fail a whole campaign for its own trouble. Tries count and not days: a campaign that was
paused for a week has tried nothing meanwhile.
"""

from datetime import timedelta

from storage.campaign.claims import Claim, Outcome
from storage.records import MailState
from tasks.providers.base import ProviderError
from tasks.providers.mail.mailer import Lost, Refused
from tasks.providers.mail.smtp_refusals import Closing, Enough, NotNow

LONGEST_WAIT = timedelta(hours=1)
# With waits doubled from a minute to an hour these take a day. Relays go on for four or five (RFC 5321, 4.5.4.1), but
# this is what one says of a mail before it has it: whoever wrote that person a letter wants to know by tomorrow.
TRIES = 30
# Greylisting mostly ends within five minutes. Some keep what they answered 4yz to: nobody gets more than three copies.
AFTER_DOT = (timedelta(minutes=10), timedelta(hours=1))


def is_its_own(trouble: ProviderError) -> bool:
    """Perhaps said because of this very mail."""
    return isinstance(trouble, NotNow | Lost | Closing | Enough)


def ending(claim: Claim, trouble: ProviderError, *, handed_over: bool) -> Outcome | None:
    """None for what is tried again. `handed_over`: the server heard the mail to its end before it said this."""
    times = claim.handed_over + handed_over
    if isinstance(trouble, Refused):
        return Outcome(claim, MailState.FAILED, str(trouble))
    if not is_its_own(trouble) or (claim.put_off + 1 < TRIES and times <= len(AFTER_DOT)):
        return None
    if times:
        return Outcome(claim, MailState.UNKNOWN, _perhaps_kept(times, trouble))
    return Outcome(claim, MailState.FAILED, f"put off for a day, {TRIES} times in all; at last: {trouble}")


def wait(claim: Claim, trouble: ProviderError, *, handed_over: bool) -> timedelta:
    """Doubled from a minute on. A line that broke may have been idle for too long: the first time costs no wait."""
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

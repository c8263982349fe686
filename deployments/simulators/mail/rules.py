"""What a mailbox permits and how it behaves; each may be set while the simulators run."""

import random
from dataclasses import dataclass

WAYS = ("bounce_hard", "bounce_soft", "bounce_odd", "away", "reply", "unsubscribe")


@dataclass(slots=True)
class Rules:
    """Limits of 0 do not limit. A "minute" and a "day" may be made shorter, to test with more of them.

    `sent_style` is what a sent mail looks like until it appears in Sent Items, `sent_late_s` later: hidden, or
    still a draft. `resend` is what sending a sent draft again does: refused, or twice.
    The shares are of recipients: how many of them bounce, are away, reply or unsubscribe by mail, `incoming_late_s`
    after a mail left. Those whose address begins with the way's name (bounce-hard.7@...) always do.
    """

    per_minute: int = 0
    per_day: int = 0
    """Microsoft counts recipients, Google mails."""
    minute_s: float = 60.0
    day_s: float = 86_400.0
    units_per_minute: int = 0
    quota_status: int = 403
    rewrites_message_id: bool = False
    sent_late_s: float = 0.0
    sent_style: str = "hidden"
    resend: str = "refused"
    incoming_late_s: float = 0.0
    bounce_hard: float = 0.0
    bounce_soft: float = 0.0
    bounce_odd: float = 0.0
    away: float = 0.0
    reply: float = 0.0
    unsubscribe: float = 0.0
    seed: int = 1
    history_from: int = 0
    """Gmail's history is forgotten before this position."""

    def way_of(self, recipient: str) -> str:
        """What this recipient does, the same each time; "" is to read it and say nothing."""
        local = recipient.partition("@")[0].lower()
        for way in WAYS:
            if local.startswith(way.replace("_", "-")):
                return way
        luck = random.Random(f"{self.seed}/{recipient}").random()
        for way in WAYS:
            luck -= getattr(self, way)
            if luck < 0:
                return way
        return ""


@dataclass(slots=True)
class SmtpRules:
    """`greylist` refuses each sender's first attempt at each recipient; `auth` wants a log-in first,
    `starttls` is offered: not as a rule, for clients that see it want to trust the certificate. `lines` is how many may
    be open at once.
    """

    per_minute: int = 0
    minute_s: float = 60.0
    lines: int = 0
    greylist: bool = False
    auth: bool = False
    starttls: bool = False
    size: int = 36_700_160


USUAL = {
    "microsoft": {"per_minute": 30, "per_day": 10_000},
    "google": {"per_day": 2_000, "units_per_minute": 6_000},
}


def usual(provider: str) -> Rules:
    return Rules(**USUAL.get(provider, {}))  # type: ignore[arg-type]

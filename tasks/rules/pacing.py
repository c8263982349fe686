"""Pacing of a mailbox: rate limits, daily caps, ramp-up, sending windows, and the circuit breaker."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from storage.records import OrganizationSettings, Provider

DAY = timedelta(days=1)
MINUTE = 60.0
MARGIN = 0.95  # share of the service's limits that we use: the rest is the owner's
LEAST = 20  # mails, before their failure rate is meaningful
SATURDAY = 5
LONGEST_FORECAST = 3650


@dataclass(frozen=True, slots=True)
class Limits:
    """0 means no limit. `at_once`: mails in flight per mailbox, over all workers."""

    per_minute: float = 0
    per_day: int = 0
    at_once: int = 1

    @property
    def interval(self) -> timedelta:
        return timedelta(seconds=MINUTE / (self.per_minute * MARGIN)) if self.per_minute else timedelta()


# Exchange Online takes 30 mails a minute and 10,000 recipients a day. A project's Gmail quota is 6,000 units a minute
# and user, of which a draft takes 10 and sending it 100; a mailbox sends 2,000 mails a day, one at gmail.com 500.
# Exchange allows four requests at once, but one that is under way while another is told to wait has come too early:
# so a mailbox's mails go one after the other, which is faster than it may send.
MICROSOFT = Limits(per_minute=30, per_day=10_000)
GOOGLE = Limits(per_minute=6_000 / 110, per_day=2_000)
GMAIL_COM = Limits(per_minute=6_000 / 110, per_day=500)
SMTP = Limits(at_once=64)


def limits_of(provider: Provider | None, account: str, rules: OrganizationSettings) -> Limits:
    """A mailbox's limits. Without a provider it is an SMTP relay, which enforces limits by its replies."""
    known = SMTP
    if provider is Provider.MICROSOFT:
        known = MICROSOFT
    elif provider is Provider.GOOGLE:
        known = GMAIL_COM if account.lower().endswith(("@gmail.com", "@googlemail.com")) else GOOGLE
    # A pace is kept for certain by one at a time only: of two mails under way, the one that is held up arrives with
    # the next of the other.
    per_minute = rules.mails_per_minute or known.per_minute
    at_once = 1 if per_minute else known.at_once
    return Limits(per_minute=per_minute, per_day=rules.mails_per_day or known.per_day, at_once=at_once)


def day_cap(limits: Limits, ramp_up_from: int, days_sent: int) -> int:
    """The cap for a mailbox's day that follows `days_sent` days of sending, with ramp-up; 0 means no cap."""
    if not ramp_up_from:
        return limits.per_day
    ramp = ramp_up_from << min(days_sent, 40)
    return min(ramp, limits.per_day) if limits.per_day else ramp


def opening(moment: datetime, zone: str, rules: OrganizationSettings) -> datetime:
    """The first moment, from `moment` on, within the sending window of the recipient's local time."""
    if not rules.send_window and rules.send_weekends:
        return moment
    here = _zone(zone, rules.time_zone)
    begins, ends = _window(rules.send_window)
    day = moment.astimezone(here).date() - DAY  # a window that crosses midnight began yesterday
    while True:
        start = datetime.combine(day, begins, here)
        end = datetime.combine(day if begins < ends else day + DAY, ends, here)
        if moment < end and (rules.send_weekends or day.weekday() < SATURDAY):
            return max(moment, start.astimezone(UTC))
        day += DAY


def time_to_send(
    mails: int, limits: Limits, rules: OrganizationSettings, *, days_sent: int = 0, sent_today: int = 0
) -> timedelta:
    """An estimate of how long sending takes, if nothing fails and it starts within the sending window."""
    left, pace, day = mails, limits.interval, 0
    open_for = _open_for(rules)
    while day < LONGEST_FORECAST:
        cap = day_cap(limits, rules.ramp_up_from, days_sent + day)
        room = max(0, cap - (sent_today if day == 0 else 0)) if cap else left
        if pace:
            room = min(room, max(1, int(open_for / pace)))
        if left <= room:
            return day * DAY + left * pace
        left, day = left - room, day + 1
    return LONGEST_FORECAST * DAY


def must_stop(settled: int, bad: int, rules: OrganizationSettings) -> bool:
    """Whether the share of failed and bounced mails exceeds the limit at which a campaign is paused."""
    return settled >= LEAST and bad / settled > rules.stop_at_failures


def _window(text: str) -> tuple[time, time]:
    begins, _, ends = (text or "00:00-00:00").partition("-")
    return time.fromisoformat(begins), time.fromisoformat(ends)


def _open_for(rules: OrganizationSettings) -> timedelta:
    begins, ends = (timedelta(hours=one.hour, minutes=one.minute) for one in _window(rules.send_window))
    return ends - begins if begins < ends else DAY + ends - begins


def _zone(name: str, otherwise: str) -> ZoneInfo:
    try:
        return ZoneInfo(name or otherwise)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo(otherwise)

"""What an organization sets for itself, on top of what is sensible for all."""

import re
from dataclasses import dataclass

from storage.records.schedules import zone
from storage.records.survivorship import Survivorship, survivorship_of

_WINDOW = re.compile(r"^([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d$")

MOST_DAYS = 36_500  # a hundred years: dates reach no further than the year 9999
_MOST = 1_000_000_000
_LIMITS = {
    "four_eyes_above": _MOST,
    "rest_days": MOST_DAYS,
    "body_days": MOST_DAYS,
    "undo_days": MOST_DAYS,
    "mails_per_minute": _MOST,
    "mails_per_day": _MOST,
    "ramp_up_from": _MOST,
    "matching_budget": _MOST,
    "remind_hours": MOST_DAYS * 24,
    "escalate_hours": MOST_DAYS * 24,
}


@dataclass(frozen=True, slots=True)
class OrganizationSettings:
    """postal_address             stands in the footer of every mail, as the law demands
    tracking                   count opens and clicks
    time_zone                  the recipients' where nothing tells it
    send_window                such as 08:00-18:00 in the recipient's time zone; empty: at any time
    send_weekends              whether mails also leave on Saturdays and Sundays
    four_eyes_above            audiences larger than this need an approver who did not start the campaign; 0: none do
    demand_proven_approval     a name in Prefect's form is not enough
    exclude_role_addresses     leave out info@, office@ and the like
    rest_days                  nobody is written to again within so many days
    body_days                  how long mails can be read after the last one left
    undo_days                  how long syncs and merges can be taken back; 0: as long as usual on this installation
    mails_per_minute           of one mailbox; 0: what its service allows
    mails_per_day              as above
    ramp_up_from               a mailbox's first day; doubled each day that mails leave, up to its limit; 0: no ramp
    stop_at_failures           share of failed or bounced mails that pauses a campaign, counted from 20 mails on
    matching_budget            USD a month that a language model may cost for help with matching; 0: it is not asked
    remind_hours               people are told again of a review that nobody touched for so long; 0: never
    escalate_hours             and then the admins; 0: never
    survivorship               rules by field, such as job_title=longest; default=trusted_source,most_recent
    trusted_sources            the most trusted first: microsoft, google, file, manual, or a connection's id
    """

    postal_address: str = ""
    tracking: bool = False
    time_zone: str = "UTC"
    send_window: str = ""
    send_weekends: bool = True
    four_eyes_above: int = 0
    demand_proven_approval: bool = False
    exclude_role_addresses: bool = False
    rest_days: int = 0
    body_days: int = 30
    undo_days: int = 0
    mails_per_minute: int = 0
    mails_per_day: int = 0
    ramp_up_from: int = 0
    stop_at_failures: float = 0.1
    matching_budget: float = 0.0
    remind_hours: int = 24
    escalate_hours: int = 48
    survivorship: str | dict[str, str | list[str]] = ""
    trusted_sources: str | list[str] = ""

    @property
    def which_survives(self) -> Survivorship:
        return survivorship_of(self.survivorship, self.trusted_sources)

    def __post_init__(self) -> None:
        if self.send_window and not _WINDOW.match(self.send_window):
            raise ValueError("send_window: write it like 08:00-18:00")
        if not 0 < self.stop_at_failures <= 1:
            raise ValueError("stop_at_failures: a share between 0 and 1")
        zone(self.time_zone)
        for name, most in _LIMITS.items():
            if not 0 <= getattr(self, name) <= most:
                raise ValueError(f"{name}: between 0 and {most:,}")
        survivorship_of(self.survivorship, self.trusted_sources)

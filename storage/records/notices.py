"""Notifications: what each is about, whom it is for, and where it goes."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class NoticeKind(StrEnum):
    """Named as the events are: domain, then what happened."""

    SYNC_WAITS = "sync.awaiting-review"
    SYNC_STILL_WAITS = "sync.still-waiting"
    SYNC_OVERDUE = "sync.overdue"
    SYNC_EXPIRED = "sync.expired"
    SYNC_FAILED = "sync.failed"
    SYNC_ASKED = "sync.asked"
    CAMPAIGN_WAITS = "campaign.awaiting-review"
    CAMPAIGN_OVERDUE = "campaign.overdue"
    CAMPAIGN_EXPIRED = "campaign.expired"
    CAMPAIGN_PAUSED = "campaign.paused"
    CAMPAIGN_FAILED = "campaign.failed"
    CAMPAIGN_BOUNCES = "campaign.bounces"
    CAMPAIGN_ASKED = "campaign.asked"
    CONNECTION_LOST = "connection.lost"
    BUDGET_LOW = "budget.low"
    AUDIT_BROKEN = "audit.chain-broken"
    TEST = "test"


class Audience(StrEnum):
    REVIEWERS = "reviewers"
    ADMINS = "admins"


@dataclass(frozen=True, slots=True)
class Matter:
    """To notify of, once per `key`. `turn` distinguishes repetitions about one subject: another day, budget."""

    kind: NoticeKind
    subject: str
    turn: str = ""
    audience: Audience = Audience.REVIEWERS

    @property
    def key(self) -> str:
        return f"{self.kind}/{self.subject}/{self.turn}/{self.audience}"


@dataclass(frozen=True, slots=True)
class Target:
    """An address for notifications. It may contain a secret, so `label` shows only its scheme."""

    id: str
    audience: Audience
    label: str
    added_by: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Notice:
    id: str
    kind: NoticeKind
    subject: str
    attempts: int
    url: str = field(repr=False)

"""Campaigns: who is written to, what stands in each mail, and what became of it."""

from dataclasses import asdict, dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum


class CampaignStatus(StrEnum):
    DRAFT = "draft"
    GENERATING = "generating"
    REVIEW = "review"
    SENDING = "sending"
    COMPLETED = "completed"
    PAUSED = "paused"
    FAILED = "failed"
    REJECTED = "rejected"
    CANCELLED = "cancelled"


class MailState(StrEnum):
    EXCLUDED = "excluded"
    PENDING = "pending"
    GENERATED = "generated"
    APPROVED = "approved"
    REJECTED = "rejected"
    BLOCKED = "blocked"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    UNKNOWN = "unknown"
    BOUNCED = "bounced"
    REPLIED = "replied"


class MailEvent(StrEnum):
    OPENED = "opened"
    CLICKED = "clicked"
    BOUNCED = "bounced"
    REPLIED = "replied"
    AUTO_REPLIED = "auto_replied"
    UNSUBSCRIBED = "unsubscribed"


class Visitor(StrEnum):
    """Who caused an open or a click, as far as can be told."""

    HUMAN = "human"
    MACHINE = "machine"
    UNKNOWN = "unknown"


class SuppressionReason(StrEnum):
    UNSUBSCRIBED = "unsubscribed"
    BOUNCED = "bounced"
    COMPLAINED = "complained"
    MANUAL = "manual"
    ERASED = "erased"


class Severity(StrEnum):
    """`block` cannot be approved unedited, `warn` is shown first."""

    WARN = "warn"
    BLOCK = "block"


BLOCKED_FROM = 100  # risk of one blocking finding; all warnings together add up to less


class Risk(StrEnum):
    """The verdict of all checks on a mail."""

    CLEAN = "clean"
    WARNED = "warned"
    BLOCKED = "blocked"


@dataclass(frozen=True, slots=True)
class Criteria:
    """Selects the audience. Empty means any; one matching tag suffices."""

    pipeline: str = ""
    stage: str = ""
    tags: tuple[str, ...] = ()
    contacts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Attachment:
    name: str
    media_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Brief:
    """What the mails are about. `text` is the instruction to the model or, without one, the template itself.

    `links` is all that a mail may link to, by key; `subject` is a template's; `facts` is what the mails may say of us;
    `uses` names what of a contact the mails may use beyond the usual: its tags, its notes.
    """

    text: str
    subject: str = ""
    language: str = ""
    sender: str = ""
    links: dict[str, str] | None = None
    facts: tuple[str, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    uses: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Markdown's bold and italics, and `{{link:KEY}}` where an allowed link stands. `fact_ids` say what it rests on."""

    text: str
    fact_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Letter:
    """One mail before it is rendered: what a model, a template or a reviewer wrote."""

    subject: str
    greeting: str
    paragraphs: tuple[Paragraph, ...]
    preheader: str = ""
    cta_key: str = ""
    language: str = ""
    confidence: float = 1.0


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found. `detail` may quote the mail, so it is sealed with it; the name alone stays."""

    check: str
    severity: Severity
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Recipient:
    """To whom a mail goes, as it stood in the CRM when the audience was frozen; the facts the mail may use."""

    address: str
    name: str
    facts: dict[str, str]
    time_zone: str = ""


@dataclass(frozen=True, slots=True)
class Draft:
    """All that is personal of one mail. Sealed with the campaign's key, gone when that is destroyed."""

    recipient: Recipient
    letter: Letter | None = None
    findings: tuple[Finding, ...] = ()
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Mail:
    """One contact of an audience, and where its mail stands. `draft` is None where the key was not given or is gone.

    `content_hash` is that of the final bytes, `approved_hash` that of the bytes which somebody approved.
    `mark_id` names the decision that moved it last while the campaign waited.
    """

    id: str
    campaign_id: str
    ordinal: int
    object_id: str
    state: MailState
    reason: str
    risk: int
    checks: tuple[str, ...]
    version: int
    address_hash: str
    prompt_hash: str
    content_hash: str
    approved_hash: str
    edited_by: str
    draft_id: str
    message_id: str
    attempts: int
    not_before: datetime | None
    submitted_at: datetime | None
    sent_at: datetime | None
    draft: Draft | None = None
    mark_id: str = ""


@dataclass(frozen=True, slots=True)
class CampaignStatistics:
    """Every contact of the audience is counted in exactly one of excluded, rejected, blocked, sent, failed, unknown and
    `waiting`, which is nought when the campaign is over. The rest tells of those that were sent.
    """

    audience: int = 0
    excluded: int = 0
    generated: int = 0
    rejected: int = 0
    blocked: int = 0
    waiting: int = 0
    sent: int = 0
    failed: int = 0
    unknown: int = 0
    bounced: int = 0
    opened: int = 0
    clicked: int = 0
    replied: int = 0
    unsubscribed: int = 0

    def by_name(self) -> dict[str, int]:
        return asdict(self)

    @property
    def adds_up(self) -> bool:
        ends = self.excluded + self.rejected + self.blocked + self.sent + self.failed + self.unknown
        return self.audience == ends + self.waiting


@dataclass(frozen=True, slots=True)
class Forecast:
    """What a campaign will cost and how long it will take, before anything is spent. Times in seconds.

    `low` and `high` are None where the model's price is not known.
    """

    mails: int
    low: Decimal | None
    high: Decimal | None
    input_tokens: int = 0
    output_tokens: int = 0
    seconds_to_send: float = 0
    days_to_send: int = 0

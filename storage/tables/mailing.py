"""What campaigns share: templates, saved segments, who must not be written to, and the mailboxes that send."""

from sqlalchemy import (
    Column,
    Integer,
    String,
    Table,
    UniqueConstraint,
)

from storage.columns import (
    count,
    document,
    moment,
    one_of,
    organization,
    row_id,
    words,
)
from storage.records import SuppressionReason
from storage.tables.base import metadata

email_templates = Table(
    "email_templates",
    metadata,
    row_id(),
    organization(),
    words("name"),
    Column("version", Integer, nullable=False),
    words("subject"),
    words("text"),
    words("language"),
    document("links"),
    words("created_by"),
    moment("created_at"),
    UniqueConstraint("organization_id", "name", "version"),
)

saved_segments = Table(
    "saved_segments",
    metadata,
    row_id(),
    organization(),
    words("name"),
    document("criteria"),
    moment("created_at"),
    moment("updated_at"),
    UniqueConstraint("organization_id", "name"),
)

suppressions = Table(
    "suppressions",
    metadata,
    row_id(),
    organization(),
    Column("address_hash", String(64), nullable=False),
    Column("reason", String(20), nullable=False),
    Column("campaign_id", String(36)),
    moment("created_at"),
    one_of("reason", SuppressionReason),
    UniqueConstraint("organization_id", "address_hash"),
)

mailboxes = Table(
    "mailboxes",
    metadata,
    row_id(),
    organization(),
    Column("mailbox", String(36), nullable=False),
    moment("next_at"),
    moment("quiet_until", nullable=True),
    words("quiet_why"),
    moment("looked_at", nullable=True),
    moment("first_sent_at", nullable=True),
    count("days_sent"),
    moment("updated_at"),
    UniqueConstraint("organization_id", "mailbox"),
)

mailbox_slots = Table(
    "mailbox_slots",
    metadata,
    row_id(),
    organization(),
    Column("mailbox", String(36), nullable=False),
    Column("number", Integer, nullable=False),
    words("holder"),
    moment("until"),
    UniqueConstraint("organization_id", "mailbox", "number"),
)

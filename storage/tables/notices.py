"""Where people are told, and what: a row for each matter and each address, so that none is told twice."""

from sqlalchemy import Column, Index, LargeBinary, String, Table, UniqueConstraint

from storage.columns import count, moment, one_of, organization, row_id, words
from storage.records import Audience, NoticeKind
from storage.tables.base import metadata

notify_targets = Table(
    "notify_targets",
    metadata,
    row_id(),
    organization(),
    Column("audience", String(10), nullable=False),
    Column("label", String(40), nullable=False),
    Column("url", LargeBinary, nullable=False),
    words("added_by"),
    moment("created_at"),
    one_of("audience", Audience),
)

notices = Table(
    "notices",
    metadata,
    row_id(),
    organization(),
    Column("matter", String(200), nullable=False),
    Column("kind", String(40), nullable=False),
    Column("subject", String(36), nullable=False),
    Column("target", String(40), nullable=False),  # a target's id, or a keyed hash of an address in the settings
    count("attempts"),
    moment("due_at"),
    moment("sent_at", nullable=True),
    moment("created_at"),
    one_of("kind", NoticeKind),
    UniqueConstraint("organization_id", "matter", "target"),
    Index("ix_notices_by_due", "organization_id", "sent_at", "due_at"),
)

"""What assistants advised the reviewers of a sync or a campaign to do."""

from sqlalchemy import CheckConstraint, Column, Index, Integer, LargeBinary, String, Table

from storage.columns import moment, one_of, organization, reference, row_id, words
from storage.records import Advice
from storage.tables.base import metadata

suggestions = Table(
    "suggestions",
    metadata,
    row_id(),
    organization(),
    *reference("sync_id", "contact_syncs", nullable=True),
    *reference("campaign_id", "email_campaigns", nullable=True),
    Column("number", Integer, nullable=False),
    Column("advice", String(10), nullable=False),
    Column("reason", LargeBinary, nullable=False),
    words("suggested_by"),
    moment("created_at"),
    one_of("advice", Advice),
    CheckConstraint("(sync_id IS NULL) <> (campaign_id IS NULL)", name="one_run"),
    Index("ix_suggestions_by_sync", "organization_id", "sync_id", "number"),
    Index("ix_suggestions_by_campaign", "organization_id", "campaign_id", "number"),
)

"""Contact syncs: runs, their plans, what they landed and left open, and when they run by themselves."""

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from storage.columns import (
    count,
    decision,
    document,
    moment,
    one_of,
    organization,
    quoted,
    referable,
    reference,
    row_id,
    words,
)
from storage.records import ChangeKind, ChangeState, Deed, Provider, ReviewPolicy, SyncStatus
from storage.tables.base import metadata

OPEN_STATUSES = (SyncStatus.EXTRACTING, SyncStatus.PREVIEW, SyncStatus.EXECUTING)
_is_open = text(f"status IN ({quoted(OPEN_STATUSES)})")

contact_syncs = Table(
    "contact_syncs",
    metadata,
    row_id(),
    organization(),
    referable(),
    *reference("user_id", "users"),
    *reference("connection_id", "oauth_connections", ondelete=None, nullable=True),
    Column("provider", String(20), nullable=False),
    Column("account", String(36), nullable=False),
    Column("trigger", String(20), nullable=False, server_default="manual"),
    Column("schedule_id", String(36)),
    document("allowed", "[]"),
    Column("status", String(20), nullable=False),
    Column("flow_run_id", String(36), nullable=False, unique=True),
    Column("full", Boolean, nullable=False),
    Column("cursor", LargeBinary),
    Column("preview_key", LargeBinary),
    Column("undo_key", LargeBinary),
    words("digest"),
    document("warnings", "[]"),
    words("error"),
    *decision(),
    count("created"),
    count("updated"),
    count("skipped"),
    count("failed"),
    count("conflicted"),
    count("removed"),
    count("maybe"),  # of those counted as updated: matches that a person has to confirm first
    moment("created_at"),
    moment("updated_at"),
    moment("compared_at", nullable=True),
    moment("expires_at", nullable=True),
    moment("decided_at", nullable=True),
    moment("completed_at", nullable=True),
    moment("undo_until", nullable=True),
    moment("undone_at", nullable=True),
    moment("reminded_at", nullable=True),
    one_of("status", SyncStatus),
    one_of("provider", Provider),
    Index("contact_syncs_by_organization", "organization_id"),
    Index("contact_syncs_newest", "organization_id", "created_at"),
    Index("contact_syncs_by_status", "status"),
    Index("contact_syncs_by_provider", "organization_id", "provider"),
    Index(
        "one_open_sync_per_connection",
        "connection_id",
        unique=True,
        sqlite_where=_is_open,
        postgresql_where=_is_open,
    ),
)

Index(
    "contact_syncs_by_org_user",
    contact_syncs.c.organization_id,
    contact_syncs.c.user_id,
    contact_syncs.c.created_at.desc(),
)

contact_sync_changes = Table(
    "contact_sync_changes",
    metadata,
    row_id(),
    organization(),
    *reference("sync_id", "contact_syncs"),
    Column("ordinal", Integer, nullable=False),
    Column("kind", String(10), nullable=False),
    Column("state", String(10), nullable=False),
    Column("object_id", String(36)),
    Column("seen_version", Integer),
    Column("applied_version", Integer),
    words("reason"),
    document("fields", "[]"),
    words("error"),
    Column("mark_id", String(36)),
    Column("state_before", String(10)),
    one_of("kind", ChangeKind),
    one_of("state", ChangeState),
    UniqueConstraint("sync_id", "ordinal"),
    # No index names the state: thousands of rows are decided at once. Postgres, whose pages are left half empty by a
    # migration, then puts a row's next state beside it and writes no index at all.
    Index("ix_contact_sync_changes_by_kind", "sync_id", "kind", "ordinal"),
    Index("ix_contact_sync_changes_by_object", "organization_id", "object_id"),
)

# Apart from the rows, which are a fifth as wide without them: a page counts all of them, a click decides about all.
change_values = Table(
    "change_values",
    metadata,
    row_id(),  # the row's
    organization(),
    *reference("sync_id", "contact_syncs"),
    Column("payload", LargeBinary),
    Column("edits", LargeBinary),
    Column("undo", LargeBinary),
    Index("ix_change_values_by_sync", "sync_id"),
)

plan_texts = Table(
    "plan_texts",
    metadata,
    row_id(),
    organization(),
    *reference("sync_id", "contact_syncs"),
    Column("number", Integer, nullable=False),
    Column("body", LargeBinary, nullable=False),
    UniqueConstraint("sync_id", "number"),
)

review_marks = Table(
    "review_marks",
    metadata,
    row_id(),
    organization(),
    *reference("sync_id", "contact_syncs"),
    Column("actor", Text, nullable=False),
    Column("deed", String(10), nullable=False),
    count("number"),
    moment("created_at"),
    moment("undone_at", nullable=True),
    one_of("deed", Deed),
    Index("ix_review_marks_by_sync", "sync_id", "created_at"),
)

staged_pages = Table(
    "staged_pages",
    metadata,
    row_id(),
    organization(),
    *reference("sync_id", "contact_syncs"),
    Column("number", Integer, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("position", LargeBinary),
    UniqueConstraint("sync_id", "number"),
)

deferred_records = Table(
    "deferred_records",
    metadata,
    row_id(),
    organization(),
    Column("account", String(36), nullable=False),
    Column("source_id", Text, nullable=False),
    Column("record", LargeBinary, nullable=False),
    *reference("sync_id", "contact_syncs"),
    UniqueConstraint("organization_id", "account", "source_id"),
)

sync_schedules = Table(
    "sync_schedules",
    metadata,
    row_id(),
    organization(),
    *reference("user_id", "users"),
    *reference("connection_id", "oauth_connections"),
    words("cron"),
    Column("interval_seconds", Integer),
    Column("timezone", String(64), nullable=False, server_default="UTC"),
    Column("review_policy", String(20), nullable=False, server_default="always"),
    words("policy_by"),
    Column("active", Boolean, nullable=False, server_default=text("true")),
    moment("created_at"),
    moment("updated_at"),
    one_of("review_policy", ReviewPolicy),
    CheckConstraint("(cron <> '') <> (interval_seconds IS NOT NULL)", name="cron_or_interval"),
)

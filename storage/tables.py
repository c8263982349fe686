"""The tables: names, states and indexes that scripts and queries outside may rely on."""

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from storage.columns import (
    count,
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
from storage.records import ChangeKind, ChangeState, ConnectionStatus, Provider, Role, SyncStatus, Verdict

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


OPEN_STATUSES = (SyncStatus.EXTRACTING, SyncStatus.PREVIEW, SyncStatus.EXECUTING)
_is_open = text(f"status IN ({quoted(OPEN_STATUSES)})")

organizations = Table(
    "organizations",
    metadata,
    row_id(),
    Column("slug", String(80), nullable=False, unique=True),
    Column("name", Text, nullable=False),
    document("settings"),
    moment("created_at"),
)

users = Table(
    "users",
    metadata,
    row_id(),
    organization(),
    referable(),
    Column("email", String(320), nullable=False),
    words("name"),
    Column("role", String(10), nullable=False),
    moment("created_at"),
    one_of("role", Role),
    UniqueConstraint("organization_id", "email"),
)

oauth_connections = Table(
    "oauth_connections",
    metadata,
    row_id(),
    organization(),
    referable(),
    *reference("user_id", "users"),
    Column("provider", String(20), nullable=False),
    Column("account", String(320), nullable=False),
    Column("status", String(20), nullable=False),
    words("cause"),
    Column("tokens", LargeBinary),
    count("tokens_version"),
    moment("refresh_claimed_until", nullable=True),
    moment("quiet_until", nullable=True),
    document("scopes", "[]"),
    Column("cursor", LargeBinary),
    moment("synced_at", nullable=True),
    moment("created_at"),
    moment("updated_at"),
    one_of("provider", Provider),
    one_of("status", ConnectionStatus),
    UniqueConstraint("organization_id", "user_id", "provider", "account"),
)

objects = Table(
    "objects",
    metadata,
    row_id(),
    organization(),
    referable(),
    Column("type", String(40), nullable=False, server_default="contact"),
    Column("subtype", String(40), nullable=False, server_default="customer"),
    words("display_name"),
    words("email"),
    words("pipeline"),
    words("stage"),
    document("properties"),
    words("fingerprint"),
    document("provenance"),
    Column("version", Integer, nullable=False, server_default="1"),
    moment("created_at"),
    moment("updated_at"),
    Index("ix_objects_by_org_type", "organization_id", "type"),
    Index("ix_objects_by_org_email", "organization_id", "email"),
    Index("ix_objects_by_org_name", "organization_id", "display_name"),
)

object_links = Table(
    "object_links",
    metadata,
    row_id(),
    organization(),
    *reference("object_id", "objects"),
    Column("provider", String(20), nullable=False),
    Column("account", String(36), nullable=False),  # a connection's id, or "file"
    Column("source_id", Text, nullable=False),
    document("base"),
    words("fingerprint"),
    words("version"),
    moment("created_at"),
    moment("updated_at"),
    one_of("provider", Provider),
    UniqueConstraint("organization_id", "account", "source_id"),
    Index("ix_object_links_by_object", "organization_id", "object_id"),
)

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
    words("decision"),
    words("decided_by"),
    Column("decision_proven", Boolean, nullable=False, server_default=text("false")),
    words("comment"),
    count("review_round"),
    count("created"),
    count("updated"),
    count("skipped"),
    count("failed"),
    count("conflicted"),
    count("removed"),
    moment("created_at"),
    moment("updated_at"),
    moment("compared_at", nullable=True),
    moment("expires_at", nullable=True),
    moment("decided_at", nullable=True),
    moment("completed_at", nullable=True),
    moment("undo_until", nullable=True),
    moment("undone_at", nullable=True),
    one_of("status", SyncStatus),
    one_of("provider", Provider),
    Index("contact_syncs_by_organization", "organization_id"),
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
    Column("payload", LargeBinary),
    Column("edits", LargeBinary),
    Column("undo", LargeBinary),
    words("error"),
    one_of("kind", ChangeKind),
    one_of("state", ChangeState),
    UniqueConstraint("sync_id", "ordinal"),
    Index("ix_contact_sync_changes_by_state", "sync_id", "state", "kind"),
    Index("ix_contact_sync_changes_by_object", "organization_id", "object_id"),
)

object_actions = Table(
    "object_actions",
    metadata,
    row_id(),
    organization(),
    Column("object_id", String(36), nullable=False),
    Column("action", String(20), nullable=False),
    Column("actor", Text, nullable=False),
    Column("sync_id", String(36)),
    document("fields", "[]"),
    moment("created_at"),
    Index("ix_object_actions_by_object", "organization_id", "object_id"),
    Index("ix_object_actions_by_sync", "sync_id"),
)

match_decisions = Table(
    "match_decisions",
    metadata,
    row_id(),
    organization(),
    Column("account", String(36), nullable=False),
    Column("source_id", Text, nullable=False),
    Column("object_id", String(36), nullable=False),
    Column("verdict", String(10), nullable=False),
    Column("decided_by", Text, nullable=False),
    moment("created_at"),
    one_of("verdict", Verdict),
    UniqueConstraint("organization_id", "account", "source_id", "object_id"),
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
    Column("active", Boolean, nullable=False, server_default=text("true")),
    moment("created_at"),
    moment("updated_at"),
    CheckConstraint("review_policy IN ('always', 'risky')", name="review_policy"),
    CheckConstraint("(cron <> '') <> (interval_seconds IS NOT NULL)", name="cron_or_interval"),
)

audit_log = Table(
    "audit_log",
    metadata,
    row_id(),
    organization(),
    Column("sequence", Integer, nullable=False),
    moment("at"),
    Column("actor", Text, nullable=False),
    Column("action", String(60), nullable=False),
    Column("subject", Text, nullable=False),
    document("detail"),
    Column("previous_hash", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
    UniqueConstraint("organization_id", "sequence"),
)

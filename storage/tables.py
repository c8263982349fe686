"""The tables: names, states and indexes that scripts and queries outside may rely on."""

from collections.abc import Iterable
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    Dialect,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

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


class UtcTime(TypeDecorator[datetime]):
    """A moment, always UTC and always with its zone, on SQLite too."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        del dialect
        return value.astimezone(UTC) if value else None

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        del dialect
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


Document = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")


def _id() -> Column[str]:
    return Column("id", String(36), primary_key=True)


def _organization() -> Column[str]:
    return Column("organization_id", ForeignKey("organizations.id", ondelete="CASCADE"), nullable=False)


def _reference(
    name: str, to: str, *, ondelete: str | None = "CASCADE", nullable: bool = False
) -> tuple[Column[str], ForeignKeyConstraint]:
    """A row refers to rows of its own organization; the database refuses any other."""
    ours = ForeignKeyConstraint([name, "organization_id"], [f"{to}.id", f"{to}.organization_id"], ondelete=ondelete)
    return Column(name, String(36), nullable=nullable), ours


def _referable() -> UniqueConstraint:
    return UniqueConstraint("organization_id", "id")


def _text(name: str) -> Column[str]:
    return Column(name, Text, nullable=False, server_default="")


def _moment(name: str, *, nullable: bool = False) -> Column[datetime]:
    return Column(name, UtcTime, nullable=nullable)


def _count(name: str) -> Column[int]:
    return Column(name, Integer, nullable=False, server_default="0")


def _document(name: str, empty: str = "{}") -> Column[Any]:
    return Column(name, Document, nullable=False, server_default=empty)


def _one_of(column: str, states: type[StrEnum]) -> CheckConstraint:
    """An enum is the only list of a column's states; the constraint is made from it."""
    return CheckConstraint(f"{column} IN ({_quoted(states)})", name=column)


def _quoted(states: Iterable[StrEnum]) -> str:
    return ", ".join(f"'{state}'" for state in states)


OPEN_STATUSES = (SyncStatus.EXTRACTING, SyncStatus.PREVIEW, SyncStatus.EXECUTING)
_is_open = text(f"status IN ({_quoted(OPEN_STATUSES)})")

organizations = Table(
    "organizations",
    metadata,
    _id(),
    Column("slug", String(80), nullable=False, unique=True),
    Column("name", Text, nullable=False),
    _document("settings"),
    _moment("created_at"),
)

users = Table(
    "users",
    metadata,
    _id(),
    _organization(),
    _referable(),
    Column("email", String(320), nullable=False),
    _text("name"),
    Column("role", String(10), nullable=False),
    _moment("created_at"),
    _one_of("role", Role),
    UniqueConstraint("organization_id", "email"),
)

oauth_connections = Table(
    "oauth_connections",
    metadata,
    _id(),
    _organization(),
    _referable(),
    *_reference("user_id", "users"),
    Column("provider", String(20), nullable=False),
    Column("account", String(320), nullable=False),
    Column("status", String(20), nullable=False),
    _text("cause"),
    Column("tokens", LargeBinary),
    _count("tokens_version"),
    _moment("refresh_claimed_until", nullable=True),
    _moment("quiet_until", nullable=True),
    _document("scopes", "[]"),
    Column("cursor", LargeBinary),
    _moment("synced_at", nullable=True),
    _moment("created_at"),
    _moment("updated_at"),
    _one_of("provider", Provider),
    _one_of("status", ConnectionStatus),
    UniqueConstraint("organization_id", "user_id", "provider", "account"),
)

objects = Table(
    "objects",
    metadata,
    _id(),
    _organization(),
    _referable(),
    Column("type", String(40), nullable=False, server_default="contact"),
    Column("subtype", String(40), nullable=False, server_default="customer"),
    _text("display_name"),
    _text("email"),
    _text("pipeline"),
    _text("stage"),
    _document("properties"),
    _text("fingerprint"),
    _document("provenance"),
    Column("version", Integer, nullable=False, server_default="1"),
    _moment("created_at"),
    _moment("updated_at"),
    Index("ix_objects_by_org_type", "organization_id", "type"),
    Index("ix_objects_by_org_email", "organization_id", "email"),
    Index("ix_objects_by_org_name", "organization_id", "display_name"),
)

object_links = Table(
    "object_links",
    metadata,
    _id(),
    _organization(),
    *_reference("object_id", "objects"),
    Column("provider", String(20), nullable=False),
    Column("account", String(36), nullable=False),  # a connection's id, or "file"
    Column("source_id", Text, nullable=False),
    _document("base"),
    _text("fingerprint"),
    _text("version"),
    _moment("created_at"),
    _moment("updated_at"),
    _one_of("provider", Provider),
    UniqueConstraint("organization_id", "account", "source_id"),
    Index("ix_object_links_by_object", "organization_id", "object_id"),
)

contact_syncs = Table(
    "contact_syncs",
    metadata,
    _id(),
    _organization(),
    _referable(),
    *_reference("user_id", "users"),
    *_reference("connection_id", "oauth_connections", ondelete=None, nullable=True),
    Column("provider", String(20), nullable=False),
    Column("account", String(36), nullable=False),
    Column("trigger", String(20), nullable=False, server_default="manual"),
    _document("allowed", "[]"),
    Column("status", String(20), nullable=False),
    Column("flow_run_id", String(36), nullable=False, unique=True),
    Column("full", Boolean, nullable=False),
    Column("cursor", LargeBinary),
    Column("preview_key", LargeBinary),
    Column("undo_key", LargeBinary),
    _text("digest"),
    _document("warnings", "[]"),
    _text("error"),
    _text("decision"),
    _text("decided_by"),
    Column("decision_proven", Boolean, nullable=False, server_default=text("false")),
    _text("comment"),
    _count("review_round"),
    _count("created"),
    _count("updated"),
    _count("skipped"),
    _count("failed"),
    _count("conflicted"),
    _count("removed"),
    _moment("created_at"),
    _moment("updated_at"),
    _moment("compared_at", nullable=True),
    _moment("expires_at", nullable=True),
    _moment("decided_at", nullable=True),
    _moment("completed_at", nullable=True),
    _moment("undo_until", nullable=True),
    _moment("undone_at", nullable=True),
    _one_of("status", SyncStatus),
    _one_of("provider", Provider),
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
    _id(),
    _organization(),
    *_reference("sync_id", "contact_syncs"),
    Column("ordinal", Integer, nullable=False),
    Column("kind", String(10), nullable=False),
    Column("state", String(10), nullable=False),
    Column("object_id", String(36)),
    Column("seen_version", Integer),
    Column("applied_version", Integer),
    _text("reason"),
    _document("fields", "[]"),
    Column("payload", LargeBinary),
    Column("edits", LargeBinary),
    Column("undo", LargeBinary),
    _text("error"),
    _one_of("kind", ChangeKind),
    _one_of("state", ChangeState),
    UniqueConstraint("sync_id", "ordinal"),
    Index("ix_contact_sync_changes_by_state", "sync_id", "state", "kind"),
    Index("ix_contact_sync_changes_by_object", "organization_id", "object_id"),
)

object_actions = Table(
    "object_actions",
    metadata,
    _id(),
    _organization(),
    Column("object_id", String(36), nullable=False),
    Column("action", String(20), nullable=False),
    Column("actor", Text, nullable=False),
    Column("sync_id", String(36)),
    _document("fields", "[]"),
    _moment("created_at"),
    Index("ix_object_actions_by_object", "organization_id", "object_id"),
    Index("ix_object_actions_by_sync", "sync_id"),
)

match_decisions = Table(
    "match_decisions",
    metadata,
    _id(),
    _organization(),
    Column("account", String(36), nullable=False),
    Column("source_id", Text, nullable=False),
    Column("object_id", String(36), nullable=False),
    Column("verdict", String(10), nullable=False),
    Column("decided_by", Text, nullable=False),
    _moment("created_at"),
    _one_of("verdict", Verdict),
    UniqueConstraint("organization_id", "account", "source_id", "object_id"),
)

deferred_records = Table(
    "deferred_records",
    metadata,
    _id(),
    _organization(),
    Column("account", String(36), nullable=False),
    Column("source_id", Text, nullable=False),
    Column("record", LargeBinary, nullable=False),
    *_reference("sync_id", "contact_syncs"),
    UniqueConstraint("organization_id", "account", "source_id"),
)

staged_pages = Table(
    "staged_pages",
    metadata,
    _id(),
    _organization(),
    *_reference("sync_id", "contact_syncs"),
    Column("number", Integer, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("position", LargeBinary),
    UniqueConstraint("sync_id", "number"),
)

sync_schedules = Table(
    "sync_schedules",
    metadata,
    _id(),
    _organization(),
    *_reference("user_id", "users"),
    *_reference("connection_id", "oauth_connections"),
    _text("cron"),
    Column("interval_seconds", Integer),
    Column("timezone", String(64), nullable=False, server_default="UTC"),
    Column("review_policy", String(20), nullable=False, server_default="always"),
    Column("active", Boolean, nullable=False, server_default=text("true")),
    _moment("created_at"),
    _moment("updated_at"),
    CheckConstraint("review_policy IN ('always', 'risky')", name="review_policy"),
    CheckConstraint("(cron <> '') <> (interval_seconds IS NOT NULL)", name="cron_or_interval"),
)

audit_log = Table(
    "audit_log",
    metadata,
    _id(),
    _organization(),
    Column("sequence", Integer, nullable=False),
    _moment("at"),
    Column("actor", Text, nullable=False),
    Column("action", String(60), nullable=False),
    Column("subject", Text, nullable=False),
    _document("detail"),
    Column("previous_hash", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
    UniqueConstraint("organization_id", "sequence"),
)

"""The CRM: contacts, where they come from, what happened to them, and what people said of doubtful matches."""

from sqlalchemy import Column, Index, Integer, String, Table, Text, UniqueConstraint

from storage.columns import document, moment, one_of, organization, referable, reference, row_id, words
from storage.records import Provider, Verdict
from storage.tables.base import metadata

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

object_actions = Table(
    "object_actions",
    metadata,
    row_id(),
    organization(),
    Column("object_id", String(36), nullable=False),
    Column("action", String(20), nullable=False),
    Column("actor", Text, nullable=False),
    Column("sync_id", String(36)),
    Column("campaign_id", String(36)),
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

erasures = Table(
    "erasures",
    metadata,
    row_id(),
    organization(),
    Column("key_hash", String(64), nullable=False),
    moment("created_at"),
    UniqueConstraint("organization_id", "key_hash"),
)

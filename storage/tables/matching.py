"""Contacts that are perhaps one person, and what comparing by meaning needs to know of a contact."""

from sqlalchemy import Column, Float, Index, Integer, LargeBinary, String, Table, UniqueConstraint

from storage.columns import moment, one_of, organization, reference, row_id, words
from storage.records import TwinState, Verdict
from storage.tables.base import metadata

# No foreign keys: a merged contact is gone from `objects`, and must find its way back.
contact_twins = Table(
    "contact_twins",
    metadata,
    row_id(),
    organization(),
    Column("one_id", String(36), nullable=False),
    Column("other_id", String(36), nullable=False),
    Column("one_version", Integer, nullable=False),
    Column("other_version", Integer, nullable=False),
    Column("verdict", String(10), nullable=False),
    Column("score", Float, nullable=False),
    words("reason"),
    words("opinion"),
    Column("state", String(10), nullable=False),
    words("kept_id"),
    words("decided_by"),
    Column("undo_key", LargeBinary),
    Column("undo", LargeBinary),
    moment("found_at"),
    moment("decided_at", nullable=True),
    moment("undo_until", nullable=True),
    one_of("verdict", Verdict),
    one_of("state", TwinState),
    UniqueConstraint("organization_id", "one_id", "other_id"),
    Index("ix_contact_twins_by_state", "organization_id", "state", "score"),
)

contact_vectors = Table(
    "contact_vectors",
    metadata,
    row_id(),
    organization(),
    *reference("object_id", "objects"),
    Column("model", String(80), nullable=False),
    words("text_hash"),
    Column("vector", LargeBinary, nullable=False),
    moment("updated_at"),
    UniqueConstraint("organization_id", "object_id"),
)

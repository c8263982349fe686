"""Who works here: organizations, their users, the accounts they connected, and the log of what was done."""

from sqlalchemy import Column, Integer, LargeBinary, String, Table, Text, UniqueConstraint

from storage.columns import count, document, moment, one_of, organization, referable, reference, row_id, words
from storage.records import ConnectionStatus, Provider, Role, SignInKind
from storage.tables.base import metadata

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

# Of no organization: one registration with a service is asked with for all of them, and nothing here names anybody.
refused_applications = Table(
    "refused_applications",
    metadata,
    Column("provider", String(20), primary_key=True),
    Column("registration", String(64), nullable=False),
    Column("cause", Text, nullable=False),
    moment("refused_at"),
    one_of("provider", Provider),
)

# As above: the names are our own.
chores = Table(
    "chores",
    metadata,
    Column("name", String(60), primary_key=True),
    moment("done_at"),
)

sign_ins = Table(
    "sign_ins",
    metadata,
    row_id(),
    organization(),
    *reference("user_id", "users"),
    Column("kind", String(10), nullable=False),
    Column("token_hash", String(64), nullable=False, unique=True),
    moment("created_at"),
    moment("seen_at"),
    moment("expires_at"),
    moment("ended_at", nullable=True),
    one_of("kind", SignInKind),
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

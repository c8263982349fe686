"""First release: contact sync."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

Document = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")

# A contact edited by hand, in SQL or by another program, is a new version of it: nothing may overwrite it unseen.
# What the audit log holds stays.
SQLITE = """
CREATE TRIGGER objects_version AFTER UPDATE ON objects
WHEN NEW.version = OLD.version
BEGIN UPDATE objects SET version = OLD.version + 1, fingerprint = '' WHERE id = NEW.id; END;
CREATE TRIGGER audit_log_no_update BEFORE UPDATE ON audit_log
BEGIN SELECT RAISE(ABORT, 'audit_log is append-only'); END;
CREATE TRIGGER audit_log_no_delete BEFORE DELETE ON audit_log
BEGIN SELECT RAISE(ABORT, 'audit_log is append-only'); END;
"""
POSTGRES = """
CREATE FUNCTION contactflow_next_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN NEW.version := OLD.version + 1; NEW.fingerprint := ''; RETURN NEW; END $$;
CREATE TRIGGER objects_version BEFORE UPDATE ON objects
FOR EACH ROW WHEN (NEW.version = OLD.version) EXECUTE FUNCTION contactflow_next_version();
CREATE FUNCTION contactflow_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'audit_log is append-only'; END $$;
CREATE TRIGGER audit_log_append_only BEFORE UPDATE OR DELETE ON audit_log
FOR EACH ROW EXECUTE FUNCTION contactflow_append_only();
"""


def _triggers() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(POSTGRES)
        return
    for statement in SQLITE.strip().split(";\nCREATE"):
        op.execute(statement if statement.startswith("CREATE") else f"CREATE{statement}")


def upgrade() -> None:
    op.create_table(
        "organizations",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("slug", sa.String(length=80), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("settings", Document, server_default="{}", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organizations")),
        sa.UniqueConstraint("slug", name=op.f("uq_organizations_slug")),
    )
    op.create_table(
        "audit_log",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("organization_id", sa.String(length=36), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("action", sa.String(length=60), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("detail", Document, server_default="{}", nullable=False),
        sa.Column("previous_hash", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_audit_log_organization_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_log")),
        sa.UniqueConstraint("organization_id", "sequence", name=op.f("uq_audit_log_organization_id_sequence")),
    )
    op.create_table(
        "match_decisions",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("organization_id", sa.String(length=36), nullable=False),
        sa.Column("account", sa.String(length=36), nullable=False),
        sa.Column("source_id", sa.Text(), nullable=False),
        sa.Column("object_id", sa.String(length=36), nullable=False),
        sa.Column("verdict", sa.String(length=10), nullable=False),
        sa.Column("decided_by", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("verdict IN ('sure', 'maybe', 'different')", name=op.f("ck_match_decisions_verdict")),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organizations.id"],
            name=op.f("fk_match_decisions_organization_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_match_decisions")),
        sa.UniqueConstraint(
            "organization_id",
            "account",
            "source_id",
            "object_id",
            name=op.f("uq_match_decisions_organization_id_account_source_id_object_id"),
        ),
    )
    op.create_table(
        "object_actions",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("organization_id", sa.String(length=36), nullable=False),
        sa.Column("object_id", sa.String(length=36), nullable=False),
        sa.Column("action", sa.String(length=20), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("sync_id", sa.String(length=36), nullable=True),
        sa.Column("fields", Document, server_default="[]", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organizations.id"],
            name=op.f("fk_object_actions_organization_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_object_actions")),
    )
    with op.batch_alter_table("object_actions", schema=None) as batch_op:
        batch_op.create_index("ix_object_actions_by_object", ["organization_id", "object_id"], unique=False)
        batch_op.create_index("ix_object_actions_by_sync", ["sync_id"], unique=False)

    op.create_table(
        "objects",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("organization_id", sa.String(length=36), nullable=False),
        sa.Column("type", sa.String(length=40), server_default="contact", nullable=False),
        sa.Column("subtype", sa.String(length=40), server_default="customer", nullable=False),
        sa.Column("display_name", sa.Text(), server_default="", nullable=False),
        sa.Column("email", sa.Text(), server_default="", nullable=False),
        sa.Column("pipeline", sa.Text(), server_default="", nullable=False),
        sa.Column("stage", sa.Text(), server_default="", nullable=False),
        sa.Column("properties", Document, server_default="{}", nullable=False),
        sa.Column("fingerprint", sa.Text(), server_default="", nullable=False),
        sa.Column("provenance", Document, server_default="{}", nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_objects_organization_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_objects")),
        sa.UniqueConstraint("organization_id", "id", name=op.f("uq_objects_organization_id_id")),
    )
    with op.batch_alter_table("objects", schema=None) as batch_op:
        batch_op.create_index("ix_objects_by_org_email", ["organization_id", "email"], unique=False)
        batch_op.create_index("ix_objects_by_org_name", ["organization_id", "display_name"], unique=False)
        batch_op.create_index("ix_objects_by_org_type", ["organization_id", "type"], unique=False)

    op.create_table(
        "users",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("organization_id", sa.String(length=36), nullable=False),
        sa.Column("email", sa.String(length=320), nullable=False),
        sa.Column("name", sa.Text(), server_default="", nullable=False),
        sa.Column("role", sa.String(length=10), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("role IN ('admin', 'member')", name=op.f("ck_users_role")),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_users_organization_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
        sa.UniqueConstraint("organization_id", "email", name=op.f("uq_users_organization_id_email")),
        sa.UniqueConstraint("organization_id", "id", name=op.f("uq_users_organization_id_id")),
    )
    op.create_table(
        "oauth_connections",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("organization_id", sa.String(length=36), nullable=False),
        sa.Column("user_id", sa.String(length=36), nullable=False),
        sa.Column("provider", sa.String(length=20), nullable=False),
        sa.Column("account", sa.String(length=320), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("cause", sa.Text(), server_default="", nullable=False),
        sa.Column("tokens", sa.LargeBinary(), nullable=True),
        sa.Column("tokens_version", sa.Integer(), server_default="0", nullable=False),
        sa.Column("refresh_claimed_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("quiet_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("scopes", Document, server_default="[]", nullable=False),
        sa.Column("cursor", sa.LargeBinary(), nullable=True),
        sa.Column("synced_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("provider IN ('microsoft', 'google', 'file')", name=op.f("ck_oauth_connections_provider")),
        sa.CheckConstraint(
            "status IN ('active', 'needs_reconnect', 'disconnected')", name=op.f("ck_oauth_connections_status")
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organizations.id"],
            name=op.f("fk_oauth_connections_organization_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["user_id", "organization_id"],
            ["users.id", "users.organization_id"],
            name=op.f("fk_oauth_connections_user_id_organization_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_oauth_connections")),
        sa.UniqueConstraint("organization_id", "id", name=op.f("uq_oauth_connections_organization_id_id")),
        sa.UniqueConstraint(
            "organization_id",
            "user_id",
            "provider",
            "account",
            name=op.f("uq_oauth_connections_organization_id_user_id_provider_account"),
        ),
    )
    op.create_table(
        "object_links",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("organization_id", sa.String(length=36), nullable=False),
        sa.Column("object_id", sa.String(length=36), nullable=False),
        sa.Column("provider", sa.String(length=20), nullable=False),
        sa.Column("account", sa.String(length=36), nullable=False),
        sa.Column("source_id", sa.Text(), nullable=False),
        sa.Column("base", Document, server_default="{}", nullable=False),
        sa.Column("fingerprint", sa.Text(), server_default="", nullable=False),
        sa.Column("version", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("provider IN ('microsoft', 'google', 'file')", name=op.f("ck_object_links_provider")),
        sa.ForeignKeyConstraint(
            ["object_id", "organization_id"],
            ["objects.id", "objects.organization_id"],
            name=op.f("fk_object_links_object_id_organization_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_object_links_organization_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_object_links")),
        sa.UniqueConstraint(
            "organization_id", "account", "source_id", name=op.f("uq_object_links_organization_id_account_source_id")
        ),
    )
    with op.batch_alter_table("object_links", schema=None) as batch_op:
        batch_op.create_index("ix_object_links_by_object", ["organization_id", "object_id"], unique=False)

    op.create_table(
        "contact_syncs",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("organization_id", sa.String(length=36), nullable=False),
        sa.Column("user_id", sa.String(length=36), nullable=False),
        sa.Column("connection_id", sa.String(length=36), nullable=True),
        sa.Column("provider", sa.String(length=20), nullable=False),
        sa.Column("account", sa.String(length=36), nullable=False),
        sa.Column("trigger", sa.String(length=20), server_default="manual", nullable=False),
        sa.Column("allowed", Document, server_default="[]", nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("flow_run_id", sa.String(length=36), nullable=False),
        sa.Column("full", sa.Boolean(), nullable=False),
        sa.Column("cursor", sa.LargeBinary(), nullable=True),
        sa.Column("preview_key", sa.LargeBinary(), nullable=True),
        sa.Column("undo_key", sa.LargeBinary(), nullable=True),
        sa.Column("digest", sa.Text(), server_default="", nullable=False),
        sa.Column("warnings", Document, server_default="[]", nullable=False),
        sa.Column("error", sa.Text(), server_default="", nullable=False),
        sa.Column("decision", sa.Text(), server_default="", nullable=False),
        sa.Column("decided_by", sa.Text(), server_default="", nullable=False),
        sa.Column("decision_proven", sa.Boolean(), server_default=sa.text("(false)"), nullable=False),
        sa.Column("comment", sa.Text(), server_default="", nullable=False),
        sa.Column("review_round", sa.Integer(), server_default="0", nullable=False),
        sa.Column("created", sa.Integer(), server_default="0", nullable=False),
        sa.Column("updated", sa.Integer(), server_default="0", nullable=False),
        sa.Column("skipped", sa.Integer(), server_default="0", nullable=False),
        sa.Column("failed", sa.Integer(), server_default="0", nullable=False),
        sa.Column("conflicted", sa.Integer(), server_default="0", nullable=False),
        sa.Column("removed", sa.Integer(), server_default="0", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("compared_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("undo_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("provider IN ('microsoft', 'google', 'file')", name=op.f("ck_contact_syncs_provider")),
        sa.CheckConstraint(
            "status IN ('extracting', 'preview', 'executing', 'completed', 'failed', 'rejected', 'expired', 'superseded', 'cancelled')",
            name=op.f("ck_contact_syncs_status"),
        ),
        sa.ForeignKeyConstraint(
            ["connection_id", "organization_id"],
            ["oauth_connections.id", "oauth_connections.organization_id"],
            name=op.f("fk_contact_syncs_connection_id_organization_id"),
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_contact_syncs_organization_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["user_id", "organization_id"],
            ["users.id", "users.organization_id"],
            name=op.f("fk_contact_syncs_user_id_organization_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact_syncs")),
        sa.UniqueConstraint("flow_run_id", name=op.f("uq_contact_syncs_flow_run_id")),
        sa.UniqueConstraint("organization_id", "id", name=op.f("uq_contact_syncs_organization_id_id")),
    )
    with op.batch_alter_table("contact_syncs", schema=None) as batch_op:
        batch_op.create_index(
            "contact_syncs_by_org_user",
            ["organization_id", "user_id", sa.literal_column("created_at DESC")],
            unique=False,
        )
        batch_op.create_index("contact_syncs_by_organization", ["organization_id"], unique=False)
        batch_op.create_index("contact_syncs_by_provider", ["organization_id", "provider"], unique=False)
        batch_op.create_index("contact_syncs_by_status", ["status"], unique=False)
        batch_op.create_index(
            "one_open_sync_per_connection",
            ["connection_id"],
            unique=True,
            sqlite_where=sa.text("status IN ('extracting', 'preview', 'executing')"),
            postgresql_where=sa.text("status IN ('extracting', 'preview', 'executing')"),
        )

    op.create_table(
        "sync_schedules",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("organization_id", sa.String(length=36), nullable=False),
        sa.Column("user_id", sa.String(length=36), nullable=False),
        sa.Column("connection_id", sa.String(length=36), nullable=False),
        sa.Column("cron", sa.Text(), server_default="", nullable=False),
        sa.Column("interval_seconds", sa.Integer(), nullable=True),
        sa.Column("timezone", sa.String(length=64), server_default="UTC", nullable=False),
        sa.Column("review_policy", sa.String(length=20), server_default="always", nullable=False),
        sa.Column("active", sa.Boolean(), server_default=sa.text("(true)"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(cron <> '') <> (interval_seconds IS NOT NULL)", name=op.f("ck_sync_schedules_cron_or_interval")
        ),
        sa.CheckConstraint("review_policy IN ('always', 'risky')", name=op.f("ck_sync_schedules_review_policy")),
        sa.ForeignKeyConstraint(
            ["connection_id", "organization_id"],
            ["oauth_connections.id", "oauth_connections.organization_id"],
            name=op.f("fk_sync_schedules_connection_id_organization_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organizations.id"],
            name=op.f("fk_sync_schedules_organization_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["user_id", "organization_id"],
            ["users.id", "users.organization_id"],
            name=op.f("fk_sync_schedules_user_id_organization_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sync_schedules")),
    )
    op.create_table(
        "contact_sync_changes",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("organization_id", sa.String(length=36), nullable=False),
        sa.Column("sync_id", sa.String(length=36), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("object_id", sa.String(length=36), nullable=True),
        sa.Column("seen_version", sa.Integer(), nullable=True),
        sa.Column("applied_version", sa.Integer(), nullable=True),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("fields", Document, server_default="[]", nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=True),
        sa.Column("edits", sa.LargeBinary(), nullable=True),
        sa.Column("undo", sa.LargeBinary(), nullable=True),
        sa.Column("error", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint(
            "kind IN ('create', 'update', 'conflict', 'maybe', 'removed', 'skip')",
            name=op.f("ck_contact_sync_changes_kind"),
        ),
        sa.CheckConstraint(
            "state IN ('proposed', 'approved', 'rejected', 'applied', 'stale', 'failed', 'undone')",
            name=op.f("ck_contact_sync_changes_state"),
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organizations.id"],
            name=op.f("fk_contact_sync_changes_organization_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["sync_id", "organization_id"],
            ["contact_syncs.id", "contact_syncs.organization_id"],
            name=op.f("fk_contact_sync_changes_sync_id_organization_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact_sync_changes")),
        sa.UniqueConstraint("sync_id", "ordinal", name=op.f("uq_contact_sync_changes_sync_id_ordinal")),
    )
    with op.batch_alter_table("contact_sync_changes", schema=None) as batch_op:
        batch_op.create_index("ix_contact_sync_changes_by_object", ["organization_id", "object_id"], unique=False)
        batch_op.create_index("ix_contact_sync_changes_by_state", ["sync_id", "state", "kind"], unique=False)

    op.create_table(
        "deferred_records",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("organization_id", sa.String(length=36), nullable=False),
        sa.Column("account", sa.String(length=36), nullable=False),
        sa.Column("source_id", sa.Text(), nullable=False),
        sa.Column("record", sa.LargeBinary(), nullable=False),
        sa.Column("sync_id", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organizations.id"],
            name=op.f("fk_deferred_records_organization_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["sync_id", "organization_id"],
            ["contact_syncs.id", "contact_syncs.organization_id"],
            name=op.f("fk_deferred_records_sync_id_organization_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deferred_records")),
        sa.UniqueConstraint(
            "organization_id",
            "account",
            "source_id",
            name=op.f("uq_deferred_records_organization_id_account_source_id"),
        ),
    )
    op.create_table(
        "staged_pages",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("organization_id", sa.String(length=36), nullable=False),
        sa.Column("sync_id", sa.String(length=36), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("position", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_staged_pages_organization_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["sync_id", "organization_id"],
            ["contact_syncs.id", "contact_syncs.organization_id"],
            name=op.f("fk_staged_pages_sync_id_organization_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staged_pages")),
        sa.UniqueConstraint("sync_id", "number", name=op.f("uq_staged_pages_sync_id_number")),
    )
    _triggers()


def downgrade() -> None:
    op.drop_table("staged_pages")
    op.drop_table("deferred_records")
    with op.batch_alter_table("contact_sync_changes", schema=None) as batch_op:
        batch_op.drop_index("ix_contact_sync_changes_by_state")
        batch_op.drop_index("ix_contact_sync_changes_by_object")

    op.drop_table("contact_sync_changes")
    op.drop_table("sync_schedules")
    with op.batch_alter_table("contact_syncs", schema=None) as batch_op:
        batch_op.drop_index(
            "one_open_sync_per_connection",
            sqlite_where=sa.text("status IN ('extracting', 'preview', 'executing')"),
            postgresql_where=sa.text("status IN ('extracting', 'preview', 'executing')"),
        )
        batch_op.drop_index("contact_syncs_by_status")
        batch_op.drop_index("contact_syncs_by_provider")
        batch_op.drop_index("contact_syncs_by_organization")
        batch_op.drop_index("contact_syncs_by_org_user")

    op.drop_table("contact_syncs")
    with op.batch_alter_table("object_links", schema=None) as batch_op:
        batch_op.drop_index("ix_object_links_by_object")

    op.drop_table("object_links")
    op.drop_table("oauth_connections")
    op.drop_table("users")
    with op.batch_alter_table("objects", schema=None) as batch_op:
        batch_op.drop_index("ix_objects_by_org_type")
        batch_op.drop_index("ix_objects_by_org_name")
        batch_op.drop_index("ix_objects_by_org_email")

    op.drop_table("objects")
    with op.batch_alter_table("object_actions", schema=None) as batch_op:
        batch_op.drop_index("ix_object_actions_by_sync")
        batch_op.drop_index("ix_object_actions_by_object")

    op.drop_table("object_actions")
    op.drop_table("match_decisions")
    op.drop_table("audit_log")
    op.drop_table("organizations")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION contactflow_next_version")
        op.execute("DROP FUNCTION contactflow_append_only")

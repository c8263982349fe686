"""E-mail campaigns, what models cost, and who must not be written to."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

Document = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
Money = sa.Numeric(18, 9)


def upgrade() -> None:
    op.create_table(
        "ai_budgets",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("organization_id", sa.String(length=36), nullable=False),
        sa.Column("subject", sa.String(length=80), nullable=False),
        sa.Column("spending_limit", Money, nullable=True),
        sa.Column("reserved", Money, server_default="0", nullable=False),
        sa.Column("spent", Money, server_default="0", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_ai_budgets_organization_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ai_budgets")),
        sa.UniqueConstraint("organization_id", "id", name=op.f("uq_ai_budgets_organization_id_id")),
        sa.UniqueConstraint("organization_id", "subject", name=op.f("uq_ai_budgets_organization_id_subject")),
    )
    op.create_table(
        "email_templates",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("organization_id", sa.String(length=36), nullable=False),
        sa.Column("name", sa.Text(), server_default="", nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("subject", sa.Text(), server_default="", nullable=False),
        sa.Column("text", sa.Text(), server_default="", nullable=False),
        sa.Column("language", sa.Text(), server_default="", nullable=False),
        sa.Column("links", Document, server_default="{}", nullable=False),
        sa.Column("created_by", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organizations.id"],
            name=op.f("fk_email_templates_organization_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_email_templates")),
        sa.UniqueConstraint(
            "organization_id", "name", "version", name=op.f("uq_email_templates_organization_id_name_version")
        ),
    )
    op.create_table(
        "mailbox_slots",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("organization_id", sa.String(length=36), nullable=False),
        sa.Column("mailbox", sa.String(length=36), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("holder", sa.Text(), server_default="", nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_mailbox_slots_organization_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mailbox_slots")),
        sa.UniqueConstraint(
            "organization_id", "mailbox", "number", name=op.f("uq_mailbox_slots_organization_id_mailbox_number")
        ),
    )
    op.create_table(
        "mailboxes",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("organization_id", sa.String(length=36), nullable=False),
        sa.Column("mailbox", sa.String(length=36), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("quiet_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("quiet_why", sa.Text(), server_default="", nullable=False),
        sa.Column("looked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("first_sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("days_sent", sa.Integer(), server_default="0", nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_mailboxes_organization_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mailboxes")),
        sa.UniqueConstraint("organization_id", "mailbox", name=op.f("uq_mailboxes_organization_id_mailbox")),
    )
    op.create_table(
        "saved_segments",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("organization_id", sa.String(length=36), nullable=False),
        sa.Column("name", sa.Text(), server_default="", nullable=False),
        sa.Column("criteria", Document, server_default="{}", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organizations.id"],
            name=op.f("fk_saved_segments_organization_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_segments")),
        sa.UniqueConstraint("organization_id", "name", name=op.f("uq_saved_segments_organization_id_name")),
    )
    op.create_table(
        "suppressions",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("organization_id", sa.String(length=36), nullable=False),
        sa.Column("address_hash", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.String(length=20), nullable=False),
        sa.Column("campaign_id", sa.String(length=36), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "reason IN ('unsubscribed', 'bounced', 'complained', 'manual', 'erased')",
            name=op.f("ck_suppressions_reason"),
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_suppressions_organization_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_suppressions")),
        sa.UniqueConstraint(
            "organization_id", "address_hash", name=op.f("uq_suppressions_organization_id_address_hash")
        ),
    )
    op.create_table(
        "ai_usage",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("organization_id", sa.String(length=36), nullable=False),
        sa.Column("budget_id", sa.String(length=36), nullable=False),
        sa.Column("campaign_id", sa.String(length=36), nullable=True),
        sa.Column("email_id", sa.String(length=36), nullable=True),
        sa.Column("purpose", sa.String(length=20), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("provider", sa.Text(), server_default="", nullable=False),
        sa.Column("model", sa.Text(), server_default="", nullable=False),
        sa.Column("model_served", sa.Text(), server_default="", nullable=False),
        sa.Column("tier", sa.Text(), server_default="", nullable=False),
        sa.Column("prompt_version", sa.Text(), server_default="", nullable=False),
        sa.Column("prompt_hash", sa.Text(), server_default="", nullable=False),
        sa.Column("request_id", sa.Text(), server_default="", nullable=False),
        sa.Column("error", sa.Text(), server_default="", nullable=False),
        sa.Column("input_tokens", sa.Integer(), server_default="0", nullable=False),
        sa.Column("cached_tokens", sa.Integer(), server_default="0", nullable=False),
        sa.Column("cache_write_tokens", sa.Integer(), server_default="0", nullable=False),
        sa.Column("output_tokens", sa.Integer(), server_default="0", nullable=False),
        sa.Column("reasoning_tokens", sa.Integer(), server_default="0", nullable=False),
        sa.Column("unit_prices", Document, server_default="{}", nullable=False),
        sa.Column("price_table", sa.Text(), server_default="", nullable=False),
        sa.Column("reserved", Money, server_default="0", nullable=False),
        sa.Column("cost", Money, nullable=True),
        sa.Column("latency_ms", sa.Integer(), server_default="0", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "purpose IN ('generate', 'regenerate', 'embed', 'opinion')", name=op.f("ck_ai_usage_purpose")
        ),
        sa.CheckConstraint("state IN ('started', 'ok', 'failed', 'unknown')", name=op.f("ck_ai_usage_state")),
        sa.ForeignKeyConstraint(
            ["budget_id", "organization_id"],
            ["ai_budgets.id", "ai_budgets.organization_id"],
            name=op.f("fk_ai_usage_budget_id_organization_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_ai_usage_organization_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ai_usage")),
    )
    op.create_index("ix_ai_usage_by_budget", "ai_usage", ["budget_id", "state"], unique=False)
    op.create_index("ix_ai_usage_by_campaign", "ai_usage", ["organization_id", "campaign_id"], unique=False)
    op.create_table(
        "email_campaigns",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("organization_id", sa.String(length=36), nullable=False),
        sa.Column("user_id", sa.String(length=36), nullable=False),
        sa.Column("connection_id", sa.String(length=36), nullable=True),
        sa.Column("mailbox", sa.String(length=36), nullable=False),
        sa.Column("flow_run_id", sa.String(length=36), nullable=False),
        sa.Column("name", sa.Text(), server_default="", nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("criteria", Document, server_default="{}", nullable=False),
        sa.Column("brief", sa.LargeBinary(), nullable=True),
        sa.Column("brief_hash", sa.Text(), server_default="", nullable=False),
        sa.Column("template_id", sa.String(length=36), nullable=True),
        sa.Column("model", sa.Text(), server_default="", nullable=False),
        sa.Column("prompt_version", sa.Text(), server_default="", nullable=False),
        sa.Column("budget_id", sa.String(length=36), nullable=True),
        sa.Column("body_key", sa.LargeBinary(), nullable=True),
        sa.Column("forecast", Document, server_default="{}", nullable=False),
        sa.Column("digest", sa.Text(), server_default="", nullable=False),
        sa.Column("warnings", Document, server_default="[]", nullable=False),
        sa.Column("error", sa.Text(), server_default="", nullable=False),
        sa.Column("decision", sa.Text(), server_default="", nullable=False),
        sa.Column("decided_by", sa.Text(), server_default="", nullable=False),
        sa.Column("decision_proven", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("comment", sa.Text(), server_default="", nullable=False),
        sa.Column("review_round", sa.Integer(), server_default="0", nullable=False),
        sa.Column("audience", sa.Integer(), server_default="0", nullable=False),
        sa.Column("excluded", sa.Integer(), server_default="0", nullable=False),
        sa.Column("generated", sa.Integer(), server_default="0", nullable=False),
        sa.Column("rejected", sa.Integer(), server_default="0", nullable=False),
        sa.Column("blocked", sa.Integer(), server_default="0", nullable=False),
        sa.Column("waiting", sa.Integer(), server_default="0", nullable=False),
        sa.Column("sent", sa.Integer(), server_default="0", nullable=False),
        sa.Column("failed", sa.Integer(), server_default="0", nullable=False),
        sa.Column("unknown", sa.Integer(), server_default="0", nullable=False),
        sa.Column("bounced", sa.Integer(), server_default="0", nullable=False),
        sa.Column("opened", sa.Integer(), server_default="0", nullable=False),
        sa.Column("clicked", sa.Integer(), server_default="0", nullable=False),
        sa.Column("replied", sa.Integer(), server_default="0", nullable=False),
        sa.Column("unsubscribed", sa.Integer(), server_default="0", nullable=False),
        sa.Column("total_cost", Money, server_default="0", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("resume_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("forget_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("forgotten_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "status IN ('draft', 'generating', 'review', 'sending', 'completed', 'paused', 'failed', 'rejected', 'cancelled')",
            name=op.f("ck_email_campaigns_status"),
        ),
        sa.ForeignKeyConstraint(
            ["connection_id", "organization_id"],
            ["oauth_connections.id", "oauth_connections.organization_id"],
            name=op.f("fk_email_campaigns_connection_id_organization_id"),
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organizations.id"],
            name=op.f("fk_email_campaigns_organization_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["user_id", "organization_id"],
            ["users.id", "users.organization_id"],
            name=op.f("fk_email_campaigns_user_id_organization_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_email_campaigns")),
        sa.UniqueConstraint("flow_run_id", name=op.f("uq_email_campaigns_flow_run_id")),
        sa.UniqueConstraint("organization_id", "id", name=op.f("uq_email_campaigns_organization_id_id")),
    )
    op.create_index("email_campaigns_by_org", "email_campaigns", ["organization_id"], unique=False)
    op.create_index("email_campaigns_by_org_status", "email_campaigns", ["organization_id", "status"], unique=False)
    op.create_index("email_campaigns_by_status", "email_campaigns", ["status"], unique=False)
    op.create_index("email_campaigns_by_user", "email_campaigns", ["user_id"], unique=False)
    op.create_table(
        "campaign_emails",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("organization_id", sa.String(length=36), nullable=False),
        sa.Column("campaign_id", sa.String(length=36), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("object_id", sa.String(length=36), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("risk", sa.Integer(), server_default="0", nullable=False),
        sa.Column("checks", Document, server_default="[]", nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("address_hash", sa.Text(), server_default="", nullable=False),
        sa.Column("prompt_hash", sa.Text(), server_default="", nullable=False),
        sa.Column("draft", sa.LargeBinary(), nullable=True),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        sa.Column("content_hash", sa.Text(), server_default="", nullable=False),
        sa.Column("approved_hash", sa.Text(), server_default="", nullable=False),
        sa.Column("approved_by", sa.Text(), server_default="", nullable=False),
        sa.Column("edited_by", sa.Text(), server_default="", nullable=False),
        sa.Column("mailbox", sa.String(length=36), nullable=False),
        sa.Column("draft_id", sa.Text(), server_default="", nullable=False),
        sa.Column("message_id", sa.Text(), server_default="", nullable=False),
        sa.Column("thread_id", sa.Text(), server_default="", nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("claimed_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("not_before", sa.DateTime(timezone=True), nullable=True),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "state IN ('excluded', 'pending', 'generated', 'approved', 'rejected', 'blocked', 'sending', 'sent', 'failed', 'unknown', 'bounced', 'replied')",
            name=op.f("ck_campaign_emails_state"),
        ),
        sa.CheckConstraint(
            "state NOT IN ('approved', 'sending', 'sent', 'unknown', 'bounced', 'replied') OR (approved_hash <> '' AND approved_hash = content_hash)",
            name=op.f("ck_campaign_emails_approved_bytes"),
        ),
        sa.ForeignKeyConstraint(
            ["campaign_id", "organization_id"],
            ["email_campaigns.id", "email_campaigns.organization_id"],
            name=op.f("fk_campaign_emails_campaign_id_organization_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organizations.id"],
            name=op.f("fk_campaign_emails_organization_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_campaign_emails")),
        sa.UniqueConstraint("campaign_id", "object_id", name=op.f("uq_campaign_emails_campaign_id_object_id")),
        sa.UniqueConstraint("campaign_id", "ordinal", name=op.f("uq_campaign_emails_campaign_id_ordinal")),
        sa.UniqueConstraint("organization_id", "id", name=op.f("uq_campaign_emails_organization_id_id")),
    )
    op.create_index(
        "ix_campaign_emails_by_address", "campaign_emails", ["organization_id", "address_hash"], unique=False
    )
    op.create_index(
        "ix_campaign_emails_by_prompt", "campaign_emails", ["organization_id", "prompt_hash"], unique=False
    )
    op.create_index(
        "ix_campaign_emails_by_mailbox", "campaign_emails", ["organization_id", "mailbox", "submitted_at"], unique=False
    )
    op.create_index("ix_campaign_emails_by_message", "campaign_emails", ["organization_id", "message_id"], unique=False)
    op.create_index("ix_campaign_emails_by_object", "campaign_emails", ["organization_id", "object_id"], unique=False)
    op.create_index("ix_campaign_emails_by_state", "campaign_emails", ["campaign_id", "state", "ordinal"], unique=False)
    op.create_table(
        "email_events",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("organization_id", sa.String(length=36), nullable=False),
        sa.Column("campaign_id", sa.String(length=36), nullable=False),
        sa.Column("email_id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("visitor", sa.String(length=10), nullable=False),
        sa.Column("external_id", sa.String(length=200), nullable=False),
        sa.Column("detail", Document, server_default="{}", nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "kind IN ('opened', 'clicked', 'bounced', 'replied', 'auto_replied', 'unsubscribed')",
            name=op.f("ck_email_events_kind"),
        ),
        sa.CheckConstraint("visitor IN ('human', 'machine', 'unknown')", name=op.f("ck_email_events_visitor")),
        sa.ForeignKeyConstraint(
            ["campaign_id", "organization_id"],
            ["email_campaigns.id", "email_campaigns.organization_id"],
            name=op.f("fk_email_events_campaign_id_organization_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["email_id", "organization_id"],
            ["campaign_emails.id", "campaign_emails.organization_id"],
            name=op.f("fk_email_events_email_id_organization_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_email_events_organization_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_email_events")),
        sa.UniqueConstraint(
            "organization_id",
            "email_id",
            "kind",
            "external_id",
            name=op.f("uq_email_events_organization_id_email_id_kind_external_id"),
        ),
    )
    op.create_index(
        "ix_email_events_by_campaign", "email_events", ["organization_id", "campaign_id", "kind", "at"], unique=False
    )
    op.add_column("object_actions", sa.Column("campaign_id", sa.String(length=36), nullable=True))


def downgrade() -> None:
    op.drop_column("object_actions", "campaign_id")
    op.drop_index("ix_email_events_by_campaign", table_name="email_events")
    op.drop_table("email_events")
    op.drop_index("ix_campaign_emails_by_state", table_name="campaign_emails")
    op.drop_index("ix_campaign_emails_by_object", table_name="campaign_emails")
    op.drop_index("ix_campaign_emails_by_message", table_name="campaign_emails")
    op.drop_index("ix_campaign_emails_by_mailbox", table_name="campaign_emails")
    op.drop_index("ix_campaign_emails_by_address", table_name="campaign_emails")
    op.drop_index("ix_campaign_emails_by_prompt", table_name="campaign_emails")
    op.drop_table("campaign_emails")
    op.drop_index("email_campaigns_by_user", table_name="email_campaigns")
    op.drop_index("email_campaigns_by_status", table_name="email_campaigns")
    op.drop_index("email_campaigns_by_org_status", table_name="email_campaigns")
    op.drop_index("email_campaigns_by_org", table_name="email_campaigns")
    op.drop_table("email_campaigns")
    op.drop_index("ix_ai_usage_by_campaign", table_name="ai_usage")
    op.drop_index("ix_ai_usage_by_budget", table_name="ai_usage")
    op.drop_table("ai_usage")
    op.drop_table("suppressions")
    op.drop_table("saved_segments")
    op.drop_table("mailboxes")
    op.drop_table("mailbox_slots")
    op.drop_table("email_templates")
    op.drop_table("ai_budgets")

"""Analytics: mails and what became of them are counted by the day out of an index alone."""

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index('ix_campaign_emails_by_day', 'campaign_emails', ['organization_id', 'sent_at', 'campaign_id'], unique=False)
    op.create_index('ix_email_events_by_day', 'email_events', ['organization_id', 'kind', 'at', 'visitor', 'campaign_id', 'email_id'], unique=False)


def downgrade() -> None:
    op.drop_index('ix_email_events_by_day', table_name='email_events')
    op.drop_index('ix_campaign_emails_by_day', table_name='campaign_emails')

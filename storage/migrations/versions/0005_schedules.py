"""Schedules: who set a schedule's policy, which schedule a sync is of, and when its reviewer was reminded."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('sync_schedules', sa.Column('policy_by', sa.Text(), server_default='', nullable=False))
    op.add_column('contact_syncs', sa.Column('schedule_id', sa.String(length=36), nullable=True))
    op.add_column('contact_syncs', sa.Column('reminded_at', sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    op.drop_column('contact_syncs', 'reminded_at')
    op.drop_column('contact_syncs', 'schedule_id')
    op.drop_column('sync_schedules', 'policy_by')

"""Where people are told of what needs them, and what they were told."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

KINDS = (
    "sync.awaiting-review", "sync.still-waiting", "sync.overdue", "sync.expired", "sync.failed", "sync.asked",
    "campaign.awaiting-review", "campaign.overdue", "campaign.expired", "campaign.paused", "campaign.failed",
    "campaign.bounces", "campaign.asked", "connection.lost", "budget.low", "audit.chain-broken", "test",
)


def upgrade() -> None:
    op.create_table('notify_targets',
    sa.Column('id', sa.String(length=36), nullable=False),
    sa.Column('organization_id', sa.String(length=36), nullable=False),
    sa.Column('audience', sa.String(length=10), nullable=False),
    sa.Column('label', sa.String(length=40), nullable=False),
    sa.Column('url', sa.LargeBinary(), nullable=False),
    sa.Column('added_by', sa.Text(), server_default='', nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("audience IN ('reviewers', 'admins')", name=op.f('ck_notify_targets_audience')),
    sa.ForeignKeyConstraint(['organization_id'], ['organizations.id'], name=op.f('fk_notify_targets_organization_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_notify_targets'))
    )
    op.create_table('notices',
    sa.Column('id', sa.String(length=36), nullable=False),
    sa.Column('organization_id', sa.String(length=36), nullable=False),
    sa.Column('matter', sa.String(length=200), nullable=False),
    sa.Column('kind', sa.String(length=40), nullable=False),
    sa.Column('subject', sa.String(length=36), nullable=False),
    sa.Column('target', sa.String(length=40), nullable=False),
    sa.Column('attempts', sa.Integer(), server_default='0', nullable=False),
    sa.Column('due_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('sent_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("kind IN ({})".format(", ".join(f"'{kind}'" for kind in KINDS)), name=op.f('ck_notices_kind')),
    sa.ForeignKeyConstraint(['organization_id'], ['organizations.id'], name=op.f('fk_notices_organization_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_notices')),
    sa.UniqueConstraint('organization_id', 'matter', 'target', name=op.f('uq_notices_organization_id_matter_target'))
    )
    op.create_index('ix_notices_by_due', 'notices', ['organization_id', 'sent_at', 'due_at'], unique=False)


def downgrade() -> None:
    op.drop_table('notices')
    op.drop_table('notify_targets')

"""What an assistant advises the reviewer of a sync or a campaign to do."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('suggestions',
    sa.Column('id', sa.String(length=36), nullable=False),
    sa.Column('organization_id', sa.String(length=36), nullable=False),
    sa.Column('sync_id', sa.String(length=36), nullable=True),
    sa.Column('campaign_id', sa.String(length=36), nullable=True),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('advice', sa.String(length=10), nullable=False),
    sa.Column('reason', sa.LargeBinary(), nullable=False),
    sa.Column('suggested_by', sa.Text(), server_default='', nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("advice IN ('approve', 'reject', 'look')", name=op.f('ck_suggestions_advice')),
    sa.CheckConstraint('(sync_id IS NULL) <> (campaign_id IS NULL)', name=op.f('ck_suggestions_one_run')),
    sa.ForeignKeyConstraint(['organization_id'], ['organizations.id'], name=op.f('fk_suggestions_organization_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['sync_id', 'organization_id'], ['contact_syncs.id', 'contact_syncs.organization_id'], name=op.f('fk_suggestions_sync_id_organization_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['campaign_id', 'organization_id'], ['email_campaigns.id', 'email_campaigns.organization_id'], name=op.f('fk_suggestions_campaign_id_organization_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_suggestions'))
    )
    op.create_index('ix_suggestions_by_sync', 'suggestions', ['organization_id', 'sync_id', 'number'], unique=False)
    op.create_index('ix_suggestions_by_campaign', 'suggestions', ['organization_id', 'campaign_id', 'number'], unique=False)


def downgrade() -> None:
    op.drop_table('suggestions')

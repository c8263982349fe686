"""The campaign's review page: decisions about single mails, who made them, and what they were before."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('mail_marks',
    sa.Column('id', sa.String(length=36), nullable=False),
    sa.Column('organization_id', sa.String(length=36), nullable=False),
    sa.Column('campaign_id', sa.String(length=36), nullable=False),
    sa.Column('actor', sa.Text(), nullable=False),
    sa.Column('deed', sa.String(length=10), nullable=False),
    sa.Column('number', sa.Integer(), server_default='0', nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('undone_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("deed IN ('approved', 'rejected', 'cleared', 'edited')", name=op.f('ck_mail_marks_deed')),
    sa.ForeignKeyConstraint(['organization_id'], ['organizations.id'], name=op.f('fk_mail_marks_organization_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['campaign_id', 'organization_id'], ['email_campaigns.id', 'email_campaigns.organization_id'], name=op.f('fk_mail_marks_campaign_id_organization_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_mail_marks'))
    )
    op.create_index('ix_mail_marks_by_campaign', 'mail_marks', ['campaign_id', 'created_at'], unique=False)
    op.add_column('campaign_emails', sa.Column('mark_id', sa.Text(), server_default='', nullable=False))
    op.add_column('campaign_emails', sa.Column('state_before', sa.Text(), server_default='', nullable=False))


def downgrade() -> None:
    op.drop_column('campaign_emails', 'state_before')
    op.drop_column('campaign_emails', 'mark_id')
    op.drop_index('ix_mail_marks_by_campaign', table_name='mail_marks')
    op.drop_table('mail_marks')

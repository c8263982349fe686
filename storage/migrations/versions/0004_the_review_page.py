"""The review page: who is signed in, and decisions made while a plan is looked at."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('sign_ins',
    sa.Column('id', sa.String(length=36), nullable=False),
    sa.Column('organization_id', sa.String(length=36), nullable=False),
    sa.Column('user_id', sa.String(length=36), nullable=False),
    sa.Column('kind', sa.String(length=10), nullable=False),
    sa.Column('token_hash', sa.String(length=64), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('seen_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("kind IN ('link', 'session')", name=op.f('ck_sign_ins_kind')),
    sa.ForeignKeyConstraint(['organization_id'], ['organizations.id'], name=op.f('fk_sign_ins_organization_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['user_id', 'organization_id'], ['users.id', 'users.organization_id'], name=op.f('fk_sign_ins_user_id_organization_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_sign_ins')),
    sa.UniqueConstraint('token_hash', name=op.f('uq_sign_ins_token_hash'))
    )
    op.create_table('review_marks',
    sa.Column('id', sa.String(length=36), nullable=False),
    sa.Column('organization_id', sa.String(length=36), nullable=False),
    sa.Column('sync_id', sa.String(length=36), nullable=False),
    sa.Column('actor', sa.Text(), nullable=False),
    sa.Column('deed', sa.String(length=10), nullable=False),
    sa.Column('number', sa.Integer(), server_default='0', nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('undone_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("deed IN ('approved', 'rejected', 'cleared', 'edited')", name=op.f('ck_review_marks_deed')),
    sa.ForeignKeyConstraint(['organization_id'], ['organizations.id'], name=op.f('fk_review_marks_organization_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['sync_id', 'organization_id'], ['contact_syncs.id', 'contact_syncs.organization_id'], name=op.f('fk_review_marks_sync_id_organization_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_review_marks'))
    )
    op.create_index('ix_review_marks_by_sync', 'review_marks', ['sync_id', 'created_at'], unique=False)
    op.add_column('contact_sync_changes', sa.Column('mark_id', sa.String(length=36), nullable=True))
    op.add_column('contact_sync_changes', sa.Column('state_before', sa.String(length=10), nullable=True))


def downgrade() -> None:
    op.drop_column('contact_sync_changes', 'state_before')
    op.drop_column('contact_sync_changes', 'mark_id')
    op.drop_index('ix_review_marks_by_sync', table_name='review_marks')
    op.drop_table('review_marks')
    op.drop_table('sign_ins')

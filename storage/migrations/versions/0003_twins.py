"""Contacts that are perhaps one person, and vectors that tell who resembles whom in meaning."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('contact_twins',
    sa.Column('id', sa.String(length=36), nullable=False),
    sa.Column('organization_id', sa.String(length=36), nullable=False),
    sa.Column('one_id', sa.String(length=36), nullable=False),
    sa.Column('other_id', sa.String(length=36), nullable=False),
    sa.Column('one_version', sa.Integer(), nullable=False),
    sa.Column('other_version', sa.Integer(), nullable=False),
    sa.Column('verdict', sa.String(length=10), nullable=False),
    sa.Column('score', sa.Float(), nullable=False),
    sa.Column('reason', sa.Text(), server_default='', nullable=False),
    sa.Column('opinion', sa.Text(), server_default='', nullable=False),
    sa.Column('state', sa.String(length=10), nullable=False),
    sa.Column('kept_id', sa.Text(), server_default='', nullable=False),
    sa.Column('decided_by', sa.Text(), server_default='', nullable=False),
    sa.Column('undo_key', sa.LargeBinary(), nullable=True),
    sa.Column('undo', sa.LargeBinary(), nullable=True),
    sa.Column('found_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('decided_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('undo_until', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("state IN ('proposed', 'merged', 'apart')", name=op.f('ck_contact_twins_state')),
    sa.CheckConstraint("verdict IN ('sure', 'maybe', 'different')", name=op.f('ck_contact_twins_verdict')),
    sa.ForeignKeyConstraint(['organization_id'], ['organizations.id'], name=op.f('fk_contact_twins_organization_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_contact_twins')),
    sa.UniqueConstraint('organization_id', 'one_id', 'other_id', name=op.f('uq_contact_twins_organization_id_one_id_other_id'))
    )
    op.create_index('ix_contact_twins_by_state', 'contact_twins', ['organization_id', 'state', 'score'], unique=False)
    op.create_table('contact_vectors',
    sa.Column('id', sa.String(length=36), nullable=False),
    sa.Column('organization_id', sa.String(length=36), nullable=False),
    sa.Column('object_id', sa.String(length=36), nullable=False),
    sa.Column('model', sa.String(length=80), nullable=False),
    sa.Column('text_hash', sa.Text(), server_default='', nullable=False),
    sa.Column('vector', sa.LargeBinary(), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['object_id', 'organization_id'], ['objects.id', 'objects.organization_id'], name=op.f('fk_contact_vectors_object_id_organization_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['organization_id'], ['organizations.id'], name=op.f('fk_contact_vectors_organization_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_contact_vectors')),
    sa.UniqueConstraint('organization_id', 'object_id', name=op.f('uq_contact_vectors_organization_id_object_id'))
    )


def downgrade() -> None:
    op.drop_table('contact_vectors')
    op.drop_index('ix_contact_twins_by_state', table_name='contact_twins')
    op.drop_table('contact_twins')

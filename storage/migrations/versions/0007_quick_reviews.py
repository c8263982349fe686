"""Plans of many thousand rows: searched by a sealed text, and decided about without an index being written."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('plan_texts',
    sa.Column('id', sa.String(length=36), nullable=False),
    sa.Column('organization_id', sa.String(length=36), nullable=False),
    sa.Column('sync_id', sa.String(length=36), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('body', sa.LargeBinary(), nullable=False),
    sa.ForeignKeyConstraint(['organization_id'], ['organizations.id'], name=op.f('fk_plan_texts_organization_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['sync_id', 'organization_id'], ['contact_syncs.id', 'contact_syncs.organization_id'], name=op.f('fk_plan_texts_sync_id_organization_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_plan_texts')),
    sa.UniqueConstraint('sync_id', 'number', name=op.f('uq_plan_texts_sync_id_number'))
    )
    op.drop_index('ix_contact_sync_changes_by_state', table_name='contact_sync_changes')
    op.create_index('ix_contact_sync_changes_by_kind', 'contact_sync_changes', ['sync_id', 'kind', 'ordinal'], unique=False)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE contact_sync_changes SET (fillfactor = 50)")


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE contact_sync_changes RESET (fillfactor)")
    op.drop_index('ix_contact_sync_changes_by_kind', table_name='contact_sync_changes')
    op.create_index('ix_contact_sync_changes_by_state', 'contact_sync_changes', ['sync_id', 'state', 'kind'], unique=False)
    op.drop_table('plan_texts')

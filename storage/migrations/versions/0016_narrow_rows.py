"""What the rows of plans are about stands beside them: ten thousand rows are decided about without it being written."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

NAMES = ("payload", "edits", "undo")


def upgrade() -> None:
    op.create_table('change_values',
    sa.Column('id', sa.String(length=36), nullable=False),
    sa.Column('organization_id', sa.String(length=36), nullable=False),
    sa.Column('sync_id', sa.String(length=36), nullable=False),
    *(sa.Column(name, sa.LargeBinary(), nullable=True) for name in NAMES),
    sa.ForeignKeyConstraint(['organization_id'], ['organizations.id'], name=op.f('fk_change_values_organization_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['sync_id', 'organization_id'], ['contact_syncs.id', 'contact_syncs.organization_id'], name=op.f('fk_change_values_sync_id_organization_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_change_values'))
    )
    op.create_index('ix_change_values_by_sync', 'change_values', ['sync_id'], unique=False)
    columns = ", ".join(("id", "organization_id", "sync_id", *NAMES))
    op.execute(f"INSERT INTO change_values ({columns}) SELECT {columns} FROM contact_sync_changes")  # noqa: S608 (names of ours)
    for name in NAMES:
        op.drop_column('contact_sync_changes', name)


def downgrade() -> None:
    for name in NAMES:
        op.add_column('contact_sync_changes', sa.Column(name, sa.LargeBinary(), nullable=True))
        op.execute(
            f"UPDATE contact_sync_changes SET {name} ="  # noqa: S608 (names of ours)
            f" (SELECT {name} FROM change_values WHERE change_values.id = contact_sync_changes.id)"
        )
    op.drop_table('change_values')

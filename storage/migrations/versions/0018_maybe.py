"""Matches that somebody has to confirm are told apart from updates while a plan waits."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

WAITING = (
    "UPDATE contact_syncs SET maybe = (SELECT count(*) FROM contact_sync_changes AS one WHERE one.sync_id = contact_syncs.id"
    " AND one.kind = 'maybe') WHERE status IN ('preview', 'executing')"  # whatever a draft says: all count as updated
)


def upgrade() -> None:
    op.add_column('contact_syncs', sa.Column('maybe', sa.Integer(), server_default='0', nullable=False))
    op.execute(WAITING)


def downgrade() -> None:
    op.drop_column('contact_syncs', 'maybe')

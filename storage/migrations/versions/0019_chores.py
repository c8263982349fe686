"""When each chore was last done, so that one that nobody does any more is seen from outside."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('chores',
    sa.Column('name', sa.String(length=60), nullable=False),
    sa.Column('done_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('name', name=op.f('pk_chores'))
    )


def downgrade() -> None:
    op.drop_table('chores')

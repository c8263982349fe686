"""Since when a campaign has been sending: what failed before somebody let it go on no longer stops it."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('email_campaigns', sa.Column('sending_since', sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    op.drop_column('email_campaigns', 'sending_since')

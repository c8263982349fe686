"""How often a relay heard a mail to its end and did not take it: each time it may have kept it all the same."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("campaign_emails", sa.Column("handed_over", sa.Integer(), server_default="0", nullable=False))


def downgrade() -> None:
    op.drop_column("campaign_emails", "handed_over")

"""How often a mail was put off for its own sake, apart from how often it was in somebody's hands."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("campaign_emails", sa.Column("put_off", sa.Integer(), server_default="0", nullable=False))


def downgrade() -> None:
    op.drop_column("campaign_emails", "put_off")

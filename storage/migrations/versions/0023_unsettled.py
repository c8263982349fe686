"""Calls of models that were never settled are found without reading all that ever were made."""

from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ai_usage_unsettled", "ai_usage", ["state", "created_at"])


def downgrade() -> None:
    op.drop_index("ai_usage_unsettled", "ai_usage")

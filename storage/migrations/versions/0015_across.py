"""What is under way in all organizations is asked for at once."""

from alembic import op

from storage import row_security

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    row_security.enable(op.get_bind())


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        for table in ("contact_syncs", "email_campaigns"):
            op.execute(f"DROP FUNCTION IF EXISTS contactflow_all_{table}")

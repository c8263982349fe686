"""An organization's newest syncs and campaigns are read off an index; what upkeep looks for everywhere, by one question."""

from alembic import op

from storage import row_security

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

TABLES = ("contact_syncs", "email_campaigns")


def upgrade() -> None:
    for table in TABLES:
        op.create_index(f"{table}_newest", table, ["organization_id", "created_at"])
    row_security.enable(op.get_bind())


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION IF EXISTS contactflow_everywhere")
    for table in TABLES:
        op.drop_index(f"{table}_newest", table)

"""Row-level security on Postgres. Tables of later migrations get theirs when `storage.schema` has brought them all up."""

from alembic import op

from storage import row_security

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    row_security.enable(op.get_bind())


def downgrade() -> None:
    row_security.disable(op.get_bind())

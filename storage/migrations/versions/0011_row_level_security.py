"""Row-level security on Postgres. Tables of later migrations get theirs when `storage.schema` has brought them all up."""

from alembic import op

from storage import walls

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    walls.put_up(op.get_bind())


def downgrade() -> None:
    walls.take_down(op.get_bind())

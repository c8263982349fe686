"""Where a service no longer accepts our application, until the settings change: then no connection asks again."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('refused_applications',
    sa.Column('provider', sa.String(length=20), nullable=False),
    sa.Column('registration', sa.String(length=64), nullable=False),
    sa.Column('cause', sa.Text(), nullable=False),
    sa.Column('refused_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("provider IN ('microsoft', 'google', 'file')", name=op.f('ck_refused_applications_provider')),
    sa.PrimaryKeyConstraint('provider', name=op.f('pk_refused_applications'))
    )


def downgrade() -> None:
    op.drop_table('refused_applications')

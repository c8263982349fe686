"""The audit log is append-only for REPLACE and TRUNCATE too, which fire no trigger of a row's change or end."""

from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

SQLITE = """
CREATE TRIGGER audit_log_no_replace BEFORE INSERT ON audit_log
WHEN EXISTS (
    SELECT 1 FROM audit_log
    WHERE id = NEW.id OR (organization_id = NEW.organization_id AND sequence = NEW.sequence)
)
BEGIN SELECT RAISE(ABORT, 'audit_log is append-only: there is such an entry already'); END
"""
POSTGRES = """
CREATE TRIGGER audit_log_no_truncate BEFORE TRUNCATE ON audit_log
FOR EACH STATEMENT EXECUTE FUNCTION contactflow_append_only()
"""


def _is_postgres() -> bool:
    return op.get_bind().dialect.name == "postgresql"


def upgrade() -> None:
    op.execute(POSTGRES if _is_postgres() else SQLITE)


def downgrade() -> None:
    op.execute("DROP TRIGGER audit_log_no_truncate ON audit_log" if _is_postgres() else "DROP TRIGGER audit_log_no_replace")

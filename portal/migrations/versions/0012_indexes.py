"""Ways to the rows of lists that had none: reports by time, movements by kind."""

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_report_submitted_at_id", "report", ["submitted_at", "id"])
    op.create_index("ix_movement_kind_n", "movement", ["kind", "n"])

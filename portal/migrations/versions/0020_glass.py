"""The hand-over that a phone does without signal: the PIN's verifier for browsers, and what is known of such a one."""

import sqlalchemy as sa
from alembic import op

from portal.db import Instant, Json

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Added in place: tables that are made anew on SQLite would lose their guards."""
    op.add_column("person", sa.Column("pin_verifier", Json, nullable=True))
    for name in ("offline", "release_doubt"):
        op.add_column("hand_over", sa.Column(name, sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("hand_over", sa.Column("opened_at_device", Instant(), nullable=True))

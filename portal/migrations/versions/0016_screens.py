"""How each person's lists look: columns left out, rows close together."""

import sqlalchemy as sa
from alembic import op

from portal.db import Json

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("person", sa.Column("looks", Json, nullable=True))

"""Backup and restore: the epochs that restores begin, and which files an erasure wants gone."""

import sqlalchemy as sa
from alembic import op

from portal.db import Instant
from portal.history import RowNumber
from portal.migrations import guards

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "epoch",
        sa.Column("number", RowNumber, autoincrement=False, nullable=False),
        sa.Column("restored_at", Instant(), nullable=False),
        sa.Column("backup_at", Instant(), nullable=False),
        sa.Column("backup_digest", sa.String(length=64), nullable=False),
        sa.Column("chain_n", sa.Integer(), nullable=False),
        sa.Column("known_n", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_epoch")),
    )
    op.add_column("stored_file", sa.Column("forgotten_at", Instant(), nullable=True))
    op.add_column("stored_file", sa.Column("gone_at", Instant(), nullable=True))
    for statement in guards.of_keeping(op.get_bind().dialect.name):
        op.execute(sa.text(statement))

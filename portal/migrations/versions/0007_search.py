"""The index of the one search box. Filled by `flask search rebuild`."""

import sqlalchemy as sa
from alembic import op

from portal.db import Instant, Json

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

# The tokens are prepared: ASCII words and figures, or characters beyond ASCII, with spaces between. The `ascii`
# tokenizer leaves them as they are. Positions are not kept: what must stand together is looked for in the line itself.
# Beginnings have lists of their own (rules.LONGEST_BEGINNING): else one would be joined from a hundred thousand lists.
SQLITE = (
    """CREATE VIRTUAL TABLE search_words USING fts5(tokens, content='search_entry', content_rowid='n',
       tokenize='ascii', detail='none', columnsize=0, prefix='1 2 3 4 5 6 7 8 9 10 11 12')""",
    """CREATE TRIGGER search_entry_added AFTER INSERT ON search_entry BEGIN
       INSERT INTO search_words (rowid, tokens) VALUES (new.n, new.tokens); END""",
    """CREATE TRIGGER search_entry_removed AFTER DELETE ON search_entry BEGIN
       INSERT INTO search_words (search_words, rowid, tokens) VALUES ('delete', old.n, old.tokens); END""",
    """CREATE TRIGGER search_entry_changed AFTER UPDATE OF n, tokens ON search_entry BEGIN
       INSERT INTO search_words (search_words, rowid, tokens) VALUES ('delete', old.n, old.tokens);
       INSERT INTO search_words (rowid, tokens) VALUES (new.n, new.tokens); END""",
)
# What was just written is kept aside in 256 KB at most, because every search reads it. One index for each kind, so that a word of all visits costs nothing to whoever looks for a part.
KINDS = ("customer", "unit", "visit", "report", "call", "part", "person")
POSTGRESQL = (
    "CREATE SEQUENCE search_number",
    *(
        f"""CREATE INDEX search_words_{kind} ON search_entry
            USING gin (array_to_tsvector(string_to_array(btrim(tokens), ' ')))
            WITH (gin_pending_list_limit = 256) WHERE kind = '{kind}'"""
        for kind in KINDS
    ),
)


def upgrade() -> None:
    op.create_table(
        "search_entry",
        sa.Column("n", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("record_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(length=80), nullable=False),
        sa.Column("shown", Json, nullable=False),
        sa.Column("moment", Instant(), nullable=True),
        sa.Column("tokens", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("n", name=op.f("pk_search_entry")),
        sa.UniqueConstraint("kind", "record_id", name=op.f("uq_search_entry_kind_record_id")),
    )
    op.create_index("ix_search_entry_code", "search_entry", ["code"], unique=False)
    for statement in SQLITE if op.get_bind().dialect.name == "sqlite" else POSTGRESQL:
        op.execute(sa.text(statement))

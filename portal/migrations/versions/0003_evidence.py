"""Evidence: several signatures on one report, links to sign by, voids, erasures, specimens, kept papers, cases.

The links of documents that were sealed before are made anew, because they now cover the time of sealing and the id
as well; the chain's head is written apart from the database.
"""

from hashlib import sha256
from types import SimpleNamespace

import sqlalchemy as sa
from alembic import op

from portal.db import Instant, Json
from portal.history import RowNumber
from portal.migrations import guards
from portal.signing import head, rules
from portal.signing.operations import link_of, signing_key

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    engine = op.get_bind().dialect.name
    for statement in guards.replaced(engine):
        op.execute(sa.text(statement))
    make_tables()
    add_columns(engine)
    seal_links_anew()
    for statement in guards.of_evidence(engine):
        op.execute(sa.text(statement.replace(":", "\\:")))


def make_tables() -> None:
    op.create_table(
        "erased_document",
        sa.Column("n", RowNumber, autoincrement=False, nullable=False),
        sa.Column("erasure_n", RowNumber, nullable=False),
        sa.ForeignKeyConstraint(
            ["erasure_n"], ["sealed_document.n"], name=op.f("fk_erased_document_erasure_n_sealed_document")
        ),
        sa.ForeignKeyConstraint(["n"], ["sealed_document.n"], name=op.f("fk_erased_document_n_sealed_document")),
        sa.PrimaryKeyConstraint("n", name=op.f("pk_erased_document")),
    )
    op.create_table(
        "specimen",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("strokes", Json, nullable=False),
        sa.Column("recorded_at", Instant(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_specimen_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_specimen")),
    )
    op.create_index(op.f("ix_specimen_person_id"), "specimen", ["person_id"], unique=False)
    op.create_table(
        "public_link",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("purpose", sa.String(length=10), nullable=False),
        sa.Column("report_id", sa.Uuid(), nullable=False),
        sa.Column("locale", sa.String(length=10), nullable=False),
        sa.Column("email", sa.String(length=200), nullable=False),
        sa.Column("signer_name", sa.String(length=100), nullable=False),
        sa.Column("signer_role", sa.String(length=20), nullable=False),
        sa.Column("created_by_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("expires_at", Instant(), nullable=False),
        sa.Column("used_at", Instant(), nullable=True),
        sa.Column("revoked_at", Instant(), nullable=True),
        sa.Column("revoked_by_id", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["created_by_id"], ["person.id"], name=op.f("fk_public_link_created_by_id_person")),
        sa.ForeignKeyConstraint(["report_id"], ["report.id"], name=op.f("fk_public_link_report_id_report")),
        sa.ForeignKeyConstraint(["revoked_by_id"], ["person.id"], name=op.f("fk_public_link_revoked_by_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_public_link")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_public_link_token_hash")),
    )
    op.create_index(op.f("ix_public_link_report_id"), "public_link", ["report_id"], unique=False)
    op.create_table(
        "report_signature",
        sa.Column("report_id", sa.Uuid(), nullable=False),
        sa.Column("document_n", RowNumber, nullable=False),
        sa.Column("method", sa.String(length=10), nullable=False),
        sa.Column("signer_role", sa.String(length=20), nullable=False),
        sa.Column("proxy", sa.Boolean(), nullable=False),
        sa.Column("hand_over_id", sa.Uuid(), nullable=True),
        sa.Column("link_id", sa.Uuid(), nullable=True),
        sa.Column("signed_at", Instant(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["document_n"], ["sealed_document.n"], name=op.f("fk_report_signature_document_n_sealed_document")
        ),
        sa.ForeignKeyConstraint(
            ["hand_over_id"], ["hand_over.id"], name=op.f("fk_report_signature_hand_over_id_hand_over")
        ),
        sa.ForeignKeyConstraint(["link_id"], ["public_link.id"], name=op.f("fk_report_signature_link_id_public_link")),
        sa.ForeignKeyConstraint(["report_id"], ["report.id"], name=op.f("fk_report_signature_report_id_report")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report_signature")),
        sa.UniqueConstraint("document_n", name=op.f("uq_report_signature_document_n")),
        sa.UniqueConstraint("link_id", name=op.f("uq_report_signature_link_id")),
    )
    op.create_index(op.f("ix_report_signature_report_id"), "report_signature", ["report_id"], unique=False)
    op.create_table(
        "report_void",
        sa.Column("report_id", sa.Uuid(), nullable=False),
        sa.Column("document_n", RowNumber, nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("recorded_at", Instant(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["document_n"], ["sealed_document.n"], name=op.f("fk_report_void_document_n_sealed_document")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_report_void_person_id_person")),
        sa.ForeignKeyConstraint(["report_id"], ["report.id"], name=op.f("fk_report_void_report_id_report")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report_void")),
        sa.UniqueConstraint("document_n", name=op.f("uq_report_void_document_n")),
        sa.UniqueConstraint("report_id", name=op.f("uq_report_void_report_id")),
    )
    op.create_table(
        "kept_paper",
        sa.Column("report_id", sa.Uuid(), nullable=False),
        sa.Column("edition", sa.String(length=64), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("recorded_at", Instant(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["digest"], ["stored_file.digest"], name=op.f("fk_kept_paper_digest_stored_file")),
        sa.ForeignKeyConstraint(["report_id"], ["report.id"], name=op.f("fk_kept_paper_report_id_report")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_kept_paper")),
        sa.UniqueConstraint("report_id", "edition", name=op.f("uq_kept_paper_report_id_edition")),
    )
    op.create_index(op.f("ix_kept_paper_digest"), "kept_paper", ["digest"], unique=False)
    op.create_table(
        "dispute",
        sa.Column("report_id", sa.Uuid(), nullable=False),
        sa.Column("link_id", sa.Uuid(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("phone", sa.String(length=40), nullable=False),
        sa.Column("opened_at", Instant(), nullable=False),
        sa.Column("closed_at", Instant(), nullable=True),
        sa.Column("closed_by_id", sa.Uuid(), nullable=True),
        sa.Column("outcome", sa.String(length=20), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["closed_by_id"], ["person.id"], name=op.f("fk_dispute_closed_by_id_person")),
        sa.ForeignKeyConstraint(["link_id"], ["public_link.id"], name=op.f("fk_dispute_link_id_public_link")),
        sa.ForeignKeyConstraint(["report_id"], ["report.id"], name=op.f("fk_dispute_report_id_report")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dispute")),
        sa.UniqueConstraint("link_id", name=op.f("uq_dispute_link_id")),
    )
    op.create_index(op.f("ix_dispute_report_id"), "dispute", ["report_id"], unique=False)
    op.create_table(
        "wrong_token",
        sa.Column("address_hash", sa.String(length=64), nullable=False),
        sa.Column("minute", sa.Integer(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("address_hash", "minute", name=op.f("pk_wrong_token")),
    )


def add_columns(engine: str) -> None:
    op.add_column("contact", sa.Column("email", sa.String(length=200), nullable=False, server_default=""))
    op.add_column("review", sa.Column("acknowledged", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("report", sa.Column("reason", sa.Text(), nullable=False, server_default=""))
    op.add_column("report", sa.Column("verify_hash", sa.String(length=64), nullable=True))
    op.create_index(op.f("ix_report_verify_hash"), "report", ["verify_hash"], unique=True)
    uuid, number = ("CHAR(32)", "INTEGER") if engine == "sqlite" else ("UUID", "BIGINT")
    for table, column, kind, target in (
        ("survey", "document_n", number, "sealed_document (n)"),
        ("survey", "link_id", uuid, "public_link (id)"),
        ("visit_event", "specimen_id", uuid, "specimen (id)"),
    ):
        name = f"fk_{table}_{column}_{target.split()[0]}"
        op.execute(f"ALTER TABLE {table} ADD COLUMN {column} {kind} CONSTRAINT {name} REFERENCES {target}")


DOCUMENT = sa.table(
    "sealed_document",
    sa.column("n", RowNumber), sa.column("id", sa.Uuid()), sa.column("kind"), sa.column("number"),
    sa.column("revision"), sa.column("content_digest"), sa.column("evidence_digest"), sa.column("previous_link"),
    sa.column("link"), sa.column("sealed_at", Instant()),
)  # fmt: skip
REPORT = sa.table(
    "report", sa.column("id", sa.Uuid()), sa.column("number"), sa.column("revision"), sa.column("verify_hash")
)


def seal_links_anew() -> None:
    """The chain over what stands, and the public address of each report."""
    bind, last = op.get_bind(), head.Place(0, rules.GENESIS)
    for row in bind.execute(sa.select(DOCUMENT).order_by(DOCUMENT.c.n)).all():
        document = SimpleNamespace(**{**row._mapping, "previous_link": last.link})
        last = head.Place(row.n, link_of(document))
        bind.execute(
            DOCUMENT.update().where(DOCUMENT.c.n == row.n).values(previous_link=document.previous_link, link=last.link)
        )
    if last.n:
        head.write(head.Head(last))
    for row in bind.execute(sa.select(REPORT)).all():
        token = rules.token(signing_key(), "verify", row.number, row.revision)
        bind.execute(
            REPORT.update().where(REPORT.c.id == row.id).values(verify_hash=sha256(token.encode()).hexdigest())
        )

"""Work instructions by revision, their files, and what people stated about them.

Additive. Going down forgets them all; the audit log still tells who released what.

Revision: 0020_work_instructions, after: 0019_quality_checks
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0020_work_instructions"
down_revision = "0019_quality_checks"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_TABLES = (
    "document_proposal",
    "document_value",
    "document_acknowledgement",
    "document_revision_file",
    "document_file",
    "document_revision",
    "document",
)


def upgrade() -> None:
    """Go up."""
    _document()
    _document_revision()
    _document_file()
    _document_revision_file()
    _document_acknowledgement()
    _document_value()
    _document_proposal()


def downgrade() -> None:
    """Go down."""
    for name in _TABLES:
        op.drop_table(name)


def _code(name: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.String(length=80), nullable=nullable)


def _instant(name: str, *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), nullable=nullable)


def _key(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_{column}_{other}")
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=name)


def _document() -> None:
    op.create_table(
        "document",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        _code("code"),
        sa.Column("material_id", _ID, nullable=True),
        sa.Column("work_unit_id", _ID, nullable=True),
        sa.Column("segment", sa.Integer(), nullable=True),
        _code("scope", nullable=True),
        _instant("created_at"),
        _instant("retired_at", nullable=True),
        _key("document", "material_id", "material_definition"),
        _key("document", "work_unit_id", "equipment"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_document")),
        sa.UniqueConstraint("code", name=op.f("uq_document_code")),
        sa.UniqueConstraint("scope", name=op.f("uq_document_scope")),
    )


def _document_revision() -> None:
    op.create_table(
        "document_revision",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("document_id", _ID, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("names", sa.JSON(), nullable=False),
        sa.Column("note", sa.String(length=2000), nullable=False),
        sa.Column("steps", sa.JSON(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        _instant("created_at"),
        _instant("changed_at"),
        _code("changed_by"),
        _instant("released_at", nullable=True),
        _code("released_by", nullable=True),
        _instant("retired_at", nullable=True),
        _key("document_revision", "document_id", "document"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_document_revision")),
        sa.UniqueConstraint(
            "document_id", "number", name=op.f("uq_document_revision_document_id_number")
        ),
    )


def _document_file() -> None:
    op.create_table(
        "document_file",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        _code("sha256"),
        _code("media_type"),
        _code("name"),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=True),
        sa.Column("height", sa.Integer(), nullable=True),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        _instant("stored_at"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_document_file")),
        sa.UniqueConstraint("sha256", name=op.f("uq_document_file_sha256")),
    )


def _document_revision_file() -> None:
    op.create_table(
        "document_revision_file",
        sa.Column("revision_id", _ID, autoincrement=False, nullable=False),
        sa.Column("file_id", _ID, autoincrement=False, nullable=False),
        _key("document_revision_file", "revision_id", "document_revision"),
        _key("document_revision_file", "file_id", "document_file"),
        sa.PrimaryKeyConstraint("revision_id", "file_id", name=op.f("pk_document_revision_file")),
    )
    with op.batch_alter_table("document_revision_file", schema=None) as batch_op:
        batch_op.create_index("ix_document_revision_file_file_id", ["file_id"])


def _statement(table: str, *, unit_needed: bool = True) -> list[sa.schema.SchemaItem]:
    return [
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        _code("command_id"),
        sa.Column("revision_id", _ID, nullable=False),
        sa.Column("work_unit_id", _ID, nullable=not unit_needed),
        sa.Column("job_order_id", _ID, nullable=True),
        _instant("at"),
        _code("who"),
        sa.Column("actor", sa.JSON(), nullable=False),
        _instant("recorded_at"),
        _key(table, "revision_id", "document_revision"),
        _key(table, "work_unit_id", "equipment"),
        _key(table, "job_order_id", "job_order"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
    ]


def _document_acknowledgement() -> None:
    table = "document_acknowledgement"
    op.create_table(
        table,
        *_statement(table),
        _code("person", nullable=True),
        sa.UniqueConstraint("command_id", name=op.f(f"uq_{table}_command_id")),
    )
    with op.batch_alter_table(table, schema=None) as batch_op:
        batch_op.create_index(f"ix_{table}_revision_id_at", ["revision_id", "at"])
        batch_op.create_index(f"ix_{table}_person", ["person"])


def _document_value() -> None:
    table = "document_value"
    op.create_table(
        table,
        *_statement(table),
        _code("step"),
        _code("field"),
        sa.Column("value", sa.String(length=2000), nullable=False),
        sa.Column("file_id", _ID, nullable=True),
        sa.Column("outside", sa.Boolean(), nullable=False),
        _key(table, "file_id", "document_file"),
        sa.UniqueConstraint("command_id", "field", name=op.f(f"uq_{table}_command_id_field")),
    )
    with op.batch_alter_table(table, schema=None) as batch_op:
        batch_op.create_index(f"ix_{table}_revision_id_at", ["revision_id", "at"])
        batch_op.create_index(f"ix_{table}_job_order_id", ["job_order_id"])
        batch_op.create_index(f"ix_{table}_file_id", ["file_id"])


def _document_proposal() -> None:
    table = "document_proposal"
    op.create_table(
        table,
        *_statement(table, unit_needed=False),
        _code("step", nullable=True),
        sa.Column("text", sa.String(length=2000), nullable=False),
        _code("answers", nullable=True),
        sa.Column("accepted", sa.Boolean(), nullable=True),
        sa.UniqueConstraint("command_id", name=op.f(f"uq_{table}_command_id")),
        sa.UniqueConstraint("answers", name=op.f(f"uq_{table}_answers")),
    )
    with op.batch_alter_table(table, schema=None) as batch_op:
        batch_op.create_index(f"ix_{table}_revision_id_at", ["revision_id", "at"])

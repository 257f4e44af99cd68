"""Packed samples: minutes and hours of tags beside the packed values.

Two new tables and an index; samples stay where they are and are packed by the running system.
Going down puts nothing back: values that were packed stay packed, minutes and hours are forgotten
and made again from them by nobody; trends read the packed values then as far as they are kept.

Revision: 0024_packed_samples, after: 0023_report_files
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0024_packed_samples"
down_revision = "0023_report_files"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Go up."""
    op.create_table(
        "sample_minutes",
        *_place("sample_minutes"),
        sa.Column("data", sa.LargeBinary(), nullable=False),
    )
    op.create_table(
        "sample_hour",
        *_place("sample_hour"),
        sa.Column("first_at", sa.BigInteger(), nullable=False),
        sa.Column("last_at", sa.BigInteger(), nullable=False),
        sa.Column("last", sa.Float(precision=53), nullable=True),
        sa.Column("low", sa.Float(precision=53), nullable=True),
        sa.Column("high", sa.Float(precision=53), nullable=True),
        sa.Column("known", sa.BigInteger(), nullable=False),
        sa.Column("area", sa.Float(precision=53), nullable=False),
        sa.Column("good", sa.Integer(), nullable=False),
        sa.Column("bad", sa.Integer(), nullable=False),
    )
    for table in ("sample_chunk", "sample_minutes", "sample_hour"):
        op.create_index(f"ix_{table}_hour", table, ["hour"], unique=False)


def downgrade() -> None:
    """Go down."""
    op.drop_index("ix_sample_chunk_hour", table_name="sample_chunk")
    for table in ("sample_hour", "sample_minutes"):
        op.drop_index(f"ix_{table}_hour", table_name=table)
        op.drop_table(table)


def _place(table: str) -> tuple[sa.schema.SchemaItem, ...]:
    """Which tag and hour a row is of."""
    return (
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("tag_id", _ID, nullable=False),
        sa.Column("hour", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["tag_id"], ["tag.id"], name=op.f(f"fk_{table}_tag_id_tag")),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        sa.UniqueConstraint("tag_id", "hour", name=op.f(f"uq_{table}_tag_id_hour")),
    )

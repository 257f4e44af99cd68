"""Suspect counter increments as a projection; decisions carry amount, note and what was seen.

Decisions of an earlier version keep empty values in the new columns: they hold for whichever
increment ends at their reading.

Revision: 0004_count_decisions, after: 0003_rollups
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004_count_decisions"
down_revision = "0003_rollups"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_DECISION_COLUMNS = (
    ("seen_since", sa.BigInteger()),
    ("amount", sa.BigInteger()),
    ("note", sa.String(length=2000)),
)


def upgrade() -> None:
    """Go up."""
    with op.batch_alter_table("count_decision", schema=None) as batch_op:
        for name, kind in _DECISION_COLUMNS:
            batch_op.add_column(sa.Column(name, kind, nullable=True))
    op.create_table(
        "count_suspect",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("work_unit_id", _ID, nullable=False),
        sa.Column("tag_id", _ID, nullable=False),
        sa.Column("role", sa.String(length=80), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("reading", sa.JSON(), nullable=False),
        sa.Column("decision", sa.String(length=80), nullable=True),
        sa.ForeignKeyConstraint(["tag_id"], ["tag.id"], name=op.f("fk_count_suspect_tag_id_tag")),
        sa.ForeignKeyConstraint(
            ["work_unit_id"],
            ["equipment.id"],
            name=op.f("fk_count_suspect_work_unit_id_equipment"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_count_suspect")),
        sa.UniqueConstraint(
            "work_unit_id",
            "tag_id",
            "at",
            "since",
            name=op.f("uq_count_suspect_work_unit_id_tag_id_at_since"),
        ),
    )
    with op.batch_alter_table("count_suspect", schema=None) as batch_op:
        batch_op.create_index("ix_count_suspect_work_unit_id_at", ["work_unit_id", "at"])


def downgrade() -> None:
    """Go down."""
    op.drop_table("count_suspect")
    with op.batch_alter_table("count_decision", schema=None) as batch_op:
        for name, _ in _DECISION_COLUMNS:
            batch_op.drop_column(name)

"""Pieces moved from one job order to another; the audit log is found by object and time.

Revision: 0006_quantity_moves, after: 0005_calendar_patterns
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006_quantity_moves"
down_revision = "0005_calendar_patterns"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_TABLE = "quantity_move"
_AUDIT_INDEXED = ("subject", "at")


def upgrade() -> None:
    """Go up."""
    op.create_table(
        _TABLE,
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("command_id", sa.String(length=80), nullable=False),
        sa.Column("work_unit_id", _ID, nullable=False),
        sa.Column("from_job_id", _ID, nullable=True),
        sa.Column("to_job_id", _ID, nullable=False),
        sa.Column("start", sa.BigInteger(), nullable=False),
        sa.Column("end", sa.BigInteger(), nullable=False),
        sa.Column("good", sa.BigInteger(), nullable=True),
        sa.Column("scrap", sa.BigInteger(), nullable=True),
        sa.Column("rework", sa.BigInteger(), nullable=True),
        sa.Column("voids", sa.String(length=80), nullable=True),
        sa.Column("note", sa.String(length=2000), nullable=True),
        sa.Column("stated_at", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.JSON(), nullable=False),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["from_job_id"], ["job_order.id"], name=op.f("fk_quantity_move_from_job_id_job_order")
        ),
        sa.ForeignKeyConstraint(
            ["to_job_id"], ["job_order.id"], name=op.f("fk_quantity_move_to_job_id_job_order")
        ),
        sa.ForeignKeyConstraint(
            ["work_unit_id"],
            ["equipment.id"],
            name=op.f("fk_quantity_move_work_unit_id_equipment"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quantity_move")),
        sa.UniqueConstraint("command_id", name=op.f("uq_quantity_move_command_id")),
    )
    with op.batch_alter_table(_TABLE, schema=None) as batch_op:
        batch_op.create_index("ix_quantity_move_work_unit_id_end", ["work_unit_id", "end"])
    for name in _AUDIT_INDEXED:
        op.create_index(f"ix_audit_log_{name}", "audit_log", [name])


def downgrade() -> None:
    """Go down."""
    for name in reversed(_AUDIT_INDEXED):
        op.drop_index(f"ix_audit_log_{name}", table_name="audit_log")
    op.drop_table(_TABLE)

"""Calls for help, and the open ones of each work unit.

Revision: 0014_calls, after: 0013_revision_state
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014_calls"
down_revision = "0013_revision_state"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Go up."""
    _call_event()
    _work_unit_calls()


def downgrade() -> None:
    """Go down."""
    for name in ("work_unit_calls", "call_event"):
        op.drop_table(name)


def _call_event() -> None:
    op.create_table(
        "call_event",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("command_id", sa.String(length=80), nullable=False),
        sa.Column("call_id", sa.String(length=80), nullable=False),
        sa.Column("work_unit_id", _ID, nullable=False),
        sa.Column("action", sa.String(length=80), nullable=False),
        sa.Column("kind", sa.String(length=80), nullable=False),
        sa.Column("levels", sa.JSON(), nullable=False),
        sa.Column("expected_at", sa.BigInteger(), nullable=True),
        sa.Column("note", sa.String(length=2000), nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("who", sa.String(length=80), nullable=False),
        sa.Column("actor", sa.JSON(), nullable=False),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["work_unit_id"], ["equipment.id"], name=op.f("fk_call_event_work_unit_id_equipment")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call_event")),
        sa.UniqueConstraint("command_id", name=op.f("uq_call_event_command_id")),
    )
    with op.batch_alter_table("call_event", schema=None) as batch_op:
        batch_op.create_index("ix_call_event_work_unit_id_at", ["work_unit_id", "at"])
        batch_op.create_index("ix_call_event_call_id", ["call_id"])


def _work_unit_calls() -> None:
    op.create_table(
        "work_unit_calls",
        sa.Column("work_unit_id", _ID, autoincrement=False, nullable=False),
        sa.Column("calls", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["work_unit_id"],
            ["equipment.id"],
            name=op.f("fk_work_unit_calls_work_unit_id_equipment"),
        ),
        sa.PrimaryKeyConstraint("work_unit_id", name=op.f("pk_work_unit_calls")),
    )

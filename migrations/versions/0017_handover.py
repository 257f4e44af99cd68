"""Handovers of shifts and comments on hours of a line.

Revision: 0017_handover, after: 0016_targets_views
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017_handover"
down_revision = "0016_targets_views"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Go up."""
    _handover_event()
    _hour_comment()


def downgrade() -> None:
    """Go down."""
    for name in ("hour_comment", "handover_event"):
        op.drop_table(name)


def _handover_event() -> None:
    op.create_table(
        "handover_event",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("command_id", sa.String(length=80), nullable=False),
        sa.Column("equipment_id", _ID, nullable=False),
        sa.Column("production_day", sa.String(length=80), nullable=False),
        sa.Column("shift", sa.String(length=80), nullable=False),
        sa.Column("action", sa.String(length=80), nullable=False),
        sa.Column("replaces", sa.String(length=80), nullable=True),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("who", sa.String(length=80), nullable=False),
        sa.Column("actor", sa.JSON(), nullable=False),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["equipment_id"],
            ["equipment.id"],
            name=op.f("fk_handover_event_equipment_id_equipment"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_handover_event")),
        sa.UniqueConstraint("command_id", name=op.f("uq_handover_event_command_id")),
    )
    with op.batch_alter_table("handover_event", schema=None) as batch_op:
        batch_op.create_index(
            "ix_handover_event_equipment_id_production_day",
            ["equipment_id", "production_day", "shift"],
        )


def _hour_comment() -> None:
    op.create_table(
        "hour_comment",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("command_id", sa.String(length=80), nullable=False),
        sa.Column("equipment_id", _ID, nullable=False),
        sa.Column("hour", sa.BigInteger(), nullable=False),
        sa.Column("text", sa.String(length=2000), nullable=False),
        sa.Column("replaces", sa.String(length=80), nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("who", sa.String(length=80), nullable=False),
        sa.Column("actor", sa.JSON(), nullable=False),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["equipment_id"], ["equipment.id"], name=op.f("fk_hour_comment_equipment_id_equipment")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hour_comment")),
        sa.UniqueConstraint("command_id", name=op.f("uq_hour_comment_command_id")),
    )
    with op.batch_alter_table("hour_comment", schema=None) as batch_op:
        batch_op.create_index("ix_hour_comment_equipment_id_hour", ["equipment_id", "hour"])

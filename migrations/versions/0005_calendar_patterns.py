"""Shift patterns are kept when another takes their place, with when that was.

Going down forgets the patterns that were withdrawn.

Revision: 0005_calendar_patterns, after: 0004_count_decisions
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005_calendar_patterns"
down_revision = "0004_count_decisions"
branch_labels = None
depends_on = None

_UNIQUE = "uq_shift_pattern_calendar_id_valid_from"
_IN_FORCE = "ix_shift_pattern_in_force"


def upgrade() -> None:
    """Go up."""
    with op.batch_alter_table("shift_pattern") as batch:
        batch.add_column(
            sa.Column("recorded_at", sa.BigInteger(), nullable=False, server_default="0")
        )
        batch.add_column(sa.Column("withdrawn_at", sa.BigInteger(), nullable=True))
        batch.drop_constraint(_UNIQUE, type_="unique")
    with op.batch_alter_table("shift_pattern") as batch:
        batch.alter_column("recorded_at", server_default=None)
    op.create_index(
        _IN_FORCE,
        "shift_pattern",
        ["calendar_id", "valid_from"],
        unique=True,
        sqlite_where=sa.text("withdrawn_at IS NULL"),
        postgresql_where=sa.text("withdrawn_at IS NULL"),
    )


def downgrade() -> None:
    """Go down."""
    op.execute("DELETE FROM shift_pattern WHERE withdrawn_at IS NOT NULL")
    op.drop_index(_IN_FORCE, table_name="shift_pattern")
    with op.batch_alter_table("shift_pattern") as batch:
        batch.drop_column("withdrawn_at")
        batch.drop_column("recorded_at")
        batch.create_unique_constraint(_UNIQUE, ["calendar_id", "valid_from"])

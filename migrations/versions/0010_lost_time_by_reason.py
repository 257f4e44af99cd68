"""Roll-up rows say how much of the lost time had which reason.

Rows that lost no time that is told by reason are filled; of the others it is not known until
the web process (`mes.features.ingest.healing`) or `mes rebuild` sums them again.

Revision: 0010_lost_time_by_reason, after: 0009_cleared_records
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010_lost_time_by_reason"
down_revision = "0009_cleared_records"
branch_labels = None
depends_on = None

_TABLES = ("rollup_hour", "rollup_shift")
_LOST = "planned_stop_us + unplanned_stop_us + setup_us + waiting_us"


def upgrade() -> None:
    """Go up."""
    for name in _TABLES:
        op.add_column(name, sa.Column("reasons", sa.JSON(), nullable=True))
        op.execute(f"UPDATE {name} SET reasons = '{{}}' WHERE {_LOST} = 0")  # noqa: S608 - our names


def downgrade() -> None:
    """Go down."""
    for name in reversed(_TABLES):
        op.drop_column(name, "reasons")

"""PostgreSQL sums whole numbers without leaving them.

Revision: 0011_whole_sum, after: 0010_lost_time_by_reason
"""

from __future__ import annotations

from alembic import op

revision = "0011_whole_sum"
down_revision = "0010_lost_time_by_reason"
branch_labels = None
depends_on = None

_AGGREGATE = "whole_sum(bigint)"
_PARTS = "SFUNC = int8pl, STYPE = bigint, INITCOND = '0', COMBINEFUNC = int8pl, PARALLEL = SAFE"


def upgrade() -> None:
    """Go up."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute(f"CREATE AGGREGATE {_AGGREGATE} ({_PARTS})")


def downgrade() -> None:
    """Go down."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute(f"DROP AGGREGATE {_AGGREGATE}")

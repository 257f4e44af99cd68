"""A terminal keeps when it was last heard of.

Revision: 0015_terminal_seen, after: 0014_calls
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015_terminal_seen"
down_revision = "0014_calls"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go up."""
    with op.batch_alter_table("terminal", schema=None) as batch_op:
        batch_op.add_column(sa.Column("seen_at", sa.BigInteger(), nullable=True))


def downgrade() -> None:
    """Go down."""
    with op.batch_alter_table("terminal", schema=None) as batch_op:
        batch_op.drop_column("seen_at")

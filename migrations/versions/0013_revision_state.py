"""A configuration revision keeps what the sources were in it, so that one can go back to it.

Revisions of before know only their plant file; one cannot go back to them.

Revision: 0013_revision_state, after: 0012_writes
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013_revision_state"
down_revision = "0012_writes"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go up."""
    with op.batch_alter_table("config_revision", schema=None) as batch_op:
        batch_op.add_column(sa.Column("connectivity", sa.JSON(none_as_null=True), nullable=True))


def downgrade() -> None:
    """Go down."""
    with op.batch_alter_table("config_revision", schema=None) as batch_op:
        batch_op.drop_column("connectivity")

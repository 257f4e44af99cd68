"""Records that ingest refused are cleared by a person, with a reason; they stay.

Going down forgets who cleared what; the audit log still tells it.

Revision: 0009_cleared_records, after: 0008_kept_cases
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009_cleared_records"
down_revision = "0008_kept_cases"
branch_labels = None
depends_on = None

_COLUMNS = (
    ("cleared_at", sa.BigInteger()),
    ("cleared_by", sa.JSON()),
    ("cleared_note", sa.String(length=2000)),
)


def upgrade() -> None:
    """Go up."""
    with op.batch_alter_table("quarantine", schema=None) as batch_op:
        for name, kind in _COLUMNS:
            batch_op.add_column(sa.Column(name, kind, nullable=True))


def downgrade() -> None:
    """Go down."""
    with op.batch_alter_table("quarantine", schema=None) as batch_op:
        for name, _ in _COLUMNS:
            batch_op.drop_column(name)

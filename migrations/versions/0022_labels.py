"""Label printers, and lots found by their code.

A new table and an index; no fact is touched. Going down forgets the printers; what waits to be
printed is ended, because nobody would send it any more.

Revision: 0022_labels, after: 0020_work_instructions
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0022_labels"
down_revision = "0020_work_instructions"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Go up."""
    op.create_table(
        "label_printer",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("code", sa.String(length=80), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("host", sa.String(length=2000), nullable=False),
        sa.Column("port", sa.Integer(), nullable=False),
        sa.Column("dpi", sa.Integer(), nullable=False),
        sa.Column("width_mm", sa.Integer(), nullable=False),
        sa.Column("height_mm", sa.Integer(), nullable=False),
        sa.Column("graphics", sa.String(length=80), nullable=False),
        sa.Column("local", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("retired_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_label_printer")),
        sa.UniqueConstraint("code", name=op.f("uq_label_printer_code")),
    )
    op.create_index("ix_quantity_statement_lot", "quantity_statement", ["lot"], unique=False)


def downgrade() -> None:
    """Go down."""
    op.execute(
        "UPDATE outbox SET state = 'failed' WHERE kind = 'label' AND state IN ('waiting', 'sending')"
    )
    op.drop_index("ix_quantity_statement_lot", table_name="quantity_statement")
    op.drop_table("label_printer")

"""Targets of KPIs, and addresses of reports that people named.

Two new tables; no data is touched, nothing is locked.

Revision: 0016_targets_views, after: 0015_terminal_seen
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016_targets_views"
down_revision = "0015_terminal_seen"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Go up."""
    op.create_table(
        "kpi_target",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("equipment_id", _ID, nullable=False),
        sa.Column("kpi", sa.String(length=80), nullable=False),
        sa.Column("target", sa.String(length=40), nullable=True),
        sa.Column("valid_from", sa.BigInteger(), nullable=False),
        sa.Column("set_at", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["equipment_id"], ["equipment.id"], name=op.f("fk_kpi_target_equipment_id_equipment")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_kpi_target")),
        sa.UniqueConstraint(
            "equipment_id",
            "kpi",
            "valid_from",
            "set_at",
            name=op.f("uq_kpi_target_equipment_id_kpi_valid_from_set_at"),
        ),
    )
    op.create_table(
        "saved_view",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("owner", sa.String(length=80), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("address", sa.String(length=2000), nullable=False),
        sa.Column("saved_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_view")),
        sa.UniqueConstraint("owner", "name", name=op.f("uq_saved_view_owner_name")),
    )


def downgrade() -> None:
    """Go down."""
    for name in ("saved_view", "kpi_target"):
        op.drop_table(name)

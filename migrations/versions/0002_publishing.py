"""Signing shifts off: what was published, its revisions, and marks of what must be compared again.

Rows of `published_figure` and `shift_signoff` that an earlier version could not write are kept with
empty values in the new columns.

Revision: 0002_publishing, after: 0001_first_schema
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002_publishing"
down_revision = "0001_first_schema"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_FIGURE_COLUMNS = (
    ("level", sa.String(length=80), "line"),
    ("production_day", sa.String(length=80), ""),
    ("shift", sa.String(length=80), ""),
    ("start", sa.BigInteger(), "0"),
    ("end", sa.BigInteger(), "0"),
    ("policy_version", sa.Integer(), "1"),
    ("policy_definition", sa.JSON(), "{}"),
    ("basis", sa.JSON(), "{}"),
    ("fingerprint", sa.String(length=80), ""),
    ("cause", sa.JSON(), "{}"),
    ("actor", sa.JSON(), "{}"),
)
_SIGNOFF_COLUMNS = (
    ("kind", sa.String(length=80), "signoff"),
    ("start", sa.BigInteger(), "0"),
    ("end", sa.BigInteger(), "0"),
    ("checklist", sa.JSON(), "[]"),
)


def upgrade() -> None:
    """Go up."""
    op.execute(sa.text("DELETE FROM published_figure"))  # no earlier version wrote a row
    with op.batch_alter_table("published_figure", schema=None) as batch_op:
        for name, kind, default in _FIGURE_COLUMNS:
            batch_op.add_column(sa.Column(name, kind, nullable=False, server_default=default))
        batch_op.add_column(sa.Column("equipment_id", _ID, nullable=False))
        batch_op.add_column(sa.Column("line_id", _ID, nullable=False))
        for name in ("equipment_id", "line_id"):
            batch_op.create_foreign_key(
                batch_op.f(f"fk_published_figure_{name}_equipment"), "equipment", [name], ["id"]
            )
        batch_op.create_index("ix_published_figure_equipment_id_end", ["equipment_id", "end"])
    with op.batch_alter_table("shift_signoff", schema=None) as batch_op:
        for name, kind, default in _SIGNOFF_COLUMNS:
            batch_op.add_column(sa.Column(name, kind, nullable=False, server_default=default))
    op.create_table(
        "publication_mark",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("work_unit_id", _ID, nullable=False),
        sa.Column("start", sa.BigInteger(), nullable=False),
        sa.Column("end", sa.BigInteger(), nullable=True),
        sa.Column("causes", sa.JSON(), nullable=False),
        sa.Column("watch", sa.Boolean(), nullable=False),
        sa.Column("marked_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["work_unit_id"],
            ["equipment.id"],
            name=op.f("fk_publication_mark_work_unit_id_equipment"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_publication_mark")),
    )
    with op.batch_alter_table("publication_mark", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_publication_mark_work_unit_id"), ["work_unit_id"], unique=False
        )


def downgrade() -> None:
    """Go down."""
    op.drop_table("publication_mark")
    with op.batch_alter_table("shift_signoff", schema=None) as batch_op:
        for name, _, _ in _SIGNOFF_COLUMNS:
            batch_op.drop_column(name)
    with op.batch_alter_table("published_figure", schema=None) as batch_op:
        batch_op.drop_index("ix_published_figure_equipment_id_end")
        for name in ("equipment_id", "line_id"):
            batch_op.drop_constraint(f"fk_published_figure_{name}_equipment", type_="foreignkey")
            batch_op.drop_column(name)
        for name, _, _ in _FIGURE_COLUMNS:
            batch_op.drop_column(name)

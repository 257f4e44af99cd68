"""Plans of quality checks, their results, and the projection of these for the tiles.

Additive.

Revision: 0019_quality_checks, after: 0018_calls_of_methods
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0019_quality_checks"
down_revision = "0018_calls_of_methods"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Go up."""
    _check_plan()
    _check_result()
    op.create_table(
        "work_unit_checks",
        sa.Column("work_unit_id", _ID, autoincrement=False, nullable=False),
        sa.Column("jobs", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["work_unit_id"],
            ["equipment.id"],
            name=op.f("fk_work_unit_checks_work_unit_id_equipment"),
        ),
        sa.PrimaryKeyConstraint("work_unit_id", name=op.f("pk_work_unit_checks")),
    )


def downgrade() -> None:
    """Go down."""
    for name in ("work_unit_checks", "check_result", "check_plan"):
        op.drop_table(name)


def _check_plan() -> None:
    op.create_table(
        "check_plan",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("code", sa.String(length=80), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("names", sa.JSON(), nullable=False),
        sa.Column("material_id", _ID, nullable=True),
        sa.Column("work_unit_id", _ID, nullable=True),
        sa.Column("segment", sa.Integer(), nullable=True),
        sa.Column("every_pieces", sa.BigInteger(), nullable=True),
        sa.Column("every_us", sa.BigInteger(), nullable=True),
        sa.Column("time_base", sa.String(length=80), nullable=False),
        sa.Column("first_piece", sa.Boolean(), nullable=False),
        sa.Column("middle_piece", sa.Boolean(), nullable=False),
        sa.Column("last_piece", sa.Boolean(), nullable=False),
        sa.Column("grace_pieces", sa.BigInteger(), nullable=False),
        sa.Column("grace_us", sa.BigInteger(), nullable=False),
        sa.Column("characteristics", sa.JSON(), nullable=False),
        sa.Column("valid_from", sa.BigInteger(), nullable=False),
        sa.Column("retired", sa.Boolean(), nullable=False),
        sa.Column("actor", sa.JSON(), nullable=False),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["material_id"],
            ["material_definition.id"],
            name=op.f("fk_check_plan_material_id_material_definition"),
        ),
        sa.ForeignKeyConstraint(
            ["work_unit_id"], ["equipment.id"], name=op.f("fk_check_plan_work_unit_id_equipment")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_check_plan")),
        sa.UniqueConstraint("code", "version", name=op.f("uq_check_plan_code_version")),
    )


def _check_result() -> None:
    op.create_table(
        "check_result",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("command_id", sa.String(length=80), nullable=False),
        sa.Column("work_unit_id", _ID, nullable=False),
        sa.Column("job_order_id", _ID, nullable=True),
        sa.Column("material_id", _ID, nullable=True),
        sa.Column("plan_id", _ID, nullable=False),
        sa.Column("occasion", sa.String(length=80), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("pieces", sa.BigInteger(), nullable=False),
        sa.Column("values", sa.JSON(), nullable=False),
        sa.Column("verdict", sa.String(length=80), nullable=True),
        sa.Column("follow_up", sa.String(length=80), nullable=True),
        sa.Column("note", sa.String(length=2000), nullable=True),
        sa.Column("voids", sa.String(length=80), nullable=True),
        sa.Column("who", sa.String(length=80), nullable=False),
        sa.Column("actor", sa.JSON(), nullable=False),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["work_unit_id"], ["equipment.id"], name=op.f("fk_check_result_work_unit_id_equipment")
        ),
        sa.ForeignKeyConstraint(
            ["job_order_id"], ["job_order.id"], name=op.f("fk_check_result_job_order_id_job_order")
        ),
        sa.ForeignKeyConstraint(
            ["material_id"],
            ["material_definition.id"],
            name=op.f("fk_check_result_material_id_material_definition"),
        ),
        sa.ForeignKeyConstraint(
            ["plan_id"], ["check_plan.id"], name=op.f("fk_check_result_plan_id_check_plan")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_check_result")),
        sa.UniqueConstraint("command_id", name=op.f("uq_check_result_command_id")),
    )
    with op.batch_alter_table("check_result", schema=None) as batch_op:
        batch_op.create_index("ix_check_result_work_unit_id_at", ["work_unit_id", "at"])
        batch_op.create_index("ix_check_result_plan_id_at", ["plan_id", "at"])
        batch_op.create_index("ix_check_result_at", ["at"])
        batch_op.create_index("ix_check_result_voids", ["voids"])

"""The allow-list of writes to machines, and every write that was asked for.

Revision: 0012_writes, after: 0011_whole_sum
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012_writes"
down_revision = "0011_whole_sum"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Go up."""
    op.create_table(
        "write_permission",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("tag_id", _ID, nullable=False),
        sa.Column("rule", sa.JSON(), nullable=False),
        sa.Column("retired_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["tag_id"], ["tag.id"], name=op.f("fk_write_permission_tag_id_tag")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_write_permission")),
        sa.UniqueConstraint("tag_id", name=op.f("uq_write_permission_tag_id")),
    )
    op.create_table(
        "tag_write",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("command_id", sa.String(length=80), nullable=False),
        sa.Column("tag_id", _ID, nullable=False),
        sa.Column("job_order_id", _ID, nullable=True),
        sa.Column("value", sa.JSON(), nullable=False),
        sa.Column("reason", sa.String(length=2000), nullable=False),
        sa.Column("actor", sa.JSON(), nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.Column("sent_at", sa.BigInteger(), nullable=True),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("outcome", sa.String(length=80), nullable=True),
        sa.Column("code", sa.String(length=80), nullable=True),
        sa.Column("detail", sa.String(length=2000), nullable=True),
        sa.Column("before", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("after", sa.JSON(none_as_null=True), nullable=True),
        sa.ForeignKeyConstraint(["tag_id"], ["tag.id"], name=op.f("fk_tag_write_tag_id_tag")),
        sa.ForeignKeyConstraint(
            ["job_order_id"], ["job_order.id"], name=op.f("fk_tag_write_job_order_id_job_order")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tag_write")),
        sa.UniqueConstraint("command_id", name=op.f("uq_tag_write_command_id")),
    )
    with op.batch_alter_table("tag_write", schema=None) as batch_op:
        batch_op.create_index("ix_tag_write_job_order_id", ["job_order_id"])
        batch_op.create_index("ix_tag_write_tag_id_sent_at", ["tag_id", "sent_at"])


def downgrade() -> None:
    """Go down."""
    op.drop_table("tag_write")
    op.drop_table("write_permission")

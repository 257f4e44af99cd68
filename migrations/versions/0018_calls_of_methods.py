"""Methods of machines may be called where the plant's allow-list says so; calls stand with writes.

Additive. Going down forgets the calls that were made; the audit log still tells them.

Revision: 0018_calls_of_methods, after: 0017_handover
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018_calls_of_methods"
down_revision = "0017_handover"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_CHECK = "tag_or_call"
_FOREIGN_KEY = "fk_tag_write_call_id_call_permission"
_INDEX = "ix_tag_write_call_id_sent_at"


def upgrade() -> None:
    """Go up."""
    op.create_table(
        "call_permission",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("source_id", _ID, nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("rule", sa.JSON(), nullable=False),
        sa.Column("retired_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["source_id"], ["source.id"], name=op.f("fk_call_permission_source_id_source")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call_permission")),
        sa.UniqueConstraint("source_id", "name", name=op.f("uq_call_permission_source_id_name")),
    )
    with op.batch_alter_table("tag_write", schema=None) as batch_op:
        batch_op.alter_column("tag_id", existing_type=_ID, nullable=True)
        batch_op.add_column(sa.Column("call_id", _ID, nullable=True))
        batch_op.create_foreign_key(op.f(_FOREIGN_KEY), "call_permission", ["call_id"], ["id"])
        batch_op.create_check_constraint(
            op.f(f"ck_tag_write_{_CHECK}"), "(tag_id IS NULL) <> (call_id IS NULL)"
        )
        batch_op.create_index(_INDEX, ["call_id", "sent_at"])


def downgrade() -> None:
    """Go down."""
    op.execute(sa.text("DELETE FROM tag_write WHERE tag_id IS NULL"))
    with op.batch_alter_table("tag_write", schema=None) as batch_op:
        batch_op.drop_index(_INDEX)
        batch_op.drop_constraint(op.f(f"ck_tag_write_{_CHECK}"), type_="check")
        batch_op.drop_constraint(op.f(_FOREIGN_KEY), type_="foreignkey")
        batch_op.drop_column("call_id")
        batch_op.alter_column("tag_id", existing_type=_ID, nullable=False)
    op.drop_table("call_permission")

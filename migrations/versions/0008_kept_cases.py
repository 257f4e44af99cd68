"""The cases that a published figure was made of are kept with it.

What was published before has none; going down forgets them.

Revision: 0008_kept_cases, after: 0007_line_calendars
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008_kept_cases"
down_revision = "0007_line_calendars"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go up."""
    op.create_table(
        "case_file",
        sa.Column("digest", sa.String(length=80), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_case_file")),
    )
    with op.batch_alter_table("published_figure") as batch:
        batch.add_column(sa.Column("cases", sa.JSON(), nullable=False, server_default="{}"))
    with op.batch_alter_table("published_figure") as batch:
        batch.alter_column("cases", server_default=None)


def downgrade() -> None:
    """Go down."""
    with op.batch_alter_table("published_figure") as batch:
        batch.drop_column("cases")
    op.drop_table("case_file")

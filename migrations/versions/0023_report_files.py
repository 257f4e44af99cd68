"""Schedules of report files, what became of their periods, and notes about moments.

Three new tables; no fact is touched. Going down forgets them; files that were made stay on disk.

Revision: 0023_report_files, after: 0022_labels
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0023_report_files"
down_revision = "0022_labels"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_CODE, _TEXT = sa.String(length=80), sa.String(length=2000)


def upgrade() -> None:
    """Go up."""
    op.create_table(
        "report_schedule",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("command_id", _CODE, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("kind", _CODE, nullable=False),
        sa.Column("place", _CODE, nullable=False),
        sa.Column("period", _CODE, nullable=False),
        sa.Column("policy", _CODE, nullable=True),
        sa.Column("language", _CODE, nullable=False),
        sa.Column("folder", _CODE, nullable=False),
        sa.Column("delay_min", sa.Integer(), nullable=False),
        sa.Column("kept", sa.Integer(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report_schedule")),
        sa.UniqueConstraint("command_id", name=op.f("uq_report_schedule_command_id")),
    )
    op.create_table(
        "report_file",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("schedule_id", _ID, nullable=False),
        sa.Column("period_key", _CODE, nullable=False),
        sa.Column("start", sa.BigInteger(), nullable=False),
        sa.Column("end", sa.BigInteger(), nullable=False),
        sa.Column("state", _CODE, nullable=False),
        sa.Column("name", _TEXT, nullable=True),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("standing", _TEXT, nullable=True),
        sa.Column("reason", _TEXT, nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("next_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["schedule_id"],
            ["report_schedule.id"],
            name=op.f("fk_report_file_schedule_id_report_schedule"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report_file")),
        sa.UniqueConstraint(
            "schedule_id", "period_key", name=op.f("uq_report_file_schedule_id_period_key")
        ),
    )
    op.create_table(
        "moment_note",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("command_id", _CODE, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("tag_id", _ID, nullable=True),
        sa.Column("text", _TEXT, nullable=False),
        sa.Column("voids", _ID, nullable=True),
        sa.Column("actor", sa.JSON(), nullable=False),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["tag_id"], ["tag.id"], name=op.f("fk_moment_note_tag_id_tag")),
        sa.ForeignKeyConstraint(
            ["voids"], ["moment_note.id"], name=op.f("fk_moment_note_voids_moment_note")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_moment_note")),
        sa.UniqueConstraint("command_id", name=op.f("uq_moment_note_command_id")),
        sa.UniqueConstraint("voids", name=op.f("uq_moment_note_voids")),
    )
    op.create_index("ix_moment_note_at", "moment_note", ["at"], unique=False)


def downgrade() -> None:
    """Go down."""
    op.drop_index("ix_moment_note_at", table_name="moment_note")
    op.drop_table("moment_note")
    op.drop_table("report_file")
    op.drop_table("report_schedule")

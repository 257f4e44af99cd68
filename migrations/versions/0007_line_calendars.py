"""Which calendar a line has from which production day on, in rows of their own.

Going down forgets the assignments that were withdrawn.

Revision: 0007_line_calendars, after: 0006_quantity_moves
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0007_line_calendars"
down_revision = "0006_quantity_moves"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_TABLE = "line_calendar"
_IN_FORCE = "ix_line_calendar_in_force"
_FIRST_DAY = "0001-01-01"
_equipment = sa.table(
    "equipment",
    sa.column("id", _ID),
    sa.column("level", sa.String),
    sa.column("settings", sa.JSON),
)
_calendar = sa.table("calendar", sa.column("id", _ID), sa.column("code", sa.String))
_rows = sa.table(
    _TABLE,
    sa.column("line_id", _ID),
    sa.column("calendar_id", _ID),
    sa.column("valid_from", sa.String),
    sa.column("recorded_at", sa.BigInteger),
    sa.column("withdrawn_at", sa.BigInteger),
)


def upgrade() -> None:
    """Go up."""
    op.create_table(
        _TABLE,
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("line_id", _ID, nullable=False),
        sa.Column("calendar_id", _ID, nullable=True),
        sa.Column("valid_from", sa.String(length=80), nullable=False),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.Column("withdrawn_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["line_id"], ["equipment.id"], name=op.f("fk_line_calendar_line_id_equipment")
        ),
        sa.ForeignKeyConstraint(
            ["calendar_id"], ["calendar.id"], name=op.f("fk_line_calendar_calendar_id_calendar")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_line_calendar")),
    )
    op.create_index(
        _IN_FORCE,
        _TABLE,
        ["line_id", "valid_from"],
        unique=True,
        sqlite_where=sa.text("withdrawn_at IS NULL"),
        postgresql_where=sa.text("withdrawn_at IS NULL"),
    )
    connection = op.get_bind()
    ids = {row.code: row.id for row in connection.execute(sa.select(_calendar))}
    for line_id, settings in list(_lines(connection)):
        held = settings.get("calendars") or [[_FIRST_DAY, settings.get("calendar")]]
        for valid_from, code in held:
            connection.execute(
                sa.insert(_rows).values(
                    line_id=line_id,
                    calendar_id=ids.get(code),
                    valid_from=valid_from,
                    recorded_at=0,
                    withdrawn_at=None,
                )
            )
        kept = {k: v for k, v in settings.items() if k not in ("calendar", "calendars")}
        _keep(connection, line_id, kept)


def downgrade() -> None:
    """Go down."""
    connection = op.get_bind()
    codes = {row.id: row.code for row in connection.execute(sa.select(_calendar))}
    dated: dict[int, list[list[str | None]]] = defaultdict(list)
    in_force = sa.select(_rows).where(_rows.c.withdrawn_at.is_(None))
    for row in connection.execute(in_force.order_by(_rows.c.valid_from)):
        dated[row.line_id].append([row.valid_from, codes.get(row.calendar_id)])
    for line_id, settings in list(_lines(connection)):
        held = dated.get(line_id) or [[_FIRST_DAY, None]]
        more = {"calendars": held} if len(held) > 1 else {}
        _keep(connection, line_id, {**settings, "calendar": held[-1][1], **more})
    op.drop_index(_IN_FORCE, table_name=_TABLE)
    op.drop_table(_TABLE)


def _lines(connection: sa.Connection) -> Iterator[tuple[int, Mapping[str, Any]]]:
    query = sa.select(_equipment.c.id, _equipment.c.settings)
    for row in connection.execute(query.where(_equipment.c.level == "work_center")):
        yield row.id, row.settings or {}


def _keep(connection: sa.Connection, line_id: int, settings: Mapping[str, Any]) -> None:
    connection.execute(
        sa.update(_equipment).where(_equipment.c.id == line_id).values(settings=dict(settings))
    )

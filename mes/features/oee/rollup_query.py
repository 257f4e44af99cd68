"""The statements that read roll-up rows: sums by work unit, period and group, added by SQL.

Two forms: the dozen columns that a policy's KPIs need (many results at once), and all columns by
item (whole tallies). Rows that hold no plain whole numbers are read apart.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    Table,
    func,
    literal_column,
    select,
)
from sqlalchemy.orm import Session

from mes.core.classes import TimeClass
from mes.core.figures import counts_in, part_of
from mes.core.pieces import Bucket
from mes.core.policies import Part, Policy, RunningOutsidePlan
from mes.core.tally import TOLD_BY_REASON
from mes.features.oee.periods import PeriodKind
from mes.features.oee.whole_sum import WholeSum
from mes.features.production.rollup_row import (
    APART_BITS,
    HELD_BITS,
    OUTSIDE_COLUMNS,
    PIECE_COLUMNS,
    SUM_COLUMNS,
    TIME_COLUMNS,
)
from mes.features.production.statements import table
from mes.models import RollupHour, RollupShift

_HOURS, _SHIFTS = table(RollupHour), table(RollupShift)
_TELLING = ~sum(HELD_BITS.values()) & (2**31 - 1)
"""Bits of `marks` that a reader of sums must know."""
_OFF_PLAN = (TimeClass.NOT_SCHEDULED, TimeClass.BREAK, TimeClass.PLANNED_STOP)


class Group(StrEnum):
    """What the figures of one period are taken apart by."""

    NONE = "none"
    ITEM = "item"
    ORDER = "order"
    SHIFT = "shift"
    CREW = "crew"


_GROUP_COLUMN = {
    Group.ITEM: "material_id",
    Group.ORDER: "job_order_id",
    Group.SHIFT: "shift",
    Group.CREW: "crew",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which rows are wanted, and how they are cut.

    Attributes:
        first: first production day; `last` the last one, included.
    """

    unit_ids: Sequence[int]
    kind: PeriodKind
    first: date
    last: date
    group: Group


RowKey = tuple[Any, ...]
"""Work unit, the columns of the period, that of the group (empty text without one)."""


def period_columns(wanted: Wanted) -> tuple[str, ...]:
    """Names of the columns that tell the period of a row, as `RowKey` holds them."""
    match wanted.kind:
        case PeriodKind.HOUR:
            return ("start", "production_day", "shift")
        case PeriodKind.SHIFT:
            return ("production_day", "shift")
        case _:
            return ("production_day",)


def short_rows(session: Session, wanted: Wanted, policy: Policy) -> Any:
    """(work unit, period..., group, `ShortColumns`...) of every group."""
    rows = _table(wanted)
    columns = [_summed(rows, names) for names in short_columns(policy)]
    found = session.connection().execute(_grouped(wanted, rows, columns))
    return found.cursor.fetchall()  # plain numbers and texts: a year has 18 250 of them


def short_columns(policy: Policy) -> tuple[tuple[str, ...], ...]:
    """The columns that each number of `ShortSums` is the sum of.

    In its order: window, off plan, unknown, PBT, APT, good, scrap, rework, ideal total, ideal good.
    """
    adds = policy.running_outside_plan is RunningOutsidePlan.ADDS
    of_class: dict[TimeClass, list[str]] = {kind: [name] for kind, name in TIME_COLUMNS.items()}
    for kind, name in OUTSIDE_COLUMNS.items():
        of_class[TimeClass.RUNNING if adds else kind].append(name)
    parts = {kind: part_of(kind, policy) for kind in TimeClass}

    def of(*kinds: TimeClass) -> tuple[str, ...]:
        return tuple(name for kind in kinds for name in of_class[kind])

    inside = [k for k in TimeClass if parts[k] in (Part.AVAILABILITY, Part.EFFECTIVENESS)]
    pieces = [columns for bucket, columns in PIECE_COLUMNS.items() if counts_in(bucket, policy)]

    def counted(place: int) -> tuple[str, ...]:
        return tuple(columns[place] for columns in pieces)

    return (
        ("window_us",),
        of(*_OFF_PLAN),
        of(TimeClass.UNKNOWN),
        of(*inside),
        of(*(kind for kind in TimeClass if parts[kind] is Part.EFFECTIVENESS)),
        counted(0),
        counted(1),
        counted(2),
        counted(4),
        counted(5),
    )


def marked_rows(session: Session, wanted: Wanted, *, by_item: bool = False) -> Any:
    """(work unit, period..., group[, item], bits) of rows whose bits say something."""
    rows = _table(wanted)
    keys = [*_keys(wanted, rows), *((rows.c.material_id,) if by_item else ())]
    condition = rows.c.marks != 0 if by_item else rows.c.marks.op("&")(_TELLING) != 0
    query = select(*keys, rows.c.marks).where(*_where(wanted, rows), condition)
    return session.connection().execute(query.distinct())


def whole_rows(session: Session, wanted: Wanted) -> Any:
    """(work unit, period..., group, item, all columns...) of plain rows."""
    rows = _table(wanted)
    columns = [_summed(rows, (name,)) for name in SUM_COLUMNS]
    query = _grouped(wanted, rows, columns, rows.c.material_id)
    return session.connection().execute(query.where(rows.c.exact.is_(None)))


def exact_rows(session: Session, wanted: Wanted) -> Any:
    """(work unit, period..., group, item, tally as JSON) of the rows that are no whole numbers."""
    rows = _table(wanted)
    query = select(*_keys(wanted, rows), rows.c.material_id, rows.c.exact)
    query = query.where(*_where(wanted, rows), rows.c.exact.is_not(None))
    return session.connection().execute(query)


def reason_rows(session: Session, wanted: Wanted) -> Any:
    """(work unit, period..., group, time by class and reason) of rows that lost time.

    The last is None in rows that were summed before it was kept.
    """
    rows = _table(wanted)
    lost = sum((rows.c[TIME_COLUMNS[kind]] for kind in TOLD_BY_REASON), start=_ZERO)
    query = select(*_keys(wanted, rows), rows.c.reasons).where(*_where(wanted, rows), lost > 0)
    return session.connection().execute(query)


def first_rows(session: Session, unit_ids: Sequence[int]) -> dict[int, int]:
    """The first instant that the rows of each work unit speak of."""
    days = (
        select(_SHIFTS.c.work_unit_id, func.min(_SHIFTS.c.production_day).label("day"))
        .where(_SHIFTS.c.work_unit_id.in_(unit_ids))
        .group_by(_SHIFTS.c.work_unit_id)
        .subquery()
    )
    query = (
        select(_SHIFTS.c.work_unit_id, func.min(_SHIFTS.c.start))
        .join(
            days,
            (days.c.work_unit_id == _SHIFTS.c.work_unit_id)
            & (days.c.day == _SHIFTS.c.production_day),
        )
        .group_by(_SHIFTS.c.work_unit_id)
    )
    rows = session.connection().execute(query)
    return {row[0]: row[1] for row in rows}


def apart(bits: int) -> bool:
    """Whether rows with these bits must be added as tallies."""
    return bool(bits & APART_BITS)


def held(bits: int, bucket: Bucket) -> bool:
    """Whether pieces are booked in a bucket."""
    return bool(bits & HELD_BITS[bucket])


def _table(wanted: Wanted) -> Table:
    return _HOURS if wanted.kind is PeriodKind.HOUR else _SHIFTS


def _grouped(
    wanted: Wanted, rows: Table, columns: Sequence[ColumnElement[Any]], *more: ColumnElement[Any]
) -> Select[Any]:
    keys = [*_keys(wanted, rows), *more]
    grouped_by = [key for key in keys if key is not _NO_GROUP]
    return select(*keys, *columns).where(*_where(wanted, rows)).group_by(*grouped_by)


_ZERO: ColumnElement[Any] = literal_column("0")
_ONE: ColumnElement[Any] = literal_column("1")
_NO_GROUP: ColumnElement[Any] = literal_column("''")


def _keys(wanted: Wanted, rows: Table) -> list[ColumnElement[Any]]:
    group = _GROUP_COLUMN.get(wanted.group)
    return [
        rows.c.work_unit_id,
        *(_period(wanted.kind, rows, name) for name in period_columns(wanted)),
        _NO_GROUP if group is None else rows.c[group],
    ]


def _period(kind: PeriodKind, rows: Table, name: str) -> ColumnElement[Any]:
    """Months and years are added by SQL; a quarter is three months, a week seven days."""
    column = rows.c[name]
    if kind in (PeriodKind.MONTH, PeriodKind.QUARTER):
        return func.substr(column, _ONE, literal_column("7"))
    return func.substr(column, _ONE, literal_column("4")) if kind is PeriodKind.YEAR else column


def _where(wanted: Wanted, rows: Table) -> list[ColumnElement[bool]]:
    return [
        rows.c.work_unit_id.in_(wanted.unit_ids),
        rows.c.production_day >= wanted.first.isoformat(),
        rows.c.production_day <= wanted.last.isoformat(),
    ]


def _summed(rows: Table, names: Sequence[str]) -> ColumnElement[Any]:
    if not names:
        return literal_column("0")
    total: ColumnElement[Any] = rows.c[names[0]]
    for name in names[1:]:
        total = total + rows.c[name]
    return WholeSum(total)

"""Items as the page of master data lists them: with rates, since when they hold, and marks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import String, cast, func, or_, select
from sqlalchemy.orm import Session

from mes.features.materials.service import item_mark
from mes.features.plant.export import exported
from mes.models import Equipment, MaterialDefinition, MaterialRate, WorkUnitSetting


@dataclass(frozen=True, slots=True, kw_only=True)
class MachineRate:
    """What a machine makes of an item; it is not made there where `cycle_s` is None.

    Attributes:
        cycle_s: seconds of an ideal cycle.
        pieces: that one cycle makes.
        since: plant time from which on it holds, UTC microseconds; 0: from the beginning; None:
            it never had a rate.
        default: whether the machine makes it while no order is loaded.
    """

    machine: str
    names: Mapping[str, str]
    cycle_s: Decimal | None
    pieces: int
    since: int | None
    default: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedItem:
    """An item; `rates` of machines that make it or make it without an order."""

    code: str
    names: Mapping[str, str]
    unit: str
    retired: bool
    rates: tuple[MachineRate, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemDetail:
    """An item as the form shows it.

    Attributes:
        rates: of every machine in use.
        mark: what a form sends along; empty for a retired item.
    """

    item: ListedItem
    rates: tuple[MachineRate, ...]
    mark: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Machine:
    id: int
    code: str
    names: Mapping[str, str]
    default_item: str | None


def listed_items(session: Session, text: str, limit: int) -> list[ListedItem]:
    """Items by code, those in use first, at most `limit`.

    Args:
        text: part of the code or of a name in either language; empty: all.
    """
    query = select(MaterialDefinition)
    if text:
        names = MaterialDefinition.names
        query = query.where(
            or_(
                MaterialDefinition.code.icontains(text, autoescape=True),
                cast(names["ko"].as_string(), String).icontains(text, autoescape=True),
                cast(names["en"].as_string(), String).icontains(text, autoescape=True),
            )
        )
    rows = session.scalars(
        query.order_by(
            MaterialDefinition.retired_at.is_not(None), func.lower(MaterialDefinition.code)
        ).limit(limit)
    ).all()
    machines = machines_in_use(session)
    rates = _rates(session, [row.id for row in rows])
    return [
        ListedItem(
            code=row.code,
            names=row.names,
            unit=row.unit,
            retired=row.retired_at is not None,
            rates=tuple(
                rate
                for rate in _of_machines(row, machines, rates)
                if rate.cycle_s is not None or rate.default
            ),
        )
        for row in rows
    ]


def item_detail(session: Session, code: str) -> ItemDetail | None:
    """An item with the rates of all machines; None: there is none."""
    row = session.scalar(select(MaterialDefinition).where(MaterialDefinition.code == code))
    if row is None:
        return None
    rates = _of_machines(row, machines_in_use(session), _rates(session, [row.id]))
    item = ListedItem(
        code=code,
        names=row.names,
        unit=row.unit,
        retired=row.retired_at is not None,
        rates=(),
    )
    mark = "" if item.retired else item_mark(exported(session), code) or ""
    return ItemDetail(item=item, rates=tuple(rates), mark=mark)


def no_rates(session: Session) -> tuple[MachineRate, ...]:
    """The machines of a new item."""
    return tuple(
        MachineRate(
            machine=machine.code,
            names=machine.names,
            cycle_s=None,
            pieces=1,
            since=None,
            default=False,
        )
        for machine in machines_in_use(session)
    )


def machines_in_use(session: Session) -> list[_Machine]:
    """Machines in plant order with what they make without an order."""
    latest = (
        select(WorkUnitSetting.work_unit_id, func.max(WorkUnitSetting.valid_from).label("at"))
        .group_by(WorkUnitSetting.work_unit_id)
        .subquery()
    )
    rows = session.execute(
        select(Equipment.id, Equipment.code, Equipment.names, WorkUnitSetting.default_item)
        .outerjoin(latest, latest.c.work_unit_id == Equipment.id)
        .outerjoin(
            WorkUnitSetting,
            (WorkUnitSetting.work_unit_id == Equipment.id)
            & (WorkUnitSetting.valid_from == latest.c.at),
        )
        .where(Equipment.level == "work_unit", Equipment.retired_at.is_(None))
        .order_by(Equipment.position, Equipment.id)
    )
    return [
        _Machine(id=row.id, code=row.code, names=row.names, default_item=row.default_item)
        for row in rows
    ]


def _rates(session: Session, materials: list[int]) -> dict[tuple[int, int | None], MaterialRate]:
    """The newest rate by item and machine."""
    rows = session.scalars(
        select(MaterialRate)
        .where(MaterialRate.material_id.in_(materials))
        .order_by(MaterialRate.valid_from)
    )
    return {(row.material_id, row.work_unit_id): row for row in rows}


def _of_machines(
    row: MaterialDefinition,
    machines: list[_Machine],
    rates: Mapping[tuple[int, int | None], MaterialRate],
) -> list[MachineRate]:
    found = []
    for machine in machines:
        rate = rates.get((row.id, machine.id))
        found.append(
            MachineRate(
                machine=machine.code,
                names=machine.names,
                cycle_s=None if rate is None else rate.ideal_cycle_s,
                pieces=1 if rate is None else rate.pieces_per_cycle,
                since=None if rate is None else rate.valid_from,
                default=machine.default_item == row.code,
            )
        )
    return found

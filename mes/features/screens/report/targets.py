"""Targets of KPIs: those of a place, else of what holds it, up to the plant."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from mes.clock import real_now_us
from mes.core.refusal import Refusal
from mes.features.audit.service import record
from mes.features.production.masters import Masters, Site, in_force
from mes.features.screens.report.places import area_of, units_at
from mes.models import KpiTarget

KPIS = ("oee", "availability", "effectiveness", "quality_ratio")
PERCENT_MAX = 200
"""Highest target in percent; the effectiveness may lie above 100."""


def targets_at(
    session: Session, known: Masters, site: Site, code: str, at: int
) -> dict[str, Fraction]:
    """The targets in force at a place, by KPI; the nearest level that has one decides.

    Args:
        at: plant time, UTC microseconds.
    """
    path = _path(known, site, code)
    rows = session.scalars(
        select(KpiTarget)
        .where(KpiTarget.equipment_id.in_(path))
        .order_by(KpiTarget.valid_from, KpiTarget.id)
    ).all()
    found: dict[str, Fraction] = {}
    for kpi in KPIS:
        for equipment in path:
            held = in_force(
                [row for row in rows if (row.equipment_id, row.kpi) == (equipment, kpi)], at
            )
            if held is not None and held.target is not None:
                found[kpi] = Fraction(held.target)
                break
    return found


def targets_mark(session: Session, known: Masters, code: str) -> str:
    """Which targets at a place somebody saw: another text after each change that counts there."""
    if not known.sites:
        return ""
    path = _path(known, known.sites[0], code)
    newest = session.scalar(select(func.max(KpiTarget.id)).where(KpiTarget.equipment_id.in_(path)))
    return str(newest or 0)


def set_targets(
    session: Session,
    actor: Mapping[str, Any],
    known: Masters,
    code: str,
    given: Mapping[str, str],
    now_us: int,
    seen: str | None = None,
) -> None:
    """Set targets of a place from its present production day on; an empty text takes one away.

    Args:
        given: percent as people type it, by KPI; a KPI that is not there stays as it is.
        seen: mark of the targets that were looked at; None: none were.

    Raises:
        Refusal: `place_unknown` (404), `targets_changed` (409), `target_invalid` (422).
    """
    site = known.sites[0] if known.sites else None
    if site is None:
        raise Refusal("place_unknown", "no plant is loaded yet", status=404)
    units = units_at(known, site, code)
    if not units:
        raise Refusal("place_unknown", f"there is no work unit at {code!r}", status=404)
    if seen is not None and seen != targets_mark(session, known, code):
        raise Refusal("targets_changed", "somebody set targets here meanwhile; look at them")
    wanted = {kpi: _ratio(kpi, text) for kpi, text in given.items() if kpi in KPIS}
    plan = units[0].plan
    start = plan.day_reach(plan.production_day(now_us))[0]
    before = targets_at(session, known, site, code, start)
    equipment = _path(known, site, code)[0]
    changed = {
        kpi: target
        for kpi, target in wanted.items()
        if before.get(kpi) != (None if target is None else Fraction(target))
    }
    for kpi, target in changed.items():
        session.add(
            KpiTarget(
                equipment_id=equipment,
                kpi=kpi,
                target=target,
                valid_from=start,
                set_at=real_now_us(),
                actor=dict(actor),
            )
        )
    if changed:
        old = {kpi: str(float(before[kpi])) for kpi in changed if kpi in before}
        new = {kpi: None if value is None else str(value) for kpi, value in changed.items()}
        record(session, actor, "kpi_target.set", code, {"old": old, "new": new})


def _path(known: Masters, site: Site, code: str) -> list[int]:
    """Ids of a place and of what holds it, from the place up to the plant."""
    path: list[int] = []
    unit_id = known.work_unit_ids.get(code)
    line_id = known.line_ids.get(code)
    if unit_id is not None:
        path.append(unit_id)
        line_id = known.work_units[unit_id].line_id
    area = area_of(known, code)
    if line_id is not None:
        path.append(line_id)
        area_id = known.lines[line_id].area_id
    else:
        area_id = None if area is None else area.id
    if area_id is not None:
        path.append(area_id)
    return [*path, site.id]


def _ratio(kpi: str, text: str) -> Decimal | None:
    typed = text.strip().replace(",", ".").removesuffix("%").strip()
    if not typed:
        return None
    try:
        percent = Decimal(typed)
    except InvalidOperation:
        percent = Decimal("NaN")
    if not (percent.is_finite() and 0 < percent <= PERCENT_MAX) or len(typed) > 8:
        raise Refusal(
            "target_invalid",
            f"{kpi}: write percent from 0 to {PERCENT_MAX}, such as 85",
            status=422,
            field=kpi,
        )
    return percent / 100

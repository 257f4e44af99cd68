"""Items with their rates."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from mes.core.amounts import amount_json
from mes.features.production.master_loading import masters
from mes.features.production.masters import Material, in_force
from mes.models import MaterialDefinition

LIMIT_MAX = 500


def items(
    session: Session, *, text: str | None, after: str | None, limit: int, now: int
) -> tuple[list[dict[str, Any]], str | None]:
    """Items that are not retired by code, and the code to go on after (None: no more).

    Args:
        text: part of the code; None: all.
        after: code of the last item of the page before.
        now: plant time for the rates in force, UTC microseconds.
    """
    limit = max(1, min(limit, LIMIT_MAX))
    query = select(MaterialDefinition.id).where(MaterialDefinition.retired_at.is_(None))
    if after is not None:
        query = query.where(MaterialDefinition.code > after)
    if text:
        query = query.where(MaterialDefinition.code.icontains(text, autoescape=True))
    ids = session.scalars(query.order_by(MaterialDefinition.code).limit(limit + 1)).all()
    known = masters(session)
    codes = {unit.id: unit.code for unit in known.work_units.values()}
    found = [_view(known.materials[one], codes, now) for one in ids[:limit]]
    return found, found[-1]["code"] if len(ids) > limit else None


def _view(material: Material, codes: dict[int, str], now: int) -> dict[str, Any]:
    rates = []
    for work_unit_id, dated in material.rates.items():
        rate = in_force(dated, now)
        if rate is not None and rate.ideal_cycle_s is not None:
            rates.append(
                {
                    "work_unit": None if work_unit_id is None else codes.get(work_unit_id),
                    "ideal_cycle_s": amount_json(rate.ideal_cycle_s),
                    "pieces_per_cycle": rate.pieces_per_cycle,
                }
            )
    return {
        "code": material.code,
        "name": dict(material.names),
        "unit": material.unit,
        "rates": rates,
    }

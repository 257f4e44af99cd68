"""What a decision on a suspect count does to the figures of its shift."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from mes.core.case_model import Span
from mes.core.derive.increments import Decided
from mes.core.exact import Number, parse_number
from mes.core.oee import compute
from mes.features.checks.suspects import Suspect
from mes.features.oee.service import known_unit, unit_case
from mes.features.production.master_loading import masters
from mes.features.production.tile import shift_json

KPIS = ("oee", "availability", "effectiveness", "quality_ratio")


def shift_figures(
    session: Session, suspect: Suspect, now: int, assumed: Decided | None = None
) -> dict[str, Any]:
    """The figures of the shift in which a suspect increment ends, so far as it is known.

    Args:
        now: plant time, UTC microseconds.
        assumed: as if this had been decided; None: as it is.
    """
    unit = suspect.unit
    period = unit.plan.period_at(suspect.row.at)
    key = (suspect.row.tag_id, suspect.row.at)
    case = unit_case(
        session,
        known_unit(session, masters(session), unit, now),
        Span(period.start_us, period.end_us),
        assumed=None if assumed is None else {key: assumed},
    )
    result = compute(case).to_json()
    quantities, excluded, kpis = result["quantities"], result["excluded"], result["kpis"]
    assert isinstance(quantities, dict)
    assert isinstance(excluded, dict)
    assert isinstance(kpis, dict)
    return {
        "total": _sum(quantities["PQ"], excluded["PQ"]),
        "good": _sum(quantities["GQ"], excluded["GQ"]),
        "scrap": _sum(quantities["SQ"], excluded["SQ"]),
        **{key: kpis[key] for key in KPIS},
        "flags": result["flags"],
    }


def effect(session: Session, suspect: Suspect, now: int, decided: Decided) -> dict[str, Any]:
    """The figures of the shift as they are, and as they would be after a decision."""
    return {
        "shift": shift_json(suspect.unit, suspect.unit.plan.period_at(suspect.row.at)),
        "now": shift_figures(session, suspect, now),
        "then": shift_figures(session, suspect, now, decided),
    }


def _sum(one: object, other: object) -> Number | str:
    total = parse_number(one) + parse_number(other)
    return total if isinstance(total, int) else str(total)

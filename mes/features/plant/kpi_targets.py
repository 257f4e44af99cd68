"""Targets of KPIs in a plant file: percent, each at the plant, an area, a line or a machine."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, Self

from pydantic import Field, model_validator
from sqlalchemy import select
from sqlalchemy.orm import Session

from mes.clock import real_now_us
from mes.features.plant.parts import Code, Part, Seconds
from mes.features.plant.repair import Problem
from mes.models import Equipment, KpiTarget

TARGET = "target"
"""Kind of an object: the targets of one place."""
KPIS = ("oee", "availability", "effectiveness", "quality_ratio")
PERCENT_MAX = 200
"""As on the page of the report; the effectiveness may lie above 100."""
BEGINNING = 0


class Target(Part):
    """Targets of a place; a KPI that is absent takes the target of what holds the place."""

    place: Code
    oee: Seconds | None = Field(default=None, le=PERCENT_MAX, description="Percent.")
    availability: Seconds | None = Field(default=None, le=PERCENT_MAX, description="Percent.")
    effectiveness: Seconds | None = Field(default=None, le=PERCENT_MAX, description="Percent.")
    quality_ratio: Seconds | None = Field(default=None, le=PERCENT_MAX, description="Percent.")

    @model_validator(mode="after")
    def _one_at_least(self) -> Self:
        if all(getattr(self, kpi) is None for kpi in KPIS):
            raise ValueError("give the percent of one at least: " + ", ".join(KPIS))
        return self


def target_object(target: Target) -> dict[str, Any]:
    """The targets of a place in the normal form: percent as text, by KPI."""
    given = {kpi: getattr(target, kpi) for kpi in KPIS}
    return {kpi: _text(value) for kpi, value in given.items() if value is not None}


def problems_of_targets(
    targets: list[Target], places: Mapping[object, object]
) -> Iterator[Problem]:
    """Places that are not there.

    Args:
        places: codes of the plant, its areas, lines and machines.
    """
    for index, target in enumerate(targets):
        if target.place not in places:
            words = f"there is no plant, area, line or machine {target.place!r}"
            yield ("targets", index, "place"), "place_unknown", words


def stored_targets(session: Session, codes: Mapping[int, str]) -> dict[tuple[str, str], Any]:
    """The targets that hold last, as objects of a plant.

    Args:
        codes: by id, of everything that is not retired, in the order of the plant.
    """
    latest = _latest(session)
    found: dict[tuple[str, str], Any] = {}
    for identity, code in codes.items():
        given = {kpi: latest.get((identity, kpi)) for kpi in KPIS}
        value = {kpi: _text(ratio * 100) for kpi, ratio in given.items() if ratio is not None}
        if value:
            found[TARGET, code] = value
    return found


def write_targets(session: Session, code: str, value: Mapping[str, str], now_us: int) -> None:
    """Bring the targets of a place to what the file says; what differs holds from now on.

    Args:
        value: percent as text by KPI; an absent one is taken away.
    """
    identity = session.scalars(select(Equipment.id).where(Equipment.code == code)).one()
    latest = _latest(session)
    for kpi in KPIS:
        wanted = Decimal(value[kpi]) / 100 if kpi in value else None
        held = (identity, kpi) in latest
        if latest.get((identity, kpi)) == wanted:
            continue
        session.add(
            KpiTarget(
                equipment_id=identity,
                kpi=kpi,
                target=wanted,
                valid_from=now_us if held else BEGINNING,
                set_at=real_now_us(),
                actor={"kind": "plant_file", "label": "plant file"},
            )
        )


def without_lost_targets(plant: dict[str, Any]) -> None:
    """Take targets of places that are gone out of a document, so that a place can be retired."""
    rows = plant.get("targets")
    if not rows:
        return
    lines = plant.get("lines") or []
    places = {
        (plant.get("site") or {}).get("id"),
        *(area["id"] for area in plant.get("areas") or []),
        *(line["id"] for line in lines),
        *(unit["id"] for line in lines for unit in line.get("work_units") or []),
    }
    kept = [row for row in rows if row["place"] in places]
    plant.pop("targets")
    if kept:
        plant["targets"] = kept


def _latest(session: Session) -> dict[tuple[int, str], Decimal | None]:
    rows = session.scalars(select(KpiTarget).order_by(KpiTarget.valid_from, KpiTarget.id))
    return {(row.equipment_id, row.kpi): row.target for row in rows}


def _text(value: Decimal) -> str:
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text

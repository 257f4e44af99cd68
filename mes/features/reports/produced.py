"""What was produced, by item and by order: tables of the production report."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from mes.core.exact import parse_number
from mes.core.instants import parse_instant
from mes.features.oee.rollup_query import Group
from mes.features.reports.grid import (
    COVERAGE,
    Chart,
    ChartKind,
    Column,
    Grid,
    Kind,
    Row,
    Value,
)
from mes.features.screens.report.asked import Chosen
from mes.features.screens.report.frame import Frame
from mes.features.screens.report.groups import grouped_figures
from mes.features.screens.report.links import report_address
from mes.features.screens.report.words import _
from mes.features.work_orders.queries import job_views
from mes.models import JobOrder

KPIS = ("oee", "availability", "effectiveness", "quality_ratio")


def kpi_columns() -> list[Column]:
    """OEE and its factors."""
    return [
        Column(key="oee", label="OEE", kind=Kind.RATIO, bar=True),
        Column(key="availability", label=_("Availability"), kind=Kind.RATIO),
        Column(key="effectiveness", label=_("Performance"), kind=Kind.RATIO),
        Column(key="quality_ratio", label=_("Quality ratio"), kind=Kind.RATIO),
    ]


def kpis_of(result: Mapping[str, Any]) -> list[Value]:
    """OEE and its factors of a result in JSON."""
    return [result["kpis"][key] for key in KPIS]


def items_grid(session: Session, chosen: Chosen, frame: Frame, now_us: int) -> Grid:
    known = chosen.known
    rows = []
    for item in _grouped(session, chosen, Group.ITEM, now_us):
        code = item["group"]["value"] or ""
        material = known.materials.get(known.material_ids.get(code, 0))
        quantities = item["result"]["quantities"]
        if code or parse_number(quantities["PQ"]):
            rows.append(
                Row(
                    values=[
                        code or _("unassigned"),
                        frame.unit_name(material.names) if material else None,
                        *(parse_number(quantities[key]) for key in ("GQ", "SQ", "RQ")),
                        item["result"]["kpis"]["scrap_ratio"],
                        *kpis_of(item["result"]),
                        item["result"]["coverage"],
                    ],
                    links=dict.fromkeys(
                        (*KPIS, "good", "scrap"),
                        report_address(chosen.code, chosen.period, chosen.policy, "item"),
                    ),
                )
            )
    return Grid(
        key="items",
        title=_("Items"),
        columns=[
            Column(key="item", label=_("Item code")),
            Column(key="name", label=_("Item")),
            Column(key="good", label=_("Good"), kind=Kind.PIECES),
            Column(key="scrap", label=_("Reject"), kind=Kind.PIECES),
            Column(key="rework", label=_("Rework"), kind=Kind.PIECES),
            Column(key="scrap_ratio", label=_("Reject rate"), kind=Kind.RATIO),
            *kpi_columns(),
            Column(key=COVERAGE, label=_("Coverage"), kind=Kind.RATIO),
        ],
        rows=rows,
        chart=Chart(kind=ChartKind.COLUMN, category="item", values=["good", "scrap"]),
    )


def orders_grid(session: Session, chosen: Chosen, frame: Frame, now_us: int) -> Grid:
    """The jobs that were worked on in the period, with what was made of them in all."""
    made = {
        item["group"]["value"]: item["result"]
        for item in _grouped(session, chosen, Group.ORDER, now_us)
        if item["group"]["value"]
    }
    jobs = session.scalars(select(JobOrder).where(JobOrder.number.in_(sorted(made)))).all()
    names = {unit.code: frame.unit_name(unit.names) for unit in chosen.known.work_units.values()}
    rows = [
        Row(
            values=[
                job["order"],
                job["job_order"],
                names.get(job["work_unit"], job["work_unit"]),
                frame.unit_name(job["item_name"]),
                parse_number(job["ordered"]),
                parse_number(made[job["job_order"]]["quantities"]["GQ"]),
                parse_number(made[job["job_order"]]["quantities"]["SQ"]),
                parse_number(job["good"]),
                _share(job["good"], job["ordered"]),
                None if job["due"] is None else parse_instant(job["due"]),
                made[job["job_order"]]["coverage"],
            ],
            links=dict.fromkeys(
                ("good", "scrap"),
                report_address(chosen.code, chosen.period, chosen.policy, "order"),
            ),
        )
        for job in job_views(session, jobs)
    ]
    return Grid(
        key="orders",
        title=_("Orders"),
        columns=[
            Column(key="order", label=_("Order")),
            Column(key="job", label=_("Job")),
            Column(key="machine", label=_("Machine")),
            Column(key="item", label=_("Item")),
            Column(key="ordered", label=_("Ordered"), kind=Kind.PIECES),
            Column(key="good", label=_("Good"), kind=Kind.PIECES),
            Column(key="scrap", label=_("Reject"), kind=Kind.PIECES),
            Column(key="made", label=_("Good so far"), kind=Kind.PIECES),
            Column(key="progress", label=_("Progress"), kind=Kind.RATIO, bar=True),
            Column(key="due", label=_("Due"), kind=Kind.TIME),
            Column(key=COVERAGE, label=_("Coverage"), kind=Kind.RATIO),
        ],
        rows=rows,
    )


def _grouped(session: Session, chosen: Chosen, group: Group, now_us: int) -> list[dict[str, Any]]:
    """The figures of all machines of the place, each once, by group."""
    return grouped_figures(
        session, chosen.known, chosen.code, chosen.period, chosen.policy, group, now_us
    )


def _share(part: Any, whole: Any) -> Fraction | None:
    all_of_it = Fraction(parse_number(whole))
    return Fraction(parse_number(part)) / all_of_it if all_of_it else None

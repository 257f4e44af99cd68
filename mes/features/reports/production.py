"""Daily and monthly production report: machines, shifts or days, items, orders, losses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction
from typing import Any

from sqlalchemy.orm import Session

from mes.core.case_model import Span
from mes.core.exact import parse_number
from mes.core.instants import parse_instant
from mes.features.explain.asked import WINDOW_MAX_US
from mes.features.oee.periods import PeriodKind
from mes.features.oee.places import Level
from mes.features.oee.rollup_answer import Request, answer
from mes.features.reports.grid import (
    COVERAGE,
    STATE,
    Chart,
    ChartKind,
    Column,
    Grid,
    Kind,
    Row,
    Value,
)
from mes.features.reports.produced import KPIS, items_grid, kpi_columns, kpis_of, orders_grid
from mes.features.screens.report import words
from mes.features.screens.report.asked import Chosen
from mes.features.screens.report.frame import Frame
from mes.features.screens.report.groups import level_of
from mes.features.screens.report.links import report_address
from mes.features.screens.report.loading import read_page
from mes.features.screens.report.marks import Marks, States, marks_of, worth_of
from mes.features.screens.report.page import ReportPage
from mes.features.screens.report.pareto import Measure, pareto
from mes.features.screens.report.periods import period_of
from mes.features.screens.report.words import _


@dataclass(frozen=True, slots=True, kw_only=True)
class Production:
    """The tables of a production report, and what its figures are worth."""

    grids: Sequence[Grid]
    marks: Marks


def production_report(
    session: Session, chosen: Chosen, frame: Frame, now_us: int, whole: ReportPage | None = None
) -> Production:
    """The tables of a production report, from the figures of every other report.

    Args:
        whole: figures of the place, where they were read already.
    """
    whole = whole or read_page(session, chosen, now_us)
    pages = [_page_of(session, chosen, unit.code, now_us) for unit in chosen.units]
    states = States(session, chosen, now_us)
    marks = marks_of(session, chosen, frame, worth_of(whole))
    return Production(
        grids=[
            _machines(chosen, frame, whole, pages, states, marks.state),
            _parts(session, chosen, frame, states, now_us),
            items_grid(session, chosen, frame, now_us),
            orders_grid(session, chosen, frame, now_us),
            losses_grid(whole, frame),
        ],
        marks=marks,
    )


def worth_columns() -> list[Column]:
    """What a figure is worth: coverage and state."""
    return [
        Column(key=COVERAGE, label=_("Coverage"), kind=Kind.RATIO),
        Column(key=STATE, label=_("State of the figure")),
    ]


def whys(frame: Frame, chosen: Chosen, unit: str, span: Span | None = None) -> dict[str, str]:
    """Where the figures of a machine are explained, by column; of a long time its report."""
    window = span or chosen.period.span
    if window.end - window.start > WINDOW_MAX_US:
        return dict.fromkeys(KPIS, report_address(unit, chosen.period, chosen.policy))
    found = {key: frame.links.why(unit, key, window) for key in KPIS}
    return {
        **found,
        "good": found["quality_ratio"],
        "scrap": found["quality_ratio"],
        "loading": found["oee"],
        "operating": found["availability"],
    }


def losses_grid(page: ReportPage, frame: Frame) -> Grid:
    """The Pareto of losses."""
    pbt_us = page.result.figures.pbt_us
    told = f"{report_address(frame.place, page.period, page.result.policy)}#losses"
    return Grid(
        key="losses",
        title=_("Losses, largest first"),
        columns=[
            Column(key="loss", label=_("Loss")),
            Column(key="minutes", label=_("min"), kind=Kind.MINUTES, bar=True),
            Column(key="count", label=_("Count"), kind=Kind.NUMBER),
            Column(key="pieces", label=_("Pieces"), kind=Kind.PIECES),
            Column(key="points", label=_("Share of loading time"), kind=Kind.RATIO),
            Column(key="factor", label=_("Factor")),
            Column(key="reached", label=_("Cum."), kind=Kind.RATIO),
        ],
        rows=[
            Row(
                values=[
                    words.loss_word(bar.loss, frame.reason_name),
                    bar.loss.us,
                    bar.loss.count,
                    None if bar.pieces is None else round(bar.pieces),
                    bar.loss.us / pbt_us if pbt_us else None,
                    words.factor_word(bar.loss.factor),
                    bar.reached,
                ],
                links={"minutes": told},
            )
            for bar in pareto(page.losses, page.result, Measure.MINUTES)
        ],
        chart=Chart(kind=ChartKind.PARETO, category="loss", values=["minutes", "reached"]),
    )


def _page_of(session: Session, chosen: Chosen, unit: str, now_us: int) -> ReportPage:
    """The report of one of the machines over the same period."""
    units = tuple(one for one in chosen.units if one.code == unit)
    alone = replace(chosen, code=unit, units=units, counted=(unit,))
    return read_page(session, alone, now_us)


def _machines(
    chosen: Chosen,
    frame: Frame,
    whole: ReportPage,
    pages: Sequence[ReportPage],
    states: States,
    state: str,
) -> Grid:
    columns = [
        Column(key="machine", label=_("Machine")),
        Column(key="plan", label=_("Plan"), kind=Kind.NUMBER),
        Column(key="good", label=_("Good"), kind=Kind.PIECES),
        Column(key="attained", label=_("Attainment"), kind=Kind.RATIO, bar=True),
        Column(key="scrap", label=_("Reject"), kind=Kind.PIECES),
        Column(key="scrap_ratio", label=_("Reject rate"), kind=Kind.RATIO),
        Column(key="loading", label=_("Loading time"), kind=Kind.MINUTES),
        Column(key="operating", label=_("Operating time"), kind=Kind.MINUTES),
        Column(key="unclassified", label=_("Unclassified"), kind=Kind.MINUTES),
        *kpi_columns(),
        *worth_columns(),
    ]
    rows = [
        Row(
            values=[
                frame.unit_name(unit.names),
                *_plan_and_good(page),
                *_sums(page),
                states.of_unit(unit, page.result.flags),
            ],
            links={
                "machine": frame.address_of(unit.code),
                **whys(frame, chosen, unit.code),
                "unclassified": f"{report_address(unit.code, chosen.period, chosen.policy)}#losses",
            },
        )
        for unit, page in zip(chosen.units, pages, strict=True)
    ]
    if len(chosen.units) > 1:
        rows.append(
            Row(
                values=[frame.place_name, None, None, None, *_sums(whole), state],
                links=dict.fromkeys(
                    KPIS, report_address(chosen.code, chosen.period, chosen.policy)
                ),
                look="total",
            ),
        )
    return Grid(
        key="machines",
        title=_("Machines"),
        columns=columns,
        rows=rows,
        chart=Chart(kind=ChartKind.COLUMN, category="machine", values=["oee", "attained"]),
        note=_(
            "Plan: what planned time so far makes at the ideal rate. Pieces of different items are"
            " not added up; OEE of a line is that of the machine that its rule names."
        ),
    )


def _plan_and_good(page: ReportPage) -> list[Value]:
    past = [one for one in page.bins if one.good is not None]
    plan = sum((one.plan or Fraction(0) for one in past), Fraction(0))
    good = Fraction(page.result.figures.counted.good)
    return [round(plan) if plan else None, good, good / plan if plan else None]


def _sums(page: ReportPage) -> list[Value]:
    result, figures = page.result, page.result.figures
    single = not page.units
    return [
        figures.counted.scrap if single else None,
        result.kpis["scrap_ratio"] if single else None,
        figures.pbt_us,
        figures.apt_us,
        page.unclassified_us,
        *(result.kpis[key] for key in KPIS),
        result.coverage,
    ]


def _parts(session: Session, chosen: Chosen, frame: Frame, states: States, now_us: int) -> Grid:
    """Shifts of a shift or day, production days of a longer period."""
    daily = chosen.period.kind in (PeriodKind.SHIFT, PeriodKind.DAY)
    request = Request(
        level=level_of(chosen.known, chosen.code),
        id=chosen.code,
        period=PeriodKind.SHIFT if daily else PeriodKind.DAY,
        first=chosen.period.day.isoformat(),
        last=chosen.period.last_day.isoformat(),
        policy=chosen.policy,
    )
    names = chosen.units[0].shift_names
    alone = request.level is Level.MACHINE  # pieces of several machines are not added up
    rows = []
    for item in answer(session, request, now_us).items:
        period, result = item["period"], item["result"]
        shift = period["shift"] or ""
        if chosen.period.kind is PeriodKind.SHIFT and shift != chosen.period.shift:
            continue
        label = f"{period['first_day']} {frame.unit_name(names.get(shift, {'en': shift}))}".strip()
        rows.append(
            Row(
                values=[
                    label,
                    parse_number(result["quantities"]["GQ"]) if alone else None,
                    parse_number(result["quantities"]["SQ"]) if alone else None,
                    result["iso_us"]["PBT"],
                    result["iso_us"]["APT"],
                    *kpis_of(result),
                    result["coverage"],
                    states.of_item(item),
                ],
                links=_part_links(chosen, frame, item, alone=alone),
            )
        )
    return Grid(
        key="parts",
        title=_("Shifts") if daily else _("Production days"),
        columns=[
            Column(key="part", label=_("Shift") if daily else _("Production day")),
            Column(key="good", label=_("Good"), kind=Kind.PIECES),
            Column(key="scrap", label=_("Reject"), kind=Kind.PIECES),
            Column(key="loading", label=_("Loading time"), kind=Kind.MINUTES),
            Column(key="operating", label=_("Operating time"), kind=Kind.MINUTES),
            *kpi_columns(),
            *worth_columns(),
        ],
        rows=rows,
        chart=Chart(kind=ChartKind.LINE, category="part", values=KPIS),
    )


def _part_links(
    chosen: Chosen, frame: Frame, item: Mapping[str, Any], *, alone: bool
) -> dict[str, str]:
    """Where the figures of a shift or day of the period are explained."""
    period = item["period"]
    span = Span(parse_instant(period["start"]), parse_instant(period["end"]))
    found = period_of(
        chosen.plan,
        PeriodKind(period["kind"]),
        date.fromisoformat(period["first_day"]),
        period["shift"],
    )
    links = {}
    if found is not None:
        links = dict.fromkeys(("part", *KPIS), report_address(chosen.code, found, chosen.policy))
    return {**links, **whys(frame, chosen, chosen.code, span)} if alone else links

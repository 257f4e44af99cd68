"""One KPI of machines, lines, items, crews, shifts or orders side by side, over several periods."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from sqlalchemy.orm import Session

from mes.core.exact import parse_number
from mes.features.explain.asked import WINDOW_MAX_US
from mes.features.oee.periods import PeriodKind
from mes.features.oee.places import Level
from mes.features.oee.rollup_answer import Request, answer
from mes.features.oee.rollup_query import Group
from mes.features.reports.grid import COVERAGE, Chart, ChartKind, Column, Grid, Kind, Row, Value
from mes.features.screens.report.asked import Chosen
from mes.features.screens.report.frame import Frame
from mes.features.screens.report.groups import level_of
from mes.features.screens.report.links import report_address
from mes.features.screens.report.marks import States
from mes.features.screens.report.periods import Period, beside
from mes.features.screens.report.words import _

PERIODS_MAX = 12
"""Most periods side by side."""
PERIODS = 6


class Subject(StrEnum):
    """What is compared."""

    MACHINE = "machine"
    LINE = "line"
    ITEM = "item"
    CREW = "crew"
    SHIFT = "shift"
    ORDER = "order"


class Figure(StrEnum):
    """By which figure."""

    OEE = "oee"
    AVAILABILITY = "availability"
    EFFECTIVENESS = "effectiveness"
    QUALITY = "quality_ratio"
    SCRAP_RATIO = "scrap_ratio"
    GOOD = "good"
    SCRAP = "scrap"
    LOADING = "loading"
    OPERATING = "operating"


_KINDS = {
    Figure.GOOD: Kind.PIECES,
    Figure.SCRAP: Kind.PIECES,
    Figure.LOADING: Kind.MINUTES,
    Figure.OPERATING: Kind.MINUTES,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What is compared by which figure over how many periods."""

    subject: Subject
    figure: Figure
    count: int

    @classmethod
    def asked(cls, subject: str, figure: str, count: str) -> Comparison:
        """What an address asks for; anything unknown is the default."""
        number = int(count) if count.isascii() and count.isdigit() else PERIODS
        return cls(
            subject=Subject(subject) if subject in set(Subject) else Subject.MACHINE,
            figure=Figure(figure) if figure in set(Figure) else Figure.OEE,
            count=min(max(number, 2), PERIODS_MAX),
        )


def compared(
    session: Session, chosen: Chosen, frame: Frame, asked: Comparison, now_us: int
) -> list[Grid]:
    """The comparison, and every figure of the last period beside the one before.

    Raises:
        Refusal: `range_too_long` (422).
    """
    periods = [chosen.period]
    while len(periods) < asked.count:
        before = beside(chosen.plan, periods[0], -1)
        if before is None:
            break
        periods.insert(0, before)
    request = _request(chosen, asked.subject, periods[0].day, periods[-1].last_day)
    items = answer(session, request, now_us).items
    shifts = dict(frame.shifts)
    labels = [_label(chosen.period.kind, one.day, one.shift, shifts) for one in periods]
    found: dict[str, dict[str, Any]] = {}
    held = {unit.code for unit in chosen.units} | {unit.line_code for unit in chosen.units}
    for item in items:
        key = _key(asked.subject, item)
        if asked.subject in (Subject.MACHINE, Subject.LINE) and key not in held:
            continue
        shift = item["period"]["shift"] if chosen.period.kind is PeriodKind.SHIFT else None
        day = date.fromisoformat(item["period"]["first_day"])
        label = _label(chosen.period.kind, day, shift, shifts)
        if label in labels:
            found.setdefault(key, {})[label] = item["result"]
    name = _namer(chosen, frame, asked.subject)
    told = dict(zip(labels, periods, strict=True))
    states = States(session, chosen, now_us)
    ways = _Ways(chosen=chosen, frame=frame, subject=asked.subject)
    return [
        _matrix(asked, told, found, name, ways),
        _worth(asked, told, found, name, chosen, states),
        _all_figures(asked, labels[-2:], found, name, ways, told[labels[-1]]),
    ]


def subject_word(subject: Subject) -> str:
    """What a subject is called."""
    return {
        Subject.MACHINE: _("Machine"),
        Subject.LINE: _("Line"),
        Subject.ITEM: _("Item"),
        Subject.CREW: _("Crew"),
        Subject.SHIFT: _("Shift"),
        Subject.ORDER: _("Order"),
    }[subject]


def figure_word(figure: Figure) -> str:
    """What a figure is called."""
    return {
        Figure.OEE: "OEE",
        Figure.AVAILABILITY: _("Availability"),
        Figure.EFFECTIVENESS: _("Performance"),
        Figure.QUALITY: _("Quality ratio"),
        Figure.SCRAP_RATIO: _("Reject rate"),
        Figure.GOOD: _("Good"),
        Figure.SCRAP: _("Reject"),
        Figure.LOADING: _("Loading time"),
        Figure.OPERATING: _("Operating time"),
    }[figure]


def _request(chosen: Chosen, subject: Subject, first: date, last: date) -> Request:
    of_places = {Subject.MACHINE: Level.MACHINE, Subject.LINE: Level.LINE}
    grouped = {
        Subject.ITEM: Group.ITEM,
        Subject.CREW: Group.CREW,
        Subject.SHIFT: Group.SHIFT,
        Subject.ORDER: Group.ORDER,
    }
    whole = subject in of_places
    return Request(
        level=of_places.get(subject) or level_of(chosen.known, chosen.code),
        id=None if whole else chosen.code,
        period=chosen.period.kind,
        first=first.isoformat(),
        last=last.isoformat(),
        group=Group.NONE if whole else grouped[subject],
        policy=chosen.policy,
    )


def _key(subject: Subject, item: dict[str, Any]) -> str:
    if subject in (Subject.MACHINE, Subject.LINE):
        return str(item["id"])
    return str(item["group"]["value"] or "")


def _label(kind: PeriodKind, day: date, shift: str | None, shifts: Mapping[str, str]) -> str:
    if kind is PeriodKind.SHIFT:
        return f"{day:%m-%d} {shifts.get(shift or '', shift or '')}".strip()
    if kind is PeriodKind.DAY:
        return f"{day:%m-%d}"
    if kind is PeriodKind.WEEK:
        return _("week %(n)s", n=day.isocalendar().week)
    return f"{day:%Y-%m}"


def _namer(chosen: Chosen, frame: Frame, subject: Subject) -> Callable[[str], str]:
    known = chosen.known

    def name(key: str) -> str:
        if not key:
            return _("none of them")
        if subject is Subject.MACHINE:
            return frame.unit_name(known.work_units[known.work_unit_ids[key]].names)
        if subject is Subject.LINE:
            return frame.unit_name(known.lines[known.line_ids[key]].names)
        if subject is Subject.ITEM:
            material = known.materials.get(known.material_ids.get(key, 0))
            return f"{key} {frame.unit_name(material.names)}" if material else key
        if subject is Subject.SHIFT:
            return frame.unit_name(chosen.units[0].shift_names.get(key, {"en": key}))
        return key

    return name


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ways:
    """Where a figure of a comparison is explained."""

    chosen: Chosen
    frame: Frame
    subject: Subject

    def why(self, key: str, period: Period, kpi: str) -> str | None:
        """Of one machine its explanation, of anything else the report that it is part of."""
        policy = self.chosen.policy
        if self.subject in (Subject.MACHINE, Subject.LINE):
            short = period.span.end - period.span.start <= WINDOW_MAX_US
            if self.subject is Subject.MACHINE and short:
                return self.frame.links.why(key, kpi, period.span)
            return report_address(key, period, policy)
        return report_address(self.chosen.code, period, policy, self.subject.value)


_WHY = {
    Figure.GOOD: Figure.QUALITY,
    Figure.SCRAP: Figure.QUALITY,
    Figure.SCRAP_RATIO: Figure.QUALITY,
    Figure.LOADING: Figure.OEE,
    Figure.OPERATING: Figure.AVAILABILITY,
}
"""Under which KPI a figure is explained that is none itself."""


def _worth(
    asked: Comparison,
    told: Mapping[str, Period],
    found: dict[str, dict[str, Any]],
    name: Any,
    chosen: Chosen,
    states: States,
) -> Grid:
    """Coverage of each figure of the comparison; the first row says what each period is worth."""
    return Grid(
        key="worth",
        title=_("Coverage and state by period"),
        columns=[
            Column(key="subject", label=subject_word(asked.subject)),
            *(Column(key=label, label=label, kind=Kind.RATIO) for label in told),
        ],
        rows=[
            Row(
                values=[
                    _("State of the figures"),
                    *(_state(found, label, one, chosen, states) for label, one in told.items()),
                ],
                look="words",
            ),
            *(
                Row(values=[name(key), *(_coverage(results.get(label)) for label in told)])
                for key, results in found.items()
            ),
        ],
    )


def _state(
    found: dict[str, dict[str, Any]], label: str, period: Period, chosen: Chosen, states: States
) -> str:
    flags = {flag for results in found.values() for flag in results.get(label, {}).get("flags", ())}
    return states.of_place(chosen.code, period.span, flags)


def _coverage(result: dict[str, Any] | None) -> float | None:
    return None if result is None else result["coverage"]


def _links(pairs: Iterable[tuple[str, str | None]]) -> dict[str, str]:
    return {key: link for key, link in pairs if link is not None}


def _matrix(
    asked: Comparison,
    told: Mapping[str, Period],
    found: dict[str, dict[str, Any]],
    name: Any,
    ways: _Ways,
) -> Grid:
    labels = list(told)
    kpi = _WHY.get(asked.figure, asked.figure).value
    kind = _KINDS.get(asked.figure, Kind.RATIO)
    return Grid(
        key="comparison",
        title=_("%(figure)s by period", figure=figure_word(asked.figure)),
        columns=[
            Column(key="subject", label=subject_word(asked.subject)),
            *(Column(key=label, label=label, kind=kind, bar=True) for label in labels),
        ],
        rows=[
            Row(
                values=[
                    name(key),
                    *(_value(asked.figure, results.get(label)) for label in labels),
                ],
                links=_links(
                    (label, ways.why(key, period, kpi))
                    for label, period in told.items()
                    if label in results
                ),
            )
            for key, results in found.items()
        ],
        chart=Chart(kind=ChartKind.COLUMN, category="subject", values=labels),
    )


def _all_figures(
    asked: Comparison,
    labels: list[str],
    found: dict[str, dict[str, Any]],
    name: Any,
    ways: _Ways,
    period: Period,
) -> Grid:
    """Every figure of the last period, and how much it differs from the one before."""
    columns = [Column(key="subject", label=subject_word(asked.subject))]
    for figure in Figure:
        kind = _KINDS.get(figure, Kind.RATIO)
        columns.append(Column(key=figure.value, label=figure_word(figure), kind=kind))
        if figure in (Figure.OEE, Figure.AVAILABILITY, Figure.EFFECTIVENESS, Figure.QUALITY):
            columns.append(Column(key=f"{figure.value}_gain", label="±", kind=kind, gain=True))
    columns.append(Column(key=COVERAGE, label=_("Coverage"), kind=Kind.RATIO))
    rows = []
    for key, results in found.items():
        if labels[-1] not in results:
            continue
        values: list[Value] = [name(key)]
        for figure in Figure:
            now, before = (_value(figure, results.get(one)) for one in (labels[-1], labels[0]))
            values.append(now)
            if figure in (Figure.OEE, Figure.AVAILABILITY, Figure.EFFECTIVENESS, Figure.QUALITY):
                both = isinstance(now, float) and isinstance(before, float)
                values.append(now - before if both else None)  # type: ignore[operator] # both
        values.append(_coverage(results[labels[-1]]))
        links = _links(
            (figure.value, ways.why(key, period, _WHY.get(figure, figure).value))
            for figure in Figure
        )
        rows.append(Row(values=values, links=links))
    return Grid(
        key="figures",
        title=_("All figures of %(period)s", period=labels[-1]),
        columns=columns,
        rows=rows,
        note=_("± is the difference from the period before, in points."),
    )


def _value(figure: Figure, result: dict[str, Any] | None) -> Value:
    if result is None:
        return None
    match figure:
        case Figure.GOOD:
            return parse_number(result["quantities"]["GQ"])
        case Figure.SCRAP:
            return parse_number(result["quantities"]["SQ"])
        case Figure.LOADING:
            return int(result["iso_us"]["PBT"])
        case Figure.OPERATING:
            return int(result["iso_us"]["APT"])
        case _:
            value: float | None = result["kpis"][figure.value]
            return value

"""The report page in words and printed numbers, as `report.html` takes it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from fractions import Fraction

from flask_babel import format_date, get_locale

from mes.core.case_model import Span
from mes.core.instants import format_instant
from mes.features.oee.periods import label
from mes.features.oee.service import CASE_MAX_US
from mes.features.screens.report import charts, words
from mes.features.screens.report.frame import Frame, Shown
from mes.features.screens.report.links import Links
from mes.features.screens.report.losses import STOPS_MAX_US, shown_pareto, shown_stops
from mes.features.screens.report.page import ReportPage, UnitRow
from mes.features.screens.report.pareto import Measure
from mes.features.screens.report.periods import KINDS, Period, PeriodKind
from mes.features.screens.report.words import _

WHY = ("oee", "availability", "effectiveness", "quality_ratio")
"""KPIs that the table of machines explains."""


def shown_report(
    page: ReportPage,
    frame: Frame,
    units: Sequence[str],
    counted: Sequence[str],
    *,
    targets: Mapping[str, Fraction],
    measure: Measure,
) -> Shown:
    """Everything the template prints.

    Args:
        units: codes of the work units of the place.
        counted: codes of those that the figures are made of.
        targets: by KPI; absent: it has none.
        measure: what the Pareto of losses is drawn by.
    """
    result = page.result
    return {
        **shown_frame(frame, page.period),
        "subtitle": _subtitle(page, frame),
        "provisional": page.provisional,
        "coverage": words.percent(result.coverage),
        "unclassified": words.minutes(page.unclassified_us) if page.unclassified_us else None,
        "flags": [words.flag_word(flag) for flag in result.flags],
        "figures": _figures(page, frame.links, counted, targets),
        "figure_of": _figure_of(page, frame),
        "steps": charts.shown_steps(page, frame.reason_name),
        **shown_pareto(page, frame, measure),
        "lost": words.minutes(sum((loss.us for loss in page.losses), Fraction(0))),
        "longest": shown_stops(page, frame),
        "formula": _formula(page),
        "inputs": _inputs(page),
        "points": charts.shown_points(page, frame.reason_name),
        "missing": words.percent(None if result.kpis["oee"] is None else 1 - result.kpis["oee"]),
        "evidence": _evidence(frame, counted),
        "excel": frame.links.excel(),
        "csv": frame.links.csv(),
        "stops": _stops(page, frame, units),
        **charts.shown_bins(
            page,
            frame.zone,
            lambda start, end: frame.links.why(units[0], "oee", Span(start, end)),
        ),
        **charts.shown_strip(page, frame.zone),
        "units": [
            _unit(row, frame, page.period.span.end - page.period.span.start > CASE_MAX_US)
            for row in page.units
        ],
    }


def _figure_of(page: ReportPage, frame: Frame) -> str | None:
    """Of which machines the figure is; None: of all that are shown."""
    counted = [row for row in page.units if row.counts]
    if len(counted) == len(page.units):
        return None
    if len(counted) == 1:
        return _("Figure of %(machine)s", machine=frame.unit_name(counted[0].place.names))
    return _("Figure of %(n)s of %(all)s machines", n=len(counted), all=len(page.units))


def _evidence(frame: Frame, units: Sequence[str]) -> list[tuple[str, str]]:
    address = frame.links.evidence()
    if address is None:
        return []
    if frame.links.evidence_in_parts:
        return [(_("Evidence: case files in parts (ZIP)"), address)]
    if len(units) == 1:
        return [(_("Evidence: case file"), address)]
    return [(_("Evidence: case files of all machines"), address)]


def _stops(page: ReportPage, frame: Frame, units: Sequence[str]) -> Shown | None:
    """The machine and the window whose stops are listed; None: of several, or a long period."""
    span = page.period.span
    if len(units) != 1 or span.end - span.start > STOPS_MAX_US:
        return None
    return {
        "unit": {"code": units[0], "name": frame.place_name},
        "from": format_instant(span.start),
        "to": format_instant(max(span.start, min(span.end, page.as_of))),
    }


def shown_frame(frame: Frame, period: Period) -> Shown:
    """What the page shows also when there is no figure."""
    return {
        "title": f"{frame.place_name} · {period_words(period, dict(frame.shifts))}",
        "subtitle": "",
        "trail": frame.trail,
        "places": frame.places,
        "place": frame.place,
        "kinds": [(kind.value, words.period_word(kind.value)) for kind in KINDS],
        "kind": period.kind.value,
        "day": period.day.isoformat(),
        "shifts": frame.shifts if period.kind is PeriodKind.SHIFT else (),
        "shift": period.shift,
        "policies": frame.policies,
        "policy": frame.policy,
        "before": frame.before,
        "after": frame.after,
        "nothing": _("There is no work unit here."),
        "figures": [],
    }


def period_words(period: Period, shifts: Mapping[str, str]) -> str:
    if period.kind is PeriodKind.WEEK:
        return _(
            "week %(first)s – %(last)s",
            first=_day(period.day),
            last=_day(period.last_day),
        )
    if period.kind is PeriodKind.DAY:
        return _day(period.day)
    if period.kind in (PeriodKind.MONTH, PeriodKind.QUARTER, PeriodKind.YEAR):
        return label(period.kind, period.day)
    return f"{_day(period.day)} {shifts.get(period.shift or '', period.shift or '')}"


def _day(day: date) -> str:
    korean = str(get_locale() or "").startswith("ko")
    return str(format_date(day, "M월 d일 (E)" if korean else "E d MMMM"))


def _subtitle(page: ReportPage, frame: Frame) -> str:
    policy = page.result.policy
    span = page.period.span
    at = charts.clock if page.period.kind is PeriodKind.SHIFT else charts.day_and_clock
    return " · ".join(
        (
            f"{at(span.start, frame.zone)} – {at(span.end, frame.zone)}",
            _("profile %(name)s v%(version)s", name=policy.name, version=policy.version),
            _("read %(time)s", time=charts.day_and_clock(page.as_of, frame.zone)),
        )
    )


def _figures(
    page: ReportPage, links: Links, units: Sequence[str], targets: Mapping[str, Fraction]
) -> list[Shown]:
    figures = page.result.figures
    notes = {
        "oee": "",
        "availability": _(
            "operating %(a)s ÷ loading %(b)s min",
            a=words.minutes(figures.apt_us),
            b=words.minutes(figures.pbt_us),
        ),
        "effectiveness": _(
            "net %(a)s ÷ operating %(b)s min",
            a=words.minutes(page.steps[3].us),
            b=words.minutes(figures.apt_us),
        ),
        "quality_ratio": _(
            "good %(a)s ÷ total %(b)s",
            a=words.pieces(figures.counted.good),
            b=words.pieces(figures.counted.total),
        ),
    }
    return [
        {
            **_figure(page, key, label, notes[key]),
            **_against(page, key, targets.get(key)),
            **_ways(links, units, key),
        }
        for key, label in words.kpi_words().items()
    ]


def _against(page: ReportPage, key: str, target: Fraction | None) -> Shown:
    """A figure beside its target."""
    value = page.result.kpis[key]
    gap = None if target is None or value is None else value - target
    return {
        "key": key,
        "target": None if target is None else words.percent(target),
        "target_at": None if target is None else charts.share(target),
        "gap": words.percent(gap, sign=True),
        "gap_direction": charts.direction(gap),
    }


def _ways(links: Links, units: Sequence[str], key: str) -> Shown:
    """Where a figure leads: of one work unit to its page and case, of several to their table."""
    if len(units) != 1:
        return {"case": None, "why": "#machines"}
    return {"case": links.case(units[0]), "why": links.why(units[0], key)}


def _figure(page: ReportPage, key: str, label: str, note: str) -> Shown:
    value, delta = page.result.kpis[key], page.delta(key)
    cause = page.result.causes.get(key)
    before = page.previous.get(key)
    return {
        "label": label,
        "value": words.percent(value),
        "known": value is not None,
        "width": charts.share(value or Fraction(0)),
        "note": words.cause_word(str(cause)) if cause else note,
        "previous": None if before is None else words.percent(before),
        "delta": words.percent(delta, sign=True),
        "direction": charts.direction(delta),
    }


def _formula(page: ReportPage) -> str:
    good_us, pbt_us = page.steps[4].us, page.result.figures.pbt_us
    return _(
        "value adding %(a)s ÷ loading %(b)s min = %(c)s %%",
        a=words.minutes(good_us),
        b=words.minutes(pbt_us),
        c=words.percent(page.result.kpis["oee"]),
    )


def _inputs(page: ReportPage) -> list[tuple[str, str]]:
    counted, excluded = page.result.figures.counted, page.result.figures.excluded
    inputs = [
        (_("Good"), words.pieces(counted.good)),
        (_("Reject"), words.pieces(counted.scrap)),
        (_("Rework"), words.pieces(counted.rework)),
        (_("Loading time"), f"{words.minutes(page.result.figures.pbt_us)} {_('min')}"),
    ]
    if excluded.total:
        inputs.append((_("Left out by the profile"), words.pieces(excluded.total)))
    return inputs


def _unit(row: UnitRow, frame: Frame, long: bool) -> Shown:
    """A row of the table; of a long period its figures lead to the report of the work unit."""
    kpis, address = row.result.kpis, frame.address_of(row.place.code)
    return {
        "code": row.place.code,
        "label": frame.unit_name(row.place.names),
        "counts": row.counts,
        "address": address,
        "case": frame.links.case(row.place.code),
        "why": {key: address if long else frame.links.why(row.place.code, key) for key in WHY},
        **{key: words.percent(kpis[key]) for key in ("oee", "availability")},
        **{key: words.percent(kpis[key]) for key in ("effectiveness", "quality_ratio")},
        "good": words.pieces(row.result.figures.counted.good),
        "coverage": words.percent(row.result.coverage),
        "unclassified": words.minutes(row.unclassified_us) if row.unclassified_us else words.NONE,
    }

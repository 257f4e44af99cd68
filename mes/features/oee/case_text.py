"""A result of a case as text for people; the only place where its numbers are rounded."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from zoneinfo import ZoneInfo

from mes.core.case import Case
from mes.core.exact import Number, decimal_text
from mes.core.instants import format_instant
from mes.core.kpis import KPIS, Kpi
from mes.core.oee import TIME_ORDER, OeeResult
from mes.core.pieces import Pieces


def result_text(title: str, case: Case, result: OeeResult) -> str:
    """Several lines: window, KPIs, times, pieces, coverage and flags."""
    return "\n".join(_lines(title, case, result))


def _lines(title: str, case: Case, result: OeeResult) -> Iterator[str]:
    figures, zone = result.figures, ZoneInfo(case.time_zone)
    start, end = (format_instant(at, zone) for at in (case.window.start, case.window.end))
    yield title
    yield f"window   {start} to {end} ({case.time_zone})"
    if case.as_of != case.window.end:
        yield f"as of    {format_instant(case.as_of, zone)}"
    yield f"policy   {result.policy.name} version {result.policy.version}"
    yield ""
    for kpi in KPIS:
        yield f"  {kpi.names['en']:<28} {_value(kpi, result):>12}   {kpi.formula}"
    yield f"  {'Coverage':<28} {_percent(result.coverage):>12}"
    yield ""
    for kind in TIME_ORDER:
        yield f"  {kind:<28} {_duration(figures.times_us[kind]):>18}"
    yield f"  {'window':<28} {_duration(figures.window_us):>18}"
    yield ""
    yield f"  {'pieces':<28} {_pieces(figures.counted)}"
    yield f"  {'left out by the policy':<28} {_pieces(figures.excluded)}"
    yield f"  {'flags':<28} {', '.join(result.flags) or 'none'}"


def _value(kpi: Kpi, result: OeeResult) -> str:
    value = result.kpis[kpi.key]
    if value is None:
        return result.causes[kpi.key]
    return _percent(value) if kpi.unit == "1" else f"{float(value):,.2f} {kpi.unit}"


def _percent(ratio: Fraction | None) -> str:
    return "none" if ratio is None else f"{float(ratio * 100):.2f} %"


def _duration(length_us: int) -> str:
    minutes, rest_us = divmod(length_us, 60_000_000)
    hours, minutes = divmod(minutes, 60)
    seconds, part_us = divmod(rest_us, 1_000_000)
    return f"{hours}:{minutes:02d}:{seconds:02d}.{part_us:06d}"


def _pieces(pieces: Pieces) -> str:
    def shown(label: str, value: Number) -> str:
        return f"{label} {decimal_text(value)}"

    return ", ".join(
        (
            shown("total", pieces.total),
            shown("good", pieces.good),
            shown("scrap", pieces.scrap),
            shown("rework", pieces.rework),
        )
    )

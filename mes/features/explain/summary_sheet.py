"""The first sheet of the report's spreadsheet: what its page says at the top, with two charts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from mes.core.instants import US_PER_S
from mes.features.explain.workbook import CellValue, Drawing, Minutes, Ratio, local_time
from mes.features.oee.service import known_unit
from mes.features.screens.report import words
from mes.features.screens.report.asked import Chosen, Wanted
from mes.features.screens.report.framing import frame_of
from mes.features.screens.report.loading import links_of
from mes.features.screens.report.marks import Marks, marks_of, worth_of
from mes.features.screens.report.page import ReportPage
from mes.features.screens.report.targets import targets_at
from mes.features.screens.report.view import shown_frame
from mes.features.screens.report.words import _

US_PER_MIN = 60 * US_PER_S
_VALUE, _TARGET, _PREVIOUS = 1, 2, 4
_CHART_ROWS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """What the sheet says.

    Attributes:
        targets: by KPI; absent: it has none.
        title: place and period in words.
    """

    page: ReportPage
    marks: Marks
    targets: Mapping[str, Fraction]
    title: str
    zone: ZoneInfo


def summary_of(
    session: Session, chosen: Chosen, page: ReportPage, language: str, now_us: int
) -> Summary:
    """What the page of the same place and period shows, as values."""
    wanted = Wanted(place=chosen.code, language=language)
    given = [known_unit(session, chosen.known, unit, now_us) for unit in chosen.units]
    frame = frame_of(chosen, wanted, links_of(chosen, wanted, given))
    return Summary(
        page=page,
        marks=marks_of(session, chosen, frame, worth_of(page)),
        targets=targets_at(
            session, chosen.known, chosen.site, chosen.code, chosen.period.span.start
        ),
        title=str(shown_frame(frame, chosen.period)["title"]),
        zone=ZoneInfo(chosen.site.time_zone),
    )


def summary_titles() -> list[str]:
    """Titles of the columns."""
    return [
        _("Figure"),
        _("Value"),
        _("Target"),
        _("Gap to the target"),
        _("Period before"),
        _("Gap to the period before"),
    ]


def summary_rows(summary: Summary) -> Iterator[list[CellValue]]:
    """OEE and its factors, the ladder of times, then what all of it is worth."""
    page = summary.page
    for key, label in words.kpi_words().items():
        yield _figure(page, key, label, summary.targets.get(key))
    yield []
    for step in page.steps:
        name = f"{words.rung_word(step.rung)} {words.RUNG_ISO[step.rung]}"
        yield [f"{name} [{words.minute_unit()}]", Minutes(step.us / US_PER_MIN)]
    yield []
    yield [_("Report"), summary.title]
    yield [_("From, plant time"), local_time(page.period.span.start, summary.zone)]
    yield [_("To, plant time"), local_time(page.period.span.end, summary.zone)]
    yield [_("Known up to, plant time"), local_time(page.as_of, summary.zone)]
    yield [_("KPI profile"), f"{page.result.policy.name} v{page.result.policy.version}"]
    yield [_("State of the figures"), summary.marks.state]
    coverage = summary.marks.coverage
    yield [_("Coverage"), None if coverage is None else Ratio(coverage)]
    for mark in summary.marks.items[1:]:
        yield [_("Mark"), mark.text]


def summary_drawings(summary: Summary) -> list[Drawing]:
    """The figures beside their targets and the period before, and the ladder below them."""
    page, sheet = summary.page, _("Summary")
    held = {
        _VALUE: True,
        _TARGET: bool(summary.targets),
        _PREVIOUS: any(value is not None for value in page.previous.values()),
    }
    ladder = _("Where the time went")
    beside, figures = len(summary_titles()) + 1, len(words.kpi_words())
    return [
        Drawing(
            sheet=sheet,
            title=summary.title,
            rows=figures,
            category=0,
            columns=[column for column, known in held.items() if known],
            beside=beside,
        ),
        Drawing(
            sheet=sheet,
            title=f"{ladder} [{words.minute_unit()}]",
            rows=len(page.steps),
            category=0,
            columns=[_VALUE],
            beside=beside,
            below=1 + _CHART_ROWS,
            first=figures + 2,
            named=False,
        ),
    ]


def _figure(page: ReportPage, key: str, label: str, target: Fraction | None) -> list[CellValue]:
    value, before = page.result.kpis[key], page.previous.get(key)
    return [
        label,
        _ratio(value),
        _ratio(target),
        None if value is None or target is None else Ratio(value - target),
        _ratio(before),
        _ratio(page.delta(key)),
    ]


def _ratio(value: Fraction | None) -> Ratio | None:
    return None if value is None else Ratio(value)

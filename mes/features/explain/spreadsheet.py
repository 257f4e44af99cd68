"""The report as a spreadsheet: figures, class times, groups, stops, quantities, definitions.

Numbers are the kernel's, unrounded; times are those of the plant's zone, with raw microseconds of
UTC beside them; every row of figures names the address of its case file.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from mes.core.case_model import Span
from mes.core.classes import TimeClass
from mes.core.derive.records import ReasonSource
from mes.core.exact import Number
from mes.core.explain import Interval
from mes.core.instants import US_PER_S
from mes.core.kpis import KPIS
from mes.core.oee import OeeResult, result_of
from mes.core.policies import PART_VALUES, Policy
from mes.core.refusal import Refusal
from mes.core.tally import Tally, tally
from mes.features.explain.asked import WINDOW_MAX_US
from mes.features.explain.group_sheet import group_rows, group_titles, kpi_cell, kpi_title
from mes.features.explain.loss_sheet import loss_drawing, loss_rows, loss_titles
from mes.features.explain.people_facts import people_of
from mes.features.explain.queries import Explained, explained_window
from mes.features.explain.summary_sheet import (
    summary_drawings,
    summary_of,
    summary_rows,
    summary_titles,
)
from mes.features.explain.words import bucket_word, state_word
from mes.features.explain.workbook import CellValue, Count, Ratio, Workbook, local_time
from mes.features.oee.addresses import figure_address
from mes.features.oee.service import CASE_DIRECT_US, Known, known_unit, unit_case, unit_tally
from mes.features.production.cases import limit_of
from mes.features.screens.language import name_of
from mes.features.screens.report import words
from mes.features.screens.report.asked import Chosen
from mes.features.screens.report.loading import read_page
from mes.features.screens.report.periods import columns
from mes.features.screens.report.words import _

US_PER_H = 3600 * US_PER_S
FIGURES_MAX = 2_000
"""Most figures (machines times periods) of one spreadsheet."""
_MOVING = (TimeClass.RUNNING, TimeClass.NOT_SCHEDULED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A figure of one machine: of the whole period, or of an hour or day of it."""

    unit: str
    name: str
    kind: str
    span: Span
    sums: Tally
    result: OeeResult


class Spreadsheet:
    """Writes the sheets of one report."""

    def __init__(self, session: Session, chosen: Chosen, language: str, host: str) -> None:
        """Args: host: what the addresses of case files begin with, such as http://mes.local."""
        self._session = session
        self._chosen = chosen
        self._language = language
        self._host = host.rstrip("/")
        self._zone = ZoneInfo(chosen.site.time_zone)

    def write(self, path: Path, now_us: int) -> None:
        """Write the file.

        Raises:
            Refusal: `too_many_rows` (422).
        """
        chosen = self._chosen
        parts = columns(chosen.plan, chosen.period)
        if (len(parts) + 1) * len(chosen.units) > FIGURES_MAX:
            raise Refusal(
                "too_many_rows",
                f"more than {FIGURES_MAX} figures: choose a machine, or a shorter period",
                status=422,
                field="period",
            )
        with Workbook(path, self._titles()) as book:
            for unit in chosen.units:
                given = known_unit(self._session, chosen.known, unit, now_us)
                found = self._explained(given)
                for figure in self._figures(given, found, parts):
                    book.add(_("Figures"), self._figure_row(given, figure))
                    for row in self._class_rows(given, figure):
                        book.add(_("Class times"), row)
                    for row in self._quantity_rows(given, figure):
                        book.add(_("Quantities"), row)
                for row in self._stop_rows(given, found):
                    book.add(_("Stops"), row)
            page = read_page(self._session, chosen, now_us, with_before=True)
            summary = summary_of(self._session, chosen, page, self._language, now_us)
            for row in summary_rows(summary):
                book.add(_("Summary"), row)
            for drawing in summary_drawings(summary):
                book.draw(drawing)
            for row in loss_rows(page, self._reason_name):
                book.add(_("Losses"), row)
            book.draw(loss_drawing(page))
            for row in group_rows(self._session, chosen, self._host, now_us):
                book.add(_("Groups"), row)
            if self._long:
                book.add(_("Stops"), [_("Stops are listed for 35 days at most.")])
            for row in self._definitions():
                book.add(_("Definitions"), row)

    def _reason_name(self, code: str) -> str:
        known = self._chosen.known.reasons
        found = known.get(code) or known.get(code.partition(" (")[0])
        return name_of(found.names, self._language, code) if found else code

    @property
    def _long(self) -> bool:
        """Whether the period is too long for its stops to be listed."""
        span = self._chosen.period.span
        return span.end - span.start > WINDOW_MAX_US

    def _explained(self, given: Known) -> Explained | None:
        """The intervals of the period; None: it is too long."""
        if self._long:
            return None
        return explained_window(self._session, given, self._chosen.period.span, self._chosen.policy)

    def _titles(self) -> dict[str, list[str]]:
        place = [_("Machine"), _("Name"), _("Period")]
        times = [
            _("From, plant time"),
            _("To, plant time"),
            _("From, us UTC"),
            _("To, us UTC"),
        ]
        case = [_("Case file")]
        kpis = [kpi_title(kpi, self._language) for kpi in KPIS]
        lengths = [_("Time [us]"), _("Time [h]")]
        pieces = [_("Good [pieces]"), _("Reject [pieces]"), _("Rework [pieces]")]
        return {
            _("Summary"): summary_titles(),
            _("Figures"): [
                *place,
                *times,
                *kpis,
                _("Coverage"),
                _("Loading time PBT [us]"),
                _("Loading time PBT [h]"),
                _("Operating time APT [us]"),
                _("Operating time APT [h]"),
                *pieces,
                _("Left out by the profile [pieces]"),
                _("Flags"),
                _("As of, plant time"),
                _("Profile"),
                *case,
            ],
            _("Class times"): [*place, *times, _("Class"), *lengths, *case],
            _("Losses"): loss_titles(),
            _("Groups"): group_titles(self._language),
            _("Stops"): [
                *place[:2],
                *times,
                *lengths,
                _("Class"),
                _("State"),
                _("Reason code"),
                _("Reason"),
                _("Said by"),
                _("Whole stop from, plant time"),
                _("Whole stop [us]"),
                _("Order"),
                *case,
            ],
            _("Quantities"): [
                *place,
                *times,
                _("Item"),
                _("Booked"),
                *pieces,
                _("Startup scrap [pieces]"),
                _("Ideal time, good [s]"),
                _("Ideal time, all [s]"),
                *case,
            ],
            _("Definitions"): [
                _("Key"),
                _("Symbol"),
                _("Name"),
                _("Unit"),
                _("Formula"),
                _("Better"),
                _("Definition"),
                _("Profile"),
                _("Version"),
            ],
        }

    def _figures(
        self, given: Known, found: Explained | None, parts: Sequence[Span]
    ) -> Iterator[Figure]:
        policy = self._chosen.policy
        name = name_of(given.unit.names, self._language, given.unit.code)
        span = self._chosen.period.span

        def figure(kind: str, window: Span, sums: Tally) -> Figure:
            return Figure(
                unit=given.unit.code,
                name=name,
                kind=kind,
                span=window,
                sums=sums,
                result=result_of(sums, policy),
            )

        sums = unit_tally(self._session, given, span) if found is None else found.sums
        yield figure(self._chosen.period.kind.value, span, sums)
        short = span.end - span.start <= CASE_DIRECT_US
        case = unit_case(self._session, given, span, policy=policy) if short else None
        for part in parts:
            if part.start >= given.as_of or part == span:
                continue
            if case is None:
                kind = "month" if self._long else "day"
                yield figure(kind, part, unit_tally(self._session, given, part))
                continue
            limit = limit_of(given.unit, part.start)
            yield figure("hour", part, tally(replace(case, window=part, minor_stop_limit_us=limit)))

    def _place(self, figure: Figure) -> list[CellValue]:
        period = words.period_word(figure.kind)
        return [figure.unit, figure.name, period, *self._times(figure.span)]

    def _times(self, span: Span) -> list[CellValue]:
        return [
            local_time(span.start, self._zone),
            local_time(span.end, self._zone),
            span.start,
            span.end,
        ]

    def _case(self, given: Known, span: Span) -> str:
        as_of = {given.unit.code: given.as_of}
        return f"{self._host}{figure_address(as_of, span, self._chosen.policy) or ''}"

    def _figure_row(self, given: Known, figure: Figure) -> list[CellValue]:
        result = figure.result
        figures = result.figures
        return [
            *self._place(figure),
            *(kpi_cell(kpi, result.kpis[kpi.key]) for kpi in KPIS),
            None if result.coverage is None else Ratio(result.coverage),
            *_length(figures.pbt_us),
            *_length(figures.apt_us),
            _number(figures.counted.good),
            _number(figures.counted.scrap),
            _number(figures.counted.rework),
            _number(figures.excluded.total),
            ", ".join(words.flag_word(flag) for flag in result.flags),
            local_time(given.as_of, self._zone),
            f"{result.policy.name} v{result.policy.version}",
            self._case(given, figure.span),
        ]

    def _class_rows(self, given: Known, figure: Figure) -> Iterator[list[CellValue]]:
        for time_class in TimeClass:
            us = figure.result.figures.times_us[time_class]
            if us:
                yield [
                    *self._place(figure),
                    words.class_word(time_class),
                    *_length(us),
                    self._case(given, figure.span),
                ]

    def _quantity_rows(self, given: Known, figure: Figure) -> Iterator[list[CellValue]]:
        for (bucket, material), sums in figure.sums.pieces.items():
            yield [
                *self._place(figure),
                material or _("unassigned"),
                bucket_word(bucket),
                _number(sums.good),
                _number(sums.scrap),
                _number(sums.rework),
                _number(sums.startup_scrap),
                _number(sums.ideal_good_s),
                _number(sums.ideal_total_s),
                self._case(given, figure.span),
            ]

    def _stop_rows(self, given: Known, found: Explained | None) -> Iterator[list[CellValue]]:
        if found is None:
            return
        held = [one for one in found.intervals if one.time_class not in _MOVING]
        people = people_of(
            self._session, {r.command_id for r in found.records if r.command_id is not None}
        )
        for one in held:
            yield self._stop_row(given, found, one, people)

    def _stop_row(
        self, given: Known, found: Explained, one: Interval, people: dict[str, str]
    ) -> list[CellValue]:
        span = Span(one.start, one.end)
        record = found.record_at(one.start)
        reason = None if one.reason is None else self._chosen.known.reasons.get(one.reason)
        said = None
        if record is not None and record.reason_source is not None:
            said = people.get(record.command_id or "") or _source_word(record.reason_source)
        whole = None if one.stop_start is None else (one.stop_end or one.end) - one.stop_start
        return [
            given.unit.code,
            name_of(given.unit.names, self._language, given.unit.code),
            *self._times(span),
            *_length(one.length_us),
            words.class_word(one.time_class),
            state_word(one.state),
            one.reason,
            name_of(reason.names, self._language) if reason else None,
            said,
            None if one.stop_start is None else local_time(one.stop_start, self._zone),
            whole,
            one.run.order if one.run else None,
            self._case(given, span),
        ]

    def _definitions(self) -> Iterator[list[CellValue]]:
        policy = self._chosen.policy
        for kpi in KPIS:
            yield [
                kpi.key,
                kpi.iso_symbol,
                name_of(kpi.names, self._language),
                kpi.unit,
                kpi.formula,
                _("higher") if kpi.better == "higher" else _("lower"),
                name_of(kpi.definitions, self._language),
                policy.name,
                policy.version,
            ]
        for key, value in _policy_keys(policy):
            yield [key, None, None, None, value, None, None, policy.name, policy.version]


def _policy_keys(policy: Policy) -> list[tuple[str, str]]:
    keys = [*PART_VALUES, "running_outside_plan"]
    return [(key, str(getattr(policy, key).value)) for key in keys]


def _source_word(source: ReasonSource) -> str:
    return _("the machine") if source is ReasonSource.MACHINE else _("a person")


def _length(us: int) -> tuple[int, float]:
    return us, float(Fraction(us, US_PER_H))


def _number(value: Number) -> float:
    return Count(value) if isinstance(value, int) else float(value)

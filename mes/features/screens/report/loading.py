"""From an address (place, period, day, shift, profile) to the report page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

from sqlalchemy.orm import Session

from mes.core.case_model import Span
from mes.core.classes import TimeClass
from mes.core.policies import Policy
from mes.core.tally import Tally, tally
from mes.features.checks.suspects import open_in
from mes.features.oee.bins import default_rate
from mes.features.oee.losses import losses_of_line, states_case
from mes.features.oee.places import machine_place
from mes.features.oee.rollup import Question, reason_times
from mes.features.oee.rollup_query import Group
from mes.features.oee.service import (
    CASE_DIRECT_US,
    Known,
    known_unit,
    unit_case,
    unit_tally,
)
from mes.features.production.masters import Masters
from mes.features.screens.language import name_of
from mes.features.screens.report.asked import Chosen, Wanted, choose
from mes.features.screens.report.frame import Frame, Shown
from mes.features.screens.report.framing import frame_of
from mes.features.screens.report.groups import group_of, shown_groups
from mes.features.screens.report.links import Links
from mes.features.screens.report.losses import shown_causes
from mes.features.screens.report.page import ReportPage, UnitCase, report_page
from mes.features.screens.report.pareto import measure_of
from mes.features.screens.report.parts import shown_lines, shown_shifts
from mes.features.screens.report.periods import Period, beside, columns
from mes.features.screens.report.signing import shown_signing
from mes.features.screens.report.targets import targets_at
from mes.features.screens.report.view import shown_report
from mes.features.screens.site import Place

__all__ = ["Wanted", "choose", "load_report", "read_page"]

BY_STATES_MAX_US = 32 * 86_400_000_000
"""Reasons of longer periods come from stored sums: a year has a million states."""
_SAY_NOTHING = (
    TimeClass.NOT_SCHEDULED,
    TimeClass.BREAK,
    TimeClass.PLANNED_STOP,
    TimeClass.UNKNOWN,
)
"""Classes that stand where nothing was heard of a machine."""


def load_report(session: Session, wanted: Wanted, now_us: int) -> Shown:
    """The page in words.

    Raises:
        Refusal: `place_unknown` (404), `day_invalid`, `policy_unknown` (422).
    """
    chosen = choose(session, wanted, now_us)
    known, code, period = chosen.known, chosen.code, chosen.period
    given = [known_unit(session, known, unit, now_us) for unit in chosen.units]
    page = _page(session, given, chosen, beside(chosen.plan, period, -1), now_us)
    frame = frame_of(chosen, wanted, links_of(chosen, wanted, given))
    shown = shown_report(
        page,
        frame,
        [unit.code for unit in chosen.units],
        chosen.counted,
        targets=targets_at(session, known, chosen.site, code, period.span.start),
        measure=measure_of(wanted.measure),
    )
    signing = shown_signing(
        session,
        known,
        code,
        chosen.units,
        period,
        closed=not page.provisional and page.as_of >= period.span.end,
        named=frame.unit_name,
    )
    return {
        **shown,
        "signing": signing,
        "checks": open_in(
            session, [unit.id for unit in chosen.units], period.span.start, period.span.end
        ),
        "causes": _causes(session, known, code, period, frame, now_us),
        "lines": shown_lines(session, chosen, frame, now_us),
        "shift_rows": shown_shifts(session, chosen, frame, now_us),
        "groups": shown_groups(
            session,
            known,
            code,
            period,
            chosen.policy,
            group_of(wanted.by),
            now_us,
            lambda names: name_of(names, wanted.language),
        ),
    }


def read_page(
    session: Session, chosen: Chosen, now_us: int, *, with_before: bool = False
) -> ReportPage:
    """The figures of a report without words; `with_before`: the period before is read too."""
    given = [known_unit(session, chosen.known, unit, now_us) for unit in chosen.units]
    before = beside(chosen.plan, chosen.period, -1) if with_before else None
    return _page(session, given, chosen, before, now_us)


def links_of(chosen: Chosen, wanted: Wanted, given: Sequence[Known]) -> Links:
    """Where the figures of a page lead."""
    return Links(
        span=chosen.period.span,
        policy=chosen.policy,
        as_of={one.unit.code: one.as_of for one in given},
        counted=chosen.counted,
        arguments=wanted.address(chosen.period),
    )


def _causes(
    session: Session, known: Masters, code: str, period: Period, frame: Frame, now_us: int
) -> Shown | None:
    """What a line lost, by the machine that caused it; None: not a line, or a long period."""
    line = known.line_ids.get(code)
    if line is None or period.span.end - period.span.start > BY_STATES_MAX_US:
        return None
    found = losses_of_line(session, known, known.lines[line], period.span, now_us)
    return None if found is None else shown_causes(found, frame.unit_name, frame.reason_name)


def _page(
    session: Session,
    given: Sequence[Known],
    chosen: Chosen,
    before: Period | None,
    now_us: int,
) -> ReportPage:
    period, policy, counted = chosen.period, chosen.policy, chosen.counted
    units = [
        replace(
            _unit(session, one, period, policy, single=len(given) == 1),
            counts=one.unit.code in counted,
        )
        for one in given
    ]
    if period.span.end - period.span.start > BY_STATES_MAX_US:
        units = _with_reasons(session, given, units, period, policy, now_us)
    return report_page(
        units,
        [unit_tally(session, one, before.span) for one in given if one.unit.code in counted]
        if before
        else [],
        plan=given[0].unit.plan,
        period=period,
        policy=policy,
        as_of=min([period.span.end, *(one.as_of for one in given)]),
        known_to_end=all(
            one.known_until is None or one.known_until >= period.span.end for one in given
        ),
    )


def _unit(
    session: Session, given: Known, period: Period, policy: Policy, *, single: bool
) -> UnitCase:
    """What the page needs of a work unit; longer periods read the sums that ingest keeps."""
    unit, span = given.unit, period.span
    place = Place(code=unit.code, names=dict(unit.names))
    default = default_rate(given.masters, unit, span.start)
    if span.end - span.start <= CASE_DIRECT_US:
        case = unit_case(session, given, span, policy=policy)
        return UnitCase(place=place, case=case, sums=tally(case), default=default)
    by_states = span.end - span.start <= BY_STATES_MAX_US
    return UnitCase(
        place=place,
        case=states_case(session, given, span, policy, known=by_states),
        by_states=by_states,
        sums=unit_tally(session, given, span),
        goods=_goods(session, given, columns(unit.plan, period)) if single else (),
        default=default,
    )


def _with_reasons(
    session: Session,
    given: Sequence[Known],
    units: Sequence[UnitCase],
    period: Period,
    policy: Policy,
    now_us: int,
) -> list[UnitCase]:
    """The work units with their lost time by reason, from the sums of their shifts."""
    question = Question(
        places=[machine_place(one.unit) for one in given],
        kind=period.kind,
        first=period.day,
        last=period.day,
        group=Group.NONE,
        policy=policy,
        now_us=now_us,
    )
    found = {
        key.place: reasons
        for key, reasons in reason_times(session, given[0].masters, question).items()
    }
    return [
        replace(unit, sums=replace(unit.sums, reasons=found.get(number, {})))
        for number, unit in enumerate(units)
    ]


def _goods(session: Session, given: Known, cuts: Sequence[Span]) -> tuple[Fraction | None, ...]:
    """Good pieces by column; None before anything was known of the work unit."""
    sums = [unit_tally(session, given, cut) for cut in cuts]
    begun = next((number for number, one in enumerate(sums) if _is_known(one)), len(sums))
    return tuple(_good(one) if number >= begun else None for number, one in enumerate(sums))


def _is_known(sums: Tally) -> bool:
    return bool(sums.pieces) or any(
        us for found, us in sums.times_us.items() if found not in _SAY_NOTHING
    )


def _good(sums: Tally) -> Fraction:
    return sum((Fraction(pieces.good) for pieces in sums.pieces.values()), Fraction(0))

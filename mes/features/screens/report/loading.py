"""From an address (place, period, day, shift, profile) to the report page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from urllib.parse import urlencode

from sqlalchemy.orm import Session

from mes.core.calendar import ALWAYS
from mes.core.case_model import Material, Span
from mes.core.exact import parse_number
from mes.core.instants import YEAR_MAX, YEAR_MIN
from mes.core.policies import PROFILES, Policy
from mes.core.refusal import Refusal
from mes.core.tally import Tally, tally
from mes.features.checks.suspects import open_in
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
from mes.features.oee.windows import day_argument
from mes.features.production.master_loading import masters
from mes.features.production.masters import Masters, Site, WorkUnit
from mes.features.production.plan import Plan
from mes.features.screens.language import name_of
from mes.features.screens.report.groups import group_of, shown_groups
from mes.features.screens.report.links import Links
from mes.features.screens.report.page import ReportPage, UnitCase, report_page
from mes.features.screens.report.periods import (
    KINDS,
    Period,
    PeriodKind,
    beside,
    columns,
    period_of,
    present_period,
    shifts_of,
)
from mes.features.screens.report.places import (
    counted_at,
    place_name,
    places_to_choose,
    trail_to,
    units_at,
)
from mes.features.screens.report.signing import shown_signing
from mes.features.screens.report.view import Frame, Shown, shown_causes, shown_report
from mes.features.screens.site import Place

BY_STATES_MAX_US = 32 * 86_400_000_000
"""Reasons of longer periods come from stored sums: a year has a million states."""
UNITS_MAX = 60
"""Most work units of one page; a larger plant is read line by line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What the address asks for; empty texts stand for the defaults."""

    place: str = ""
    period: str = ""
    day: str = ""
    shift: str = ""
    policy: str = ""
    by: str = ""
    language: str = "ko"

    def address(self, period: Period) -> dict[str, str]:
        """The arguments of the same report by its period, so that it stays the same later."""
        return {
            "place": self.place,
            "period": period.kind.value,
            "day": period.day.isoformat(),
            "shift": period.shift or "",
            "policy": self.policy,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """What an address means: which work units, over which period, under which profile.

    Attributes:
        units: all work units of the place.
        counted: codes of those whose sums are its figure: of a line those of its rule (R10).
    """

    known: Masters
    site: Site
    code: str
    units: tuple[WorkUnit, ...]
    counted: tuple[str, ...]
    period: Period
    policy: Policy

    @property
    def plan(self) -> Plan:
        """The calendar whose periods are chosen."""
        return self.units[0].plan


def choose(session: Session, wanted: Wanted, now_us: int) -> Chosen:
    """What an address means.

    Raises:
        Refusal: `place_unknown` (404), `day_invalid`, `policy_unknown` (422).
    """
    known = masters(session)
    site = _site(known)
    code = wanted.place or site.code
    units = units_at(known, site, code)
    policy = _policy(known, site, wanted.policy)
    if not units:
        raise Refusal("place_unknown", "there is no work unit to report on yet", status=404)
    return Chosen(
        known=known,
        site=site,
        code=code,
        units=tuple(units[:UNITS_MAX]),
        counted=counted_at(known, code, units[:UNITS_MAX]),
        period=_period(units[0].plan, wanted, now_us),
        policy=policy,
    )


def load_report(session: Session, wanted: Wanted, now_us: int) -> Shown:
    """The page in words.

    Raises:
        Refusal: `place_unknown` (404), `day_invalid`, `policy_unknown` (422).
    """
    chosen = choose(session, wanted, now_us)
    known, site, code, units = chosen.known, chosen.site, chosen.code, chosen.units
    plan, period, policy = chosen.plan, chosen.period, chosen.policy
    before = beside(plan, period, -1)
    given = [known_unit(session, known, unit, now_us) for unit in units]
    page = _page(session, given, period, before, policy, chosen.counted, now_us)
    links = Links(
        span=period.span,
        policy=policy,
        as_of={one.unit.code: one.as_of for one in given},
        counted=chosen.counted,
        arguments=wanted.address(period),
    )
    frame = _frame(
        known,
        site,
        wanted,
        code=code,
        units=units,
        period=period,
        policy=policy,
        links=links,
    )
    closed = not page.provisional and page.as_of >= period.span.end
    signing = shown_signing(
        session,
        known,
        code,
        units,
        period,
        closed=closed,
        named=lambda names: name_of(names, wanted.language),
    )
    checks = open_in(session, [unit.id for unit in units], period.span.start, period.span.end)
    shown = shown_report(page, frame, [unit.code for unit in units], chosen.counted)
    causes = _causes(session, known, code, period, frame, now_us)
    groups = shown_groups(
        session,
        known,
        code,
        period,
        policy,
        group_of(wanted.by),
        now_us,
        lambda names: name_of(names, wanted.language),
    )
    return {**shown, "signing": signing, "checks": checks, "causes": causes, "groups": groups}


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
    period: Period,
    before: Period | None,
    policy: Policy,
    counted: Sequence[str],
    now_us: int,
) -> ReportPage:
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
    default = _default_rate(given.masters, unit, span.start)
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


def _goods(session: Session, given: Known, cuts: Sequence[Span]) -> tuple[Fraction, ...]:
    return tuple(_good(unit_tally(session, given, cut)) for cut in cuts)


def _good(sums: Tally) -> Fraction:
    return sum((Fraction(pieces.good) for pieces in sums.pieces.values()), Fraction(0))


def _site(known: Masters) -> Site:
    if not known.sites:
        raise Refusal("place_unknown", "no plant is loaded yet", status=404)
    return known.sites[0]


def _policy(known: Masters, site: Site, name: str) -> Policy:
    if not name:
        return site.policy
    policy = known.policy(name)
    if policy is None:
        raise Refusal(
            "policy_unknown", f"there is no KPI profile {name!r}", status=422, field="policy"
        )
    return policy


def _period(plan: Plan, wanted: Wanted, now_us: int) -> Period:
    kind = PeriodKind(wanted.period) if wanted.period in KINDS else PeriodKind.SHIFT
    if not wanted.day:
        return present_period(plan, kind, now_us)
    try:
        day = day_argument(wanted.day.strip(), "day")
    except Refusal:
        raise Refusal(
            "day_invalid",
            f"write the day as YYYY-MM-DD, of the years {YEAR_MIN} to {YEAR_MAX}",
            status=422,
            field="day",
        ) from None
    shifts = shifts_of(plan, day)
    shift = wanted.shift if wanted.shift in {one.code for one in shifts} else None
    found = period_of(plan, kind, day, shift or (shifts[0].code if shifts else None))
    whole_day = period_of(plan, PeriodKind.DAY, day, None)
    assert whole_day is not None
    return found or whole_day


def _default_rate(known: Masters, unit: WorkUnit, at: int) -> Material | None:
    item = unit.setting(at).default_item
    material = known.materials.get(known.material_ids.get(item or "", 0))
    rate = material.rate(unit.id, at) if material else None
    if rate is None or rate.ideal_cycle_s is None:
        return None
    return Material(
        ideal_cycle_s=parse_number(rate.ideal_cycle_s), pieces_per_cycle=rate.pieces_per_cycle
    )


def _frame(
    known: Masters,
    site: Site,
    wanted: Wanted,
    *,
    code: str,
    units: Sequence[WorkUnit],
    period: Period,
    policy: Policy,
    links: Links,
) -> Frame:
    language = wanted.language

    def named(names: Mapping[str, str]) -> str:
        return name_of(names, language)

    def address(place: str, other: Period = period) -> str:
        query = {"place": place, "period": other.kind.value, "day": other.day.isoformat()}
        if other.shift:
            query["shift"] = other.shift
        if wanted.policy:
            query["policy"] = wanted.policy
        if wanted.by:
            query["by"] = wanted.by
        return f"/report?{urlencode(query)}"

    def reason_name(reason: str) -> str:
        found = known.reasons.get(reason) or known.reasons.get(reason.partition(" (")[0])
        return name_of(found.names, language, reason) if found else reason

    plan = units[0].plan
    single = units[0] if len(units) == 1 and units[0].code == code else None
    before, after = beside(plan, period, -1), beside(plan, period, 1)
    return Frame(
        place=code,
        place_name=place_name(known, site, code, named),
        trail=trail_to(known, site, code, single, named, address),
        places=places_to_choose(known, site, named),
        shifts=[
            (one.code, _shift_label(units[0], one.code, language))
            for one in shifts_of(plan, period.day)
            if one.code != ALWAYS
        ],
        policies=sorted({*PROFILES, *known.policies}),
        policy=policy.name,
        before=address(code, before) if before else None,
        after=address(code, after) if after else None,
        links=links,
        address_of=address,
        terminal=f"/terminal/{single.code}" if single else None,
        reason_name=reason_name,
        unit_name=named,
        zone=site.time_zone,
    )


def _shift_label(unit: WorkUnit, code: str, language: str) -> str:
    return name_of(unit.shift_names.get(code), language, code)

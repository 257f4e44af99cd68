"""What the report page shows: one period of one work unit, of a line or of the plant."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from mes.core.case_model import Case, Material
from mes.core.classes import TimeClass
from mes.core.flags import Flag
from mes.core.instants import US_PER_S
from mes.core.oee import OeeResult, result_of
from mes.core.partition import Segment, classify
from mes.core.policies import Policy
from mes.core.tally import Tally, sum_of
from mes.features.oee.bins import Bin, bins_of
from mes.features.production.plan import Plan
from mes.features.screens.report.ladder import (
    Loss,
    Step,
    ladder,
    losses_of,
    unclassified_us,
    unexplained_us,
)
from mes.features.screens.report.pareto import with_unexplained
from mes.features.screens.report.periods import Period, columns
from mes.features.screens.site import Place

KPIS = ("oee", "availability", "effectiveness", "quality_ratio")


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitCase:
    """A work unit with everything its figure depends on.

    Attributes:
        case: its states, plan and runs; its pieces too where `goods` is None.
        sums: its tally.
        goods: good pieces of each column, None before the first data; None: they are in the case.
        default: rate while no order is loaded, None without a default item.
        counts: it enters the figure of the page; others are only listed.
        by_states: the case holds its states; else the sums tell how long each reason lasted.
    """

    place: Place
    case: Case
    sums: Tally
    goods: tuple[Fraction | None, ...] | None = None
    default: Material | None = None
    counts: bool = True
    by_states: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitRow:
    """One line of the table of work units."""

    place: Place
    result: OeeResult
    unclassified_us: int
    counts: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """A bar of the state strip: where it lies in the period, as shares of 1."""

    kind: str
    left: float
    width: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportPage:
    """Everything `report.html` prints.

    Attributes:
        units: rows of the table, empty for a single work unit.
        steps: the ladder; `losses` the same losses, largest first.
        bins: plan and good per hour or day; empty for several work units.
        strip: states, empty for several work units and for weeks.
        stops: stretches in which a single work unit did not run as planned, the longest first.
        previous: OEE and factors of the period before, None where unknown.
        provisional: the period has not ended or is not known to its end, or a stop is minor only
            so far.
    """

    period: Period
    as_of: int
    result: OeeResult
    units: tuple[UnitRow, ...]
    steps: tuple[Step, ...]
    losses: tuple[Loss, ...]
    bins: tuple[Bin, ...]
    strip: tuple[Stretch, ...]
    stops: tuple[Segment, ...]
    previous: Mapping[str, Fraction | None]
    unclassified_us: int
    provisional: bool

    @property
    def reliable(self) -> bool:
        """Whether no flag speaks against the figures."""
        return not self.result.flags

    def delta(self, kpi: str) -> Fraction | None:
        """Points gained against the period before; None when one of them is not known."""
        now, before = self.result.kpis[kpi], self.previous.get(kpi)
        return None if now is None or before is None else now - before


def report_page(
    units: Sequence[UnitCase],
    previous: Sequence[Tally],
    *,
    plan: Plan,
    period: Period,
    policy: Policy,
    as_of: int,
    known_to_end: bool = True,
) -> ReportPage:
    """The page of a period from the cases of its work units.

    Args:
        known_to_end: the state of each work unit is known to the end of the period.
    """
    parts = [_part(unit, policy) for unit in units]
    counted = [part for part in parts if part.unit.counts]
    sums = sum_of(part.unit.sums for part in counted)
    result = result_of(sums, policy)
    segments = [segment for part in counted for segment in part.segments]
    by_states = all(unit.by_states for unit in units)
    steps = ladder(result, segments if by_states else sums.reasons)
    single = len(units) == 1
    before = result_of(sum_of(previous), policy)
    return ReportPage(
        period=period,
        as_of=as_of,
        result=result,
        units=() if single else tuple(_row(part, policy) for part in parts),
        steps=steps,
        losses=_losses(steps, told=by_states or sums.reasons is not None),
        bins=bins_of(units[0].case, columns(plan, period), units[0].default, units[0].goods)
        if single
        else (),
        strip=_strip(parts[0], policy) if single else (),
        stops=_stops(parts[0], policy) if single else (),
        previous={key: before.kpis[key] for key in KPIS},
        unclassified_us=sum(part.unclassified_us for part in counted),
        provisional=as_of < period.span.end
        or not known_to_end
        or Flag.PROVISIONAL_STOP in result.flags,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    unit: UnitCase
    segments: tuple[Segment, ...]
    unclassified_us: int


def _part(unit: UnitCase, policy: Policy) -> _Part:
    segments = tuple(classify(unit.case)) if unit.by_states else ()
    return _Part(
        unit=unit,
        segments=segments,
        unclassified_us=unclassified_us(segments, policy)
        if unit.by_states
        else unexplained_us(unit.sums),
    )


def _row(part: _Part, policy: Policy) -> UnitRow:
    return UnitRow(
        place=part.unit.place,
        result=result_of(part.unit.sums, policy),
        unclassified_us=part.unclassified_us,
        counts=part.unit.counts,
    )


def _losses(steps: Sequence[Step], *, told: bool) -> tuple[Loss, ...]:
    """Args: told: reasons are known, so that it can be said how much nobody explained."""
    losses = losses_of(steps)
    return with_unexplained(losses) if told else losses


_LOST = frozenset(
    {
        TimeClass.UNPLANNED_STOP,
        TimeClass.MINOR_STOP,
        TimeClass.SETUP,
        TimeClass.WAITING,
        TimeClass.NO_ORDER,
        TimeClass.UNKNOWN,
    }
)


def _stops(part: _Part, policy: Policy) -> tuple[Segment, ...]:
    lost = [one for one in part.segments if one.class_under(policy) in _LOST]
    return tuple(sorted(lost, key=lambda one: (-one.length_us, one.start)))


_FLAT = {
    TimeClass.BREAK: "brk",
    TimeClass.PLANNED_STOP: "brk",
    TimeClass.NOT_SCHEDULED: "brk",
    TimeClass.NO_ORDER: "off",
    TimeClass.MINOR_STOP: "minor",
}
STRIP_MAX_US = 26 * 3600 * US_PER_S
"""Longer periods have no state strip: nothing could be seen in it."""


def _strip(part: _Part, policy: Policy) -> tuple[Stretch, ...]:
    window = part.unit.case.window
    length = window.end - window.start
    if not 0 < length <= STRIP_MAX_US:
        return ()
    bars: list[Stretch] = []
    for segment in part.segments:
        kind = _kind(segment, policy)
        left = (segment.start - window.start) / length
        right = (segment.end - window.start) / length
        if bars and bars[-1].kind == kind and abs(bars[-1].left + bars[-1].width - left) < 1e-9:
            left = bars.pop().left
        bars.append(Stretch(kind=kind, left=left, width=right - left))
    return tuple(bars)


def _kind(segment: Segment, policy: Policy) -> str:
    time_class = segment.class_under(policy)
    if time_class in _FLAT:
        return _FLAT[time_class]
    if time_class is TimeClass.UNPLANNED_STOP and segment.reason is None:
        return "unexpl"
    return segment.state.value

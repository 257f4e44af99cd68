"""Plan and good pieces per hour, or per production day of a longer period. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from mes.core.case_model import Case, Material, Span
from mes.core.exact import parse_number
from mes.core.instants import US_PER_S
from mes.core.intervals import union
from mes.features.production.masters import Masters, WorkUnit


@dataclass(frozen=True, slots=True, kw_only=True)
class Bin:
    """One column.

    Attributes:
        plan: pieces that planned time would make at the ideal rate; None where no rate is known.
        good: good pieces; None in the future and before anything was known of the work unit.
        planned: whether any planned time lies in it.
    """

    start: int
    end: int
    plan: Fraction | None
    good: Fraction | None
    planned: bool

    @property
    def gap(self) -> Fraction | None:
        """Good less plan; None when one of them is not known."""
        return None if self.plan is None or self.good is None else self.good - self.plan


def default_rate(known: Masters, unit: WorkUnit, at: int) -> Material | None:
    """The rate that plans a work unit's time while no order is loaded; None: there is none."""
    item = unit.setting(at).default_item
    material = known.materials.get(known.material_ids.get(item or "", 0))
    rate = material.rate(unit.id, at) if material else None
    if rate is None or rate.ideal_cycle_s is None:
        return None
    return Material(
        ideal_cycle_s=parse_number(rate.ideal_cycle_s), pieces_per_cycle=rate.pieces_per_cycle
    )


def bins_of(
    case: Case,
    cuts: Sequence[Span],
    default: Material | None,
    goods: Sequence[Fraction | None] | None = None,
) -> tuple[Bin, ...]:
    """The columns of one work unit.

    Args:
        case: of the whole period.
        cuts: the columns, in time order, without overlaps.
        default: rate while no order is loaded, None when the work unit has no default item.
        goods: good pieces of each column, None for one that is not judged; None: they are in the
            case.
    """
    planned = planned_time(case)
    made = [_good(case, cut) for cut in cuts] if goods is None else goods
    return tuple(
        _bin(case, cut, planned, default, good) for cut, good in zip(cuts, made, strict=True)
    )


def _good(case: Case, cut: Span) -> Fraction:
    return sum(
        (Fraction(one.good) for one in case.quantities if cut.start <= one.at < cut.end),
        Fraction(0),
    )


def planned_time(case: Case) -> list[Span]:
    """Scheduled time without breaks and planned stops."""
    shifts = [case.window] if case.shifts is None else case.shifts
    found: list[Span] = []
    holes = union((one.start, one.end) for one in case.planned)
    for start, end in union((one.start, one.end) for one in shifts):
        at = start
        for first, last in holes:
            if last <= at or first >= end:
                continue
            if first > at:
                found.append(Span(at, first))
            at = max(at, last)
        if at < end:
            found.append(Span(at, end))
    return found


def _bin(
    case: Case, cut: Span, planned: Iterable[Span], default: Material | None, good: Fraction | None
) -> Bin:
    reached = min(cut.end, case.as_of)
    future = cut.start >= case.as_of
    wanted = _clipped(planned, Span(cut.start, cut.end if future else reached))
    return Bin(
        start=cut.start,
        end=cut.end,
        plan=_pieces(case, wanted, default),
        good=None if future else good,
        planned=bool(_clipped(planned, cut)),
    )


def _pieces(case: Case, spans: Iterable[Span], default: Material | None) -> Fraction | None:
    total, rate_missing = Fraction(0), False
    for span in spans:
        for length_us, material in _by_material(case, span, default):
            rate = _rate(material)
            if rate is None:
                rate_missing = True
            else:
                total += Fraction(length_us, US_PER_S) * rate
    return None if rate_missing and not total else total


def _by_material(
    case: Case, span: Span, default: Material | None
) -> Iterable[tuple[int, Material | None]]:
    at = span.start
    for run in sorted(case.runs or (), key=lambda run: run.start):
        first, last = max(at, run.start), min(span.end, run.end or span.end)
        if first >= last:
            continue
        if at < first:
            yield first - at, default
        yield last - first, case.materials.get(run.material or "")
        at = last
    if at < span.end:
        yield span.end - at, default


def _rate(material: Material | None) -> Fraction | None:
    if material is None or not material.ideal_cycle_s:
        return None
    return Fraction(material.pieces_per_cycle) / Fraction(material.ideal_cycle_s)


def _clipped(spans: Iterable[Span], cut: Span) -> list[Span]:
    clipped = (Span(max(one.start, cut.start), min(one.end, cut.end)) for one in spans)
    return [one for one in clipped if one.start < one.end]

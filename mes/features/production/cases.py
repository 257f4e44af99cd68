"""From projections to the kernel's case: the one way by which any figure is made. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal

from mes.core.case_model import (
    Case,
    Counter,
    CounterMode,
    CounterRole,
    Material,
    PlannedSpan,
    Quantity,
    Run,
    Span,
    StateChange,
)
from mes.core.classes import MachineState, ReasonClass
from mes.core.derive.records import StateRecord
from mes.core.derive.runs import Item, JobRun
from mes.core.exact import Number, parse_number
from mes.core.flags import Flag
from mes.core.policies import Policy
from mes.core.tally import Tally, tally
from mes.features.production.bookings import Booking, Mark, merged
from mes.features.production.masters import Masters, WorkUnit
from mes.features.production.standstill import context


def build_case(
    unit: WorkUnit,
    known: Masters,
    *,
    window: Span,
    as_of: int,
    policy: Policy,
    records: Sequence[StateRecord],
    runs: Sequence[JobRun],
    bookings: Iterable[Booking],
    marks: Iterable[Mark] = (),
    job_name: Callable[[int], str] = str,
) -> Case:
    """The case of a work unit over a window.

    Args:
        records: state records in order, the stops at both ends of the window whole as far as known.
        runs: job and default runs that overlap the window.
        bookings: pieces; those outside the window are left out.
        marks: flags that readings raise.
        job_name: what to call a job in the case.
    """
    end = max(window.start, min(window.end, as_of))
    shifts = [Span(s.start_us, s.end_us) for s in unit.plan.shifts(window.start, window.end)]
    planned = unit.plan.planned(window.start, window.end)
    reasons = _Reasons(known)
    held = [
        r for r in context(records, window.start, max(end, window.start + 1)) if r.start < as_of
    ]
    states = tuple(
        StateChange(
            at=r.start, state=MachineState(r.state.value), reason=reasons.name(r.reason, r.start)
        )
        for r in held
    )
    loaded = _job_runs(runs, window, end)
    edges = [window.start, end, *(r.start for r in held)]
    edges += [edge for one in shifts for edge in (one.start, one.end)]
    edges += [edge for begin, finish, _ in planned for edge in (begin, finish)]
    edges += [edge for run in loaded for edge in (run.start, run.end) if edge is not None]
    materials = _Materials(known)
    quantities = tuple(
        _quantity(one, materials.name(one.item))
        for one in _unique(
            merged((b for b in bookings if window.start <= b.at < end), edges), materials
        )
    )
    case_runs = tuple(
        Run(
            start=run.start,
            end=run.end,
            material=materials.name(run.item),
            order=None if run.job is None else job_name(int(run.job)),
        )
        for run in loaded
    )
    for _, _, reason in planned:
        reasons.name(reason, window.start)
    return Case(
        window=window,
        as_of=as_of,
        policy=policy,
        minor_stop_limit_us=limit_of(unit, window.start),
        shifts=tuple(shifts),
        planned=tuple(
            PlannedSpan(start=begin, end=finish, reason=reason) for begin, finish, reason in planned
        ),
        reasons=reasons.classes,
        failures=frozenset(reasons.failures),
        materials=materials.found,
        runs=case_runs,
        states=states,
        quantities=quantities,
        counters=tuple(_flag_counters(marks, window.start, end)),
        time_zone=unit.site.time_zone,
    )


def tally_of(case: Case) -> Tally:
    """The policy-neutral sums of a case."""
    return tally(case)


class _Reasons:
    """Names and classes of the reasons of a case; a reason whose class changed has two names.

    So has one that became a failure, or no longer is one.
    """

    def __init__(self, known: Masters) -> None:
        self._known = known
        self.classes: dict[str, ReasonClass] = {}
        self.failures: set[str] = set()

    def name(self, code: str | None, at: int) -> str | None:
        if code is None:
            return None
        reason = self._known.reasons.get(code)
        found = reason.time_class(at) if reason else None
        if found is None:
            return code
        time_class = ReasonClass(found)
        failure = reason is not None and reason.is_failure(at)
        name = code
        while name in self.classes and (
            self.classes[name] is not time_class or (name in self.failures) is not failure
        ):
            name = f"{name} ({'failure' if failure else time_class})"
        self.classes[name] = time_class
        if failure:
            self.failures.add(name)
        return name


class _Materials:
    """Names and rates of the items of a case; an item with two rates has two names."""

    def __init__(self, known: Masters) -> None:
        self._known = known
        self.found: dict[str, Material] = {}
        self._names: dict[Item, str] = {}

    def name(self, item: Item | None) -> str | None:
        if item is None:
            return None
        held = self._names.get(item)
        if held is not None:
            return held
        known = self._known.materials.get(int(item.material))
        name = known.code if known else str(item.material)
        material = _material(item)
        while self.found.setdefault(name, material) != material:
            name = f"{name} ({material.ideal_cycle_s} s / {material.pieces_per_cycle})"
        self._names[item] = name
        return name


def _material(item: Item) -> Material:
    cycle = item.ideal_cycle_s
    return Material(
        ideal_cycle_s=None if cycle is None else parse_number(cycle),
        pieces_per_cycle=parse_number(item.pieces_per_cycle),
    )


def _job_runs(runs: Sequence[JobRun], window: Span, end: int) -> list[JobRun]:
    """When an order was loaded: job runs without overlaps, the earlier one first."""
    result: list[JobRun] = []
    reached = -1
    for run in sorted((r for r in runs if r.job is not None), key=lambda r: (r.start, str(r.job))):
        begin = max(run.start, reached)
        until = run.end
        if until is not None and until <= max(begin, reached):
            continue
        result.append(JobRun(job=run.job, item=run.item, start=begin, end=until))
        if until is None:
            break
        reached = until
    return result


def _unique(bookings: Iterable[Booking], materials: _Materials) -> list[Booking]:
    """Bookings that differ in more than their job become one, as equal entries would count once."""
    sums: dict[tuple[int, str | None, bool], Booking] = {}
    for one in bookings:
        key = (one.at, materials.name(one.item), one.estimated)
        held = sums.get(key)
        sums[key] = (
            one
            if held is None
            else held._replace(
                good=held.good + one.good,
                scrap=held.scrap + one.scrap,
                rework=held.rework + one.rework,
                startup_scrap=held.startup_scrap + one.startup_scrap,
            )
        )
    return list(sums.values())


def _quantity(one: Booking, material: str | None) -> Quantity:
    return Quantity(
        at=one.at,
        material=material,
        good=one.good,
        scrap=one.scrap,
        rework=one.rework,
        startup_scrap=one.startup_scrap,
        estimated=one.estimated,
    )


def _flag_counters(marks: Iterable[Mark], start: int, end: int) -> list[Counter]:
    """Readings that count nothing and raise the flags that the real readings raised."""
    modes = {
        Flag.COUNTER_RESET: CounterMode.RESETTABLE,
        Flag.COUNTER_SUSPECT: CounterMode.ABSOLUTE,
    }
    first: dict[Flag, int] = {}
    for at, flag in sorted(marks):
        if start <= at < end and flag in modes:
            first.setdefault(flag, at)
    return [
        Counter(role=CounterRole.TOTAL, mode=modes[flag], readings=((at - 1, 1), (at, 0)))
        for flag, at in first.items()
    ]


def exact_rate(cycle: Number | Decimal | None) -> Decimal | None:
    """A rate as the decimal that the database keeps."""
    if cycle is None or isinstance(cycle, Decimal):
        return cycle
    return (
        Decimal(cycle)
        if isinstance(cycle, int)
        else Decimal(cycle.numerator) / Decimal(cycle.denominator)
    )


def reason_classes(known: Masters, at: int) -> Mapping[str, str]:
    """The time class of every reason at an instant."""
    return {
        code: found
        for code, reason in known.reasons.items()
        if (found := reason.time_class(at)) is not None
    }


def limit_of(unit: WorkUnit, at: int) -> int:
    """Minor-stop limit (us): that at the start of the shift or day, so that its hours agree."""
    return unit.setting(unit.plan.period_at(at).start_us).minor_stop_limit_us

"""The sums of a stretch of time by what was made: time by the loaded job, pieces by theirs. Pure.

The parts of a stretch add up to its tally exactly.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from mes.core.case_bundle import Count, Entry
from mes.core.case_model import Case, Span
from mes.core.derive.records import StateRecord
from mes.core.derive.runs import JobRun
from mes.core.policies import Policy
from mes.core.tally import EMPTY, Tally, sum_of
from mes.features.production.bookings import NO_JOB, Booking, Mark
from mes.features.production.cases import build_case
from mes.features.production.masters import Masters, WorkUnit
from mes.features.production.standstill import standstill_span


class PartKey(NamedTuple):
    """Job order and item by id; 0: none."""

    job: int
    material: int


Parts = Mapping[PartKey, Tally]
NO_PARTS: Parts = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """What the sums of a stretch of time are made of.

    Attributes:
        as_of: what was known then.
        records: those of the stretch, the standstills at both ends whole.
        runs: those that overlap the stretch and the standstills at both its ends, and maybe more:
            whether an order was loaded decides about the class of a stop, and so how long it is.
        bookings: pieces, those outside the stretch are left out; marks likewise.
    """

    unit: WorkUnit
    known: Masters
    window: Span
    as_of: int
    records: Sequence[StateRecord]
    runs: Sequence[JobRun]
    bookings: Sequence[Booking]
    marks: Sequence[Mark]


def parts_of(given: Stretch) -> dict[PartKey, Tally]:
    """The tally of a stretch by job and item."""
    found: dict[PartKey, Tally] = {}
    for key, entry in part_entries(given, given.unit.site.policy):
        found[key] = found.get(key, EMPTY) + entry.tally
    return found


def part_entries(
    given: Stretch, policy: Policy, job_name: Callable[[int], str] = str
) -> Iterator[tuple[PartKey, Entry]]:
    """The cases that the parts of a stretch are the tallies of, in time order.

    Args:
        job_name: what to call a job in the cases.
    """
    for span, loaded in _slices(given):
        bookings: dict[PartKey, list[Booking]] = defaultdict(list, {loaded: []})
        for one in given.bookings:
            if span.start <= one.at < span.end:
                bookings[PartKey(one.job, one.material_id)].append(one)
        for key, booked in bookings.items():
            own = key == loaded
            case = _case(given, span, booked, policy, job_name, with_marks=own)
            yield key, Entry(case=case, count=Count.ALL if own else Count.PIECES)


def added_parts(one: Parts, other: Parts) -> dict[PartKey, Tally]:
    """Both together."""
    found = dict(one)
    for key, sums in other.items():
        found[key] = found.get(key, EMPTY) + sums
    return found


def whole(parts: Parts) -> Tally:
    """The tally that the parts add up to."""
    return sum_of(parts.values())


def length_us(parts: Parts) -> int:
    """Length of the stretch that the parts speak of."""
    return sum(sums.window_us for sums in parts.values())


def item_names(known: Masters) -> Callable[[int], str | None]:
    """A function from the id of an item to the name of its pieces in a tally; 0: None."""

    def name(material_id: int) -> str | None:
        if not material_id:
            return None
        found = known.materials.get(material_id)
        return found.code if found else str(material_id)

    return name


def _case(
    given: Stretch,
    span: Span,
    bookings: Sequence[Booking],
    policy: Policy,
    job_name: Callable[[int], str],
    *,
    with_marks: bool,
) -> Case:
    start, end = span.start, span.end
    first, last = standstill_span(given.records, start, end)
    return build_case(
        given.unit,
        given.known,
        window=span,
        as_of=given.as_of,
        policy=policy,
        records=given.records,
        runs=[r for r in given.runs if r.start < last and (r.end is None or r.end > first)],
        bookings=bookings,
        marks=[m for m in given.marks if start <= m.at < end] if with_marks else (),
        job_name=job_name,
    )


def _slices(given: Stretch) -> Iterator[tuple[Span, PartKey]]:
    """The stretch cut where another job or item is loaded."""
    start, end = given.window.start, given.window.end
    edges = {
        edge
        for run in given.runs
        for edge in (run.start, run.end)
        if edge is not None and start < edge < end
    }
    begin, held = start, _loaded(given.runs, start)
    for at in sorted(edges):
        loaded = _loaded(given.runs, at)
        if loaded != held:
            yield Span(begin, at), held
            begin, held = at, loaded
    yield Span(begin, end), held


def _loaded(runs: Sequence[JobRun], at: int) -> PartKey:
    """What is loaded at an instant: of several jobs the one that began first, as in a case."""
    present = [run for run in runs if run.start <= at and (run.end is None or at < run.end)]
    if not present:
        return PartKey(NO_JOB, 0)
    first = min(present, key=lambda run: (run.job is None, run.start, str(run.job)))
    return PartKey(
        NO_JOB if first.job is None else int(first.job),
        0 if first.item is None else int(first.item.material),
    )

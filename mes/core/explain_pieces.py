"""Which fact of a case booked which pieces, at what price, and whether they enter the KPIs."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from mes.core.case_checks import run_end
from mes.core.case_model import Case, CounterRole
from mes.core.case_model import effective_window as window_of
from mes.core.counters import good_and_scrap, increments, is_used
from mes.core.exact import Number
from mes.core.figures import counts_in
from mes.core.flags import Flag
from mes.core.partition import Segment
from mes.core.pieces import Bucket, Pieces, bucket_of, priced


@dataclass(frozen=True, slots=True, kw_only=True)
class Contribution:
    """Pieces that one fact adds at an instant of the window.

    Attributes:
        role: of the counter; None: a quantity of the case.
        old: reading before, None for quantities; `new`: the reading.
        material: what was made; None: unassigned.
        bucket: whether a policy may leave it out.
        counts: whether the policy of the case lets it enter the KPIs.
        flags: what it raises.
    """

    at: int
    role: CounterRole | None
    old: Number | None
    new: Number | None
    material: str | None
    bucket: Bucket
    counts: bool
    pieces: Pieces
    flags: tuple[Flag, ...]

    @property
    def is_nothing(self) -> bool:
        """Whether it adds no pieces: a reading without an increment, or one not believed."""
        one = self.pieces
        return not (one.good or one.scrap or one.rework or one.startup_scrap)


def contributions_of(case: Case, segments: Sequence[Segment]) -> tuple[Contribution, ...]:
    """Everything that adds pieces or raises a flag in the window, in order of time.

    Args:
        case: a case in canonical form.
        segments: its partition.
    """
    found = [*_counted(case, segments), *_stated(case, segments)]
    return tuple(sorted(found, key=lambda one: one.at))


def _counted(case: Case, segments: Sequence[Segment]) -> Iterator[Contribution]:
    window = window_of(case)
    booking = _Booking(case, segments)
    present = frozenset(counter.role for counter in case.counters)
    for counter in case.counters:
        if not is_used(counter.role, present):
            continue
        olds = (value for _, value in counter.readings)
        news = (value for _, value in counter.readings[1:])
        for (at, amount, raised), old, new in zip(increments(counter), olds, news, strict=False):
            if not window.start <= at < window.end:
                continue
            good, scrap = good_and_scrap(counter.role, amount, present)
            yield booking.at(
                at,
                (good, scrap, 0, 0),
                None,
                role=counter.role,
                old=old,
                new=new,
                flags=raised,
            )


def _stated(case: Case, segments: Sequence[Segment]) -> Iterator[Contribution]:
    window = window_of(case)
    booking = _Booking(case, segments)
    for entry in case.quantities:
        if window.start <= entry.at < window.end:
            yield booking.at(
                entry.at,
                (entry.good, entry.scrap, entry.rework, entry.startup_scrap),
                entry.material,
                flags=(Flag.ESTIMATED_QUANTITY,) if entry.estimated else (),
            )


class _Booking:
    """Finds material, bucket and price of pieces."""

    def __init__(self, case: Case, segments: Sequence[Segment]) -> None:
        self._case = case
        self._segments = segments
        self._starts = [segment.start for segment in segments]
        self._runs = [run for run in case.runs or () if run.start < run_end(run, case.as_of)]
        self._run_starts = [run.start for run in self._runs]

    def at(
        self,
        at: int,
        numbers: tuple[Number, Number, Number, Number],
        material: str | None,
        *,
        role: CounterRole | None = None,
        old: Number | None = None,
        new: Number | None = None,
        flags: tuple[Flag, ...] = (),
    ) -> Contribution:
        bucket = bucket_of(self._segments[bisect_right(self._starts, at) - 1])
        if material is None:
            material = self._loaded(at)
        return Contribution(
            at=at,
            role=role,
            old=old,
            new=new,
            material=material,
            bucket=bucket,
            counts=counts_in(bucket, self._case.policy),
            pieces=priced(numbers, self._case.materials.get(material or "")),
            flags=flags,
        )

    def _loaded(self, at: int) -> str | None:
        if self._case.runs is None:
            materials = self._case.materials
            return next(iter(materials)) if len(materials) == 1 else None
        index = bisect_right(self._run_starts, at) - 1
        if index < 0 or run_end(self._runs[index], self._case.as_of) <= at:
            return None
        return self._runs[index].material

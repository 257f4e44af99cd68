"""Pieces of a window by bucket and material, from counters and quantities (contract section 1)."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from mes.core.case_checks import run_end
from mes.core.case_model import Case, Material, Span, effective_window
from mes.core.classes import TimeClass
from mes.core.counters import good_and_scrap, is_used
from mes.core.counting import sums_between
from mes.core.exact import Number, simplified
from mes.core.flags import Flag
from mes.core.partition import Segment


class Bucket(StrEnum):
    """Whether a policy can leave pieces out, and why."""

    NORMAL = "normal"
    UNKNOWN = "unknown"
    """Booked while the machine's state was unknown."""
    OUTSIDE_PLAN = "outside_plan"
    """Booked while it ran in a break, in a planned stop or outside a shift."""


PieceKey = tuple[Bucket, str | None]
"""Bucket and material; None: of no named material."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pieces:
    """Sums over pieces; negative numbers are corrections and are kept.

    Attributes:
        startup_scrap: share of `scrap`, not added to it.
        ideal_total_s: ideal seconds for good + scrap + rework.
        ideal_good_s: ideal seconds for good.
        rate_missing: some of them have no rate and count with ideal time 0.
    """

    good: Number = 0
    scrap: Number = 0
    rework: Number = 0
    startup_scrap: Number = 0
    ideal_total_s: Number = 0
    ideal_good_s: Number = 0
    rate_missing: bool = False

    @property
    def total(self) -> Number:
        """PQ: good + scrap + rework."""
        return self.good + self.scrap + self.rework

    def __add__(self, other: Pieces) -> Pieces:
        return Pieces(
            good=simplified(self.good + other.good),
            scrap=simplified(self.scrap + other.scrap),
            rework=simplified(self.rework + other.rework),
            startup_scrap=simplified(self.startup_scrap + other.startup_scrap),
            ideal_total_s=simplified(self.ideal_total_s + other.ideal_total_s),
            ideal_good_s=simplified(self.ideal_good_s + other.ideal_good_s),
            rate_missing=self.rate_missing or other.rate_missing,
        )


def pieces_of(
    case: Case, segments: list[Segment]
) -> tuple[dict[PieceKey, Pieces], frozenset[Flag]]:
    """All pieces whose instant lies in the window, and the flags they raise.

    Args:
        case: a case in canonical form.
        segments: its partition.
    """
    window = effective_window(case)
    if not segments:
        return {}, frozenset()
    book = _Book(case, window, segments)
    flags: set[Flag] = set()
    _book_counters(case, window, book, flags)
    for entry in case.quantities:
        if window.start <= entry.at < window.end:
            if entry.good or entry.scrap:
                book.add(entry.at, entry.good, entry.scrap, entry.material)
            book.add_further(entry.at, entry.rework, entry.startup_scrap, entry.material)
            if entry.estimated:
                flags.add(Flag.ESTIMATED_QUANTITY)
    return book.priced(case.materials), frozenset(flags)


def _book_counters(case: Case, window: Span, book: _Book, flags: set[Flag]) -> None:
    present = frozenset(counter.role for counter in case.counters)
    for counter in case.counters:
        if not is_used(counter.role, present):
            continue
        for at, amount, raised in sums_between(counter, book.edges, window):
            flags.update(raised)
            if amount is not None:
                book.add(at, *good_and_scrap(counter.role, amount, present))


class _Book:
    """Adds up pieces by bucket and material.

    Attributes:
        edges: instants at which bucket or loaded material change, from the window's start on.
    """

    def __init__(self, case: Case, window: Span, segments: list[Segment]) -> None:
        starts = [segment.start for segment in segments]
        changes = dict(zip(starts, map(bucket_of, segments), strict=True))
        loaded = _loaded_materials(case)
        self.edges: list[int] = []
        self._keys: list[PieceKey] = []
        bucket, material = Bucket.NORMAL, loaded.pop(None, None)
        for at in sorted({*changes, *(edge for edge in loaded if edge is not None)}):
            bucket, material = changes.get(at, bucket), loaded.get(at, material)
            if self._keys and at <= window.start:
                self.edges, self._keys = [], []
            if not self._keys or self._keys[-1] != (bucket, material):
                self.edges.append(at)
                self._keys.append((bucket, material))
        self._sums: dict[PieceKey, list[Number]] = {}

    def add(self, at: int, good: Number, scrap: Number, material: str | None = None) -> None:
        sums = self._sums_at(at, material)
        sums[0] += good
        sums[1] += scrap

    def add_further(
        self, at: int, rework: Number, startup_scrap: Number, material: str | None
    ) -> None:
        if rework or startup_scrap:
            sums = self._sums_at(at, material)
            sums[2] += rework
            sums[3] += startup_scrap

    def _sums_at(self, at: int, material: str | None) -> list[Number]:
        bucket, loaded = self._keys[bisect_right(self.edges, at) - 1]
        key = (bucket, loaded if material is None else material)
        return self._sums.setdefault(key, [0, 0, 0, 0])

    def priced(self, materials: Mapping[str, Material]) -> dict[PieceKey, Pieces]:
        """The sums with their ideal time."""
        return {key: priced(sums, materials.get(key[1] or "")) for key, sums in self._sums.items()}


def _loaded_materials(case: Case) -> dict[int | None, str | None]:
    """From which instant on which material is loaded; under None: before all of them."""
    if case.runs is None:
        return {None: next(iter(case.materials)) if len(case.materials) == 1 else None}
    found: dict[int | None, str | None] = {}
    for run in case.runs:
        end = run_end(run, case.as_of)
        if run.start < end:
            found[run.start] = run.material
            found[end] = None
    return found


def bucket_of(segment: Segment) -> Bucket:
    """Where pieces are booked whose instant lies in the segment."""
    if segment.outside_plan is not None:
        return Bucket.OUTSIDE_PLAN
    return Bucket.UNKNOWN if segment.time_class is TimeClass.UNKNOWN else Bucket.NORMAL


def priced(sums: Sequence[Number], material: Material | None) -> Pieces:
    """Good, scrap, rework and start-up scrap of a material with their ideal time.

    Args:
        material: None: it has no rate.
    """
    good, scrap, rework, startup_scrap = map(simplified, sums)
    rate = None if material is None else material.ideal_cycle_s
    ideal_s: Number = 0
    if material is not None and rate is not None:
        ideal_s = Fraction(rate) / material.pieces_per_cycle
    return Pieces(
        good=good,
        scrap=scrap,
        rework=rework,
        startup_scrap=startup_scrap,
        ideal_total_s=simplified(ideal_s * (good + scrap + rework)),
        ideal_good_s=simplified(ideal_s * good),
        rate_missing=rate is None,
    )

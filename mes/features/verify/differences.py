"""Comparing the figures of a work unit with what happened and with what could be known of it.

Three numbers stand beside each other. What could be known and what the MES tells must be equal
within a stated bound; where the first two differ, the difference names what hid the rest.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from sqlalchemy.orm import Session

from mes.core.case import Case
from mes.core.case_model import Span
from mes.core.exact import Number
from mes.core.oee import OeeResult, compute
from mes.features.oee.queries import unit_at
from mes.features.oee.service import unit_result
from mes.features.verify.comparison import lateness_by_class
from mes.features.verify.mishaps import Mishap, hides, leaves_unknown, silences
from mes.features.verify.roster import (
    COUNTED_WITHOUT_REJECTS,
    CYCLES,
    ON_SUNDAYS,
    local,
    plan_around,
    shifts_around,
)
from mes.features.verify.truth import Loaded, UnitTruth, case_of

QUANTITIES = ("good", "scrap")
UNTYPED = "bad pieces that nobody has typed yet"


class Wire(StrEnum):
    """How the signals came."""

    REPLAY = "replay"
    """Those of past days, through the ingest of the MES."""
    LIVE = "live"
    """Read by an edge while the plant worked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One compared figure.

    Attributes:
        happened: what the journal says.
        knowable: what could be known of it after the mishaps.
        told: what the MES says.
        allowed: largest difference between the last two.
        allowed_more: by how much the MES may tell more; None: as much as less.
        why: what makes the first two differ; empty: nothing.
    """

    unit: str
    figure: str
    happened: float
    knowable: float
    told: float
    allowed: float = 0.0
    allowed_more: float | None = None
    why: str = ""

    @property
    def agrees(self) -> bool:
        """Whether the MES told what there was to tell."""
        more = self.allowed if self.allowed_more is None else self.allowed_more
        return -self.allowed - 1e-9 <= self.told - self.knowable <= more + 1e-9


@dataclass(slots=True)
class Verdict:
    """What one verified stretch told."""

    seed: int
    wire: Wire
    mishaps: Sequence[Mishap]
    differences: list[Difference] = field(default_factory=list)
    noted: dict[str, int] = field(default_factory=dict)
    readings: int = 0
    seconds: float = 0.0

    @property
    def unexplained(self) -> list[Difference]:
        """Figures in which the MES tells something else than what could be known."""
        return [one for one in self.differences if not one.agrees]


@dataclass(frozen=True, slots=True, kw_only=True)
class Restart:
    """A counter began again at 0 between two readings at `start` and `end` (us).

    Attributes:
        pieces: those of which nobody can tell on which side of a reading they were made.
        in_doubt: the difference of the readings is not believed and waits for a decision.
    """

    start: int
    end: int
    pieces: int
    in_doubt: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """How exactly a work unit can be known where nothing goes wrong; all zero: to the microsecond.

    Attributes:
        poll_us: plant time between two looks at its states; 0: each change has its own instant.
        count_us: plant time between two readings of a counter that changes.
        cut_us: how far the pieces of a reading may lie from it where a shift ends.
        restarts: where counters began again unseen.
    """

    poll_us: int = 0
    count_us: int = 0
    cut_us: int = 0
    restarts: Sequence[Restart] = ()

    def pieces(self, start: int, end: int) -> int:
        """Pieces that restarts in [start, end) may have taken with them or not."""
        return sum(one.pieces for one in self.restarts if one.start < end and start < one.end)


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """A work unit in the verified stretch.

    Attributes:
        happened: what it did.
        known: what could be known of it after the mishaps.
        loaded: its orders.
        mishaps: what hit its source.
    """

    happened: UnitTruth
    known: UnitTruth
    loaded: Sequence[Loaded]
    mishaps: Sequence[Mishap]
    bounds: Bounds

    @property
    def unit(self) -> str:
        """The work unit's code."""
        return self.happened.unit


def differences(session: Session, story: Story, window: tuple[int, int]) -> Iterator[Difference]:
    """Pieces, time classes and OEE of the whole window (us), and the pieces of each shift in it."""
    given = unit_at(session, story.unit, window[1])
    told = unit_result(session, given, Span(*window))
    yield from _totals(story, told, window)
    shifts = shifts_around(*window, sundays=story.unit in ON_SUNDAYS)
    for start, end in shifts:
        cut = max(start, window[0]), min(end, window[1])
        if cut[0] < cut[1]:
            figures = unit_result(session, given, Span(*cut))
            yield from _shift(story, f"shift {local(start):%m-%d %H:%M}", cut, figures)


def _totals(story: Story, told: OeeResult, window: tuple[int, int]) -> Iterator[Difference]:
    happened = _computed(story.happened, story.loaded, window)
    could = _computed(story.known, story.loaded, window)
    lateness = _lateness(story, window)
    reason = ", ".join(sorted({one.kind.value for one in story.mishaps if hides(one)}))
    for name in QUANTITIES:
        was, known = _pieces(happened, name), _pieces(could, name)
        yield Difference(
            unit=story.unit,
            figure=name,
            happened=was,
            knowable=known,
            told=_pieces(told, name),
            allowed=story.bounds.pieces(*window),
            why="" if was == known else _why_uncounted(story, reason),
        )
    for kind, length in told.figures.times_us.items():
        was, known = happened.figures.times_us[kind], could.figures.times_us[kind]
        yield Difference(
            unit=story.unit,
            figure=f"{kind.value} s",
            happened=was / 1e6,
            knowable=known / 1e6,
            told=length / 1e6,
            allowed=lateness.get(kind.value, 0) / 1e6,
            why=reason if was != known else "",
        )
    values = [result.kpis["oee"] for result in (happened, could, told)]
    was_oee, known_oee, told_oee = (0.0 if one is None else float(one) * 100 for one in values)
    yield Difference(
        unit=story.unit,
        figure="oee %",
        happened=was_oee,
        knowable=known_oee,
        told=told_oee,
        allowed=1e-6 + _points_allowed(story, told, window, sum(lateness.values())),
        why=reason if was_oee != known_oee else "",
    )


def _shift(
    story: Story, figure: str, shift: tuple[int, int], told: OeeResult
) -> Iterator[Difference]:
    """Pieces of a shift; of one whose edge lies in a silence, within the pieces of that."""
    start, end = shift
    cut = [m for m in story.mishaps if silences(m) and (m.holds(start) or m.holds(end))]
    allowed = sum(_pieces_moved(story, one) for one in cut)
    allowed += story.bounds.pieces(*shift) + sum(_pieces_near(story, edge) for edge in shift)
    # As a figure takes them: what is made at the first instant is in, at the last is not.
    made = story.known.pieces(start - 1, end - 1)
    for name, count in zip(QUANTITIES, made, strict=True):
        yield Difference(
            unit=story.unit,
            figure=f"{figure} {name}",
            happened=count,
            knowable=count,
            told=_pieces(told, name),
            allowed=allowed,
            why=", ".join(one.kind.value for one in cut),
        )


def _computed(truth: UnitTruth, loads: Sequence[Loaded], window: tuple[int, int]) -> OeeResult:
    return compute(_case(truth, loads, window))


def _case(truth: UnitTruth, loads: Sequence[Loaded], window: tuple[int, int]) -> Case:
    return case_of(
        truth,
        window=window,
        plan=plan_around(*window, sundays=truth.unit in ON_SUNDAYS),
        default_item=next(iter(CYCLES[truth.unit])),
        cycles=CYCLES[truth.unit],
        loaded=loads,
    )


def _lateness(story: Story, window: tuple[int, int]) -> Mapping[str, int]:
    """How much (us) each time class may be off."""
    if not story.bounds.poll_us:
        return {}
    case = _case(story.known, story.loaded, window)
    return lateness_by_class(case, story.bounds.poll_us, story.known.lags)


def _why_uncounted(story: Story, reason: str) -> str:
    return UNTYPED if story.unit in COUNTED_WITHOUT_REJECTS else reason


def _points_allowed(
    story: Story, told: OeeResult, window: tuple[int, int], lateness_us: int
) -> float:
    """OEE points of times that are off, and of the pieces that nobody can place in a silence.

    The pieces before an edge of unknown time may be counted behind it; and pieces of a pause inside
    unknown time are taken for pieces of the unknown time around it, which a figure leaves out with
    their time.
    """
    if not told.figures.pbt_us:
        return 0.0
    pieces = story.bounds.pieces(*window)
    for one in story.mishaps:
        if leaves_unknown(one):
            for edge in (one.start, one.end):
                pieces += max(1, sum(story.known.pieces(edge - story.bounds.count_us, edge)))
            for start, end in _pauses(story.unit, one.start, one.end):
                pieces += sum(story.known.pieces(start, end))
    longest_us = max(float(cycle) for cycle in CYCLES[story.unit].values()) * 1e6
    return 100 * (pieces * longest_us + lateness_us) / told.figures.pbt_us


def _pauses(unit: str, start: int, end: int) -> list[tuple[int, int]]:
    """The parts of a stretch in which nothing is planned."""
    plan = plan_around(start, end, sundays=unit in ON_SUNDAYS)
    inside = [(max(a, start), min(b, end)) for a, b, _ in plan.breaks]
    at = start
    for first, last in [*plan.shifts, (end, end)]:
        inside.append((at, min(first, end)))
        at = max(at, last)
    return [(a, b) for a, b in inside if a < b]


def _pieces_moved(story: Story, mishap: Mishap) -> int:
    """Pieces that a shift's end inside a mishap may put on either side of it."""
    end = mishap.end if leaves_unknown(mishap) else mishap.start
    return sum(story.known.pieces(mishap.start - story.bounds.count_us, end))


def _pieces_near(story: Story, edge: int) -> int:
    """Pieces that a reading around the end of a shift may put on either side of it."""
    return sum(story.known.pieces(edge - story.bounds.cut_us, edge + story.bounds.cut_us))


def _pieces(result: OeeResult, name: str) -> float:
    """What entered the figure and what the policy left out, together."""
    both: list[Number] = [
        getattr(part, name) for part in (result.figures.counted, result.figures.excluded)
    ]
    return float(sum(both))

"""What a line lost and which machine caused it (rules R10 and R28).

A line loses what its pacing machine (the constraint) loses, every minute once: three stations that
stop together for ten minutes cost ten, not thirty. A machine that waits because it is blocked or
starved is not charged where its neighbour in that direction stands: the cause is the neighbour's
stop, and if the neighbour waits in the same direction, that of the machine behind it.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from mes.core.classes import MachineState, TimeClass
from mes.core.partition import Segment

BLOCKED = "blocked"
"""Built-in reason: it cannot hand on, the next machine of the line is the cause."""
STARVED = "starved"
"""Built-in reason: it gets nothing, the machine before it is the cause."""

_DIRECTION = {BLOCKED: 1, STARVED: -1}
_LOST = frozenset(
    {
        TimeClass.UNPLANNED_STOP,
        TimeClass.MINOR_STOP,
        TimeClass.SETUP,
        TimeClass.WAITING,
        TimeClass.NO_ORDER,
    }
)
_STANDING = _LOST | {TimeClass.PLANNED_STOP}
"""Classes in which a neighbour can be the cause."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LineLoss:
    """A stretch that the line lost for one cause.

    Attributes:
        machine: index of the machine that caused it, in the order of the line.
        time_class: class of that machine's stop.
        reason: its reason, None without one.
        stop_start: start of that machine's stop, of other classes start of its segment.
    """

    start: int
    end: int
    machine: int
    time_class: TimeClass
    reason: str | None
    stop_start: int

    @property
    def length_us(self) -> int:
        """Microseconds."""
        return self.end - self.start


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """All stretches of one cause: lost time, and how many stops it was."""

    machine: int
    time_class: TimeClass
    reason: str | None
    us: int
    stops: int


def line_losses(machines: Sequence[Sequence[Segment]], pacing: int) -> list[LineLoss]:
    """The lost time of a line in order, each stretch with its cause; stretches do not overlap.

    Args:
        machines: the partitions of one window, in the order in which the line hands on.
        pacing: index of the machine whose lost time is the line's.
    """
    line = [_Machine(segments) for segments in machines]
    found: list[LineLoss] = []
    for segment in machines[pacing]:
        if segment.time_class not in _LOST:
            continue
        for start, end in _pieces(line, segment):
            machine, cause = _cause(line, pacing, segment, start)
            loss = LineLoss(
                start=start,
                end=end,
                machine=machine,
                time_class=cause.time_class,
                reason=cause.reason,
                stop_start=cause.start if cause.stop_start is None else cause.stop_start,
            )
            if found and _continues(found[-1], loss):
                loss = _joined(found.pop(), loss)
            found.append(loss)
    return found


def causes(losses: Sequence[LineLoss]) -> list[Cause]:
    """The losses by machine, class and reason, the largest first."""
    lengths: dict[tuple[int, TimeClass, str | None], int] = defaultdict(int)
    stops: dict[tuple[int, TimeClass, str | None], set[int]] = defaultdict(set)
    for loss in losses:
        key = (loss.machine, loss.time_class, loss.reason)
        lengths[key] += loss.length_us
        stops[key].add(loss.stop_start)
    made = [
        Cause(machine=machine, time_class=kind, reason=reason, us=us, stops=len(stops[key]))
        for key, us in lengths.items()
        for machine, kind, reason in (key,)
    ]
    return sorted(made, key=lambda one: (-one.us, one.machine, one.time_class, one.reason or ""))


class _Machine:
    """The partition of one machine, asked by instant."""

    def __init__(self, segments: Sequence[Segment]) -> None:
        self._segments = segments
        self._starts = [segment.start for segment in segments]

    def at(self, instant: int) -> Segment | None:
        index = bisect_right(self._starts, instant) - 1
        if index < 0 or self._segments[index].end <= instant:
            return None
        return self._segments[index]

    def cuts(self, start: int, end: int) -> Sequence[int]:
        first = bisect_right(self._starts, start)
        return self._starts[first : bisect_left(self._starts, end)]


def _pieces(line: Sequence[_Machine], segment: Segment) -> Iterator[tuple[int, int]]:
    """The segment cut where any machine of the line changes, if others can be its cause."""
    if _direction(segment) is None:
        yield segment.start, segment.end
        return
    cuts = {cut for machine in line for cut in machine.cuts(segment.start, segment.end)}
    edges = [segment.start, *sorted(cuts), segment.end]
    yield from pairwise(edges)


def _cause(
    line: Sequence[_Machine], machine: int, segment: Segment, at: int
) -> tuple[int, Segment]:
    """The machine that caused what one machine lost at an instant, and its segment there."""
    direction = _direction(segment)
    if direction is None:
        return machine, segment
    near = machine + direction
    while 0 <= near < len(line):
        found = line[near].at(at)
        if found is None or found.time_class not in _STANDING:
            break
        beyond = _direction(found)
        if beyond is None:
            return near, found
        if beyond != direction:
            break
        near += direction
    return machine, segment


def _direction(segment: Segment) -> int | None:
    """Where the cause of a wait lies: +1 downstream, -1 upstream, None: in the machine itself."""
    if segment.state is not MachineState.WAITING or segment.reason is None:
        return None
    return _DIRECTION.get(segment.reason.partition(" (")[0])


def _continues(one: LineLoss, other: LineLoss) -> bool:
    return one.end == other.start and (
        (one.machine, one.time_class, one.reason, one.stop_start)
        == (other.machine, other.time_class, other.reason, other.stop_start)
    )


def _joined(one: LineLoss, other: LineLoss) -> LineLoss:
    return LineLoss(
        start=one.start,
        end=other.end,
        machine=one.machine,
        time_class=one.time_class,
        reason=one.reason,
        stop_start=one.stop_start,
    )

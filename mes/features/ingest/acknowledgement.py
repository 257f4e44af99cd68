"""Which sequence numbers of a stream are present: a contiguous head and islands behind holes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

ISLANDS_MAX = 1000
"""Most islands remembered for a stream; what lies behind the last one is asked for again."""


@dataclass(frozen=True, slots=True)
class Presence:
    """What has arrived of one (source, stream, epoch).

    Attributes:
        acked: highest sequence number up to which everything is present; 0: nothing.
        islands: inclusive ranges beyond holes, sorted, disjoint and not adjacent.
    """

    acked: int = 0
    islands: tuple[tuple[int, int], ...] = ()

    def has(self, seq: int) -> bool:
        """Whether this record has arrived before."""
        return seq <= self.acked or any(first <= seq <= last for first, last in self.islands)

    @property
    def complete(self) -> bool:
        """Whether nothing is missing below the highest number seen."""
        return not self.islands

    def with_ranges(self, ranges: Iterable[tuple[int, int]]) -> Presence:
        """After inclusive ranges have arrived; repeats change nothing."""
        ranges = list(ranges)
        if not self.islands and len(ranges) == 1 and ranges[0][0] == self.acked + 1:
            return Presence(ranges[0][1])
        acked = self.acked
        islands: list[tuple[int, int]] = []
        for first, last in sorted([*self.islands, *ranges]):
            if first <= acked + 1:
                acked = max(acked, last)
            elif islands and first <= islands[-1][1] + 1:
                islands[-1] = (islands[-1][0], max(islands[-1][1], last))
            else:
                islands.append((first, last))
        return Presence(acked, tuple(islands[:ISLANDS_MAX]))


def from_json(acked: int, islands: Sequence[Sequence[int]] | None) -> Presence:
    """The presence stored in a `source_stream` row."""
    return Presence(acked, tuple((first, last) for first, last in islands or ()))

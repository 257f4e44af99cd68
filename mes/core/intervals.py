"""Arithmetic of half-open stretches `[start, end)` of integer microseconds."""

from __future__ import annotations

from collections.abc import Iterable

Stretch = tuple[int, int]


def union(stretches: Iterable[Stretch]) -> list[Stretch]:
    """The same time as disjoint stretches in order; touching ones are joined, empty ones go."""
    joined: list[Stretch] = []
    for start, end in sorted(stretches):
        if start >= end:
            continue
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end))
        else:
            joined.append((start, end))
    return joined


def cuts(stretches: Iterable[Stretch], start: int, end: int) -> list[int]:
    """Sorted instants in `[start, end]` at which a stretch begins or ends, both ends included."""
    instants = {start, end}
    for stretch in stretches:
        instants.update(instant for instant in stretch if start < instant < end)
    return sorted(instants)


class Cursor:
    """Answers "is this instant covered?" for instants asked in ascending order."""

    def __init__(self, stretches: list[Stretch]) -> None:
        self._stretches = stretches
        self._index = 0

    def covers(self, instant: int) -> bool:
        """Whether one of the disjoint, ordered stretches holds `instant`."""
        while self._index < len(self._stretches) and self._stretches[self._index][1] <= instant:
            self._index += 1
        return self._index < len(self._stretches) and self._stretches[self._index][0] <= instant

"""Merging of changes per line: at once when idle, at most one message per window when busy. Pure.

Times are seconds of the monotonic clock.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field


@dataclass(slots=True)
class Merger:
    """What changed per group and when each group was last sent.

    Attributes:
        window_s: least time between two messages of a group.
        merged: how many changes found their work unit already waiting.
    """

    window_s: float
    merged: int = 0
    _pending: dict[Hashable, set[int]] = field(default_factory=dict)
    _sent: dict[Hashable, float] = field(default_factory=dict)

    def add(self, group: Hashable, unit: int) -> None:
        """Note that a unit of a group changed; the last value will win."""
        waiting = self._pending.setdefault(group, set())
        if unit in waiting:
            self.merged += 1
        waiting.add(unit)

    def take_due(self, now: float) -> dict[Hashable, set[int]]:
        """Take the groups whose window has passed; they count as sent now."""
        due = [group for group in self._pending if now >= self._due_at(group)]
        taken = {group: self._pending.pop(group) for group in due}
        self._sent.update(dict.fromkeys(taken, now))
        return taken

    def next_due(self) -> float | None:
        """When the next waiting group may be sent; None when nothing waits."""
        return min(map(self._due_at, self._pending), default=None)

    def put_back(self, groups: dict[Hashable, set[int]]) -> None:
        """Wait again with groups that could not be sent."""
        for group, units in groups.items():
            self._pending.setdefault(group, set()).update(units)

    def forget(self, groups: Iterable[Hashable]) -> None:
        """Drop what is known of groups that are gone."""
        for group in groups:
            self._pending.pop(group, None)
            self._sent.pop(group, None)

    def _due_at(self, group: Hashable) -> float:
        return self._sent.get(group, float("-inf")) + self.window_s

    @property
    def waiting(self) -> int:
        """How many units wait."""
        return sum(map(len, self._pending.values()))

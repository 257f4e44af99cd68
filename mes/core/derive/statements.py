"""What people say about stops: which statements hold, and where (S3 to S7)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

from mes.core.derive.records import FOREVER, StateRecord
from mes.core.derive.replacing import replaced_ids
from mes.core.derive.signals import State


class StatementKind(StrEnum):
    """How a statement attaches."""

    WHOLE = "whole"
    PART = "part"
    DECLARE = "declare"
    REVERT = "revert"


@dataclass(frozen=True, slots=True, kw_only=True)
class StopStatement:
    """An append-only fact: what a person says about a stop (S3).

    Attributes:
        command_id: identity of the statement.
        stated_at: UTC microseconds; server time, or corrected device time from an outbox.
        seen_start: whole: start of the stop as it was shown.
        seen_end: whole: its end as it was shown; None: it was open.
        start: part, declare: first instant it speaks about.
        end: part, declare: the instant after the last. None: a part reaches to the end of the stops
            that it met when it was stated, a declaration to the moment it was stated.
        reason: reason code; a whole or part has one, a declaration may.
        state: declare: the state.
        replaces: command_id of the statement that this one takes the place of, a revert takes away.
        person: who said it.
    """

    kind: StatementKind
    command_id: str
    stated_at: int
    seen_start: int | None = None
    seen_end: int | None = None
    start: int | None = None
    end: int | None = None
    reason: str | None = None
    state: State | None = None
    replaces: str | None = None
    person: str | None = None

    def __post_init__(self) -> None:
        """Raises: ValueError: a field that the kind needs is absent, or an end before a start."""
        needed = {
            StatementKind.WHOLE: ("seen_start", "reason"),
            StatementKind.PART: ("start", "reason"),
            StatementKind.DECLARE: ("start", "state"),
            StatementKind.REVERT: ("replaces",),
        }[self.kind]
        for name in needed:
            if getattr(self, name) is None:
                raise ValueError(f"a statement of kind {self.kind} needs {name}")
        if self.kind is not StatementKind.REVERT and self.end_given < self.window_start:
            raise ValueError("a statement ends before it starts")

    @property
    def end_given(self) -> int:
        """The end of what it speaks about; where that was open, the moment it was stated."""
        end = self.seen_end if self.kind is StatementKind.WHOLE else self.end
        return max(self.stated_at, self.window_start) if end is None else end

    @property
    def window_start(self) -> int:
        """Start of the time whose stops it meets; `FOREVER` for a revert."""
        start = self.seen_start if self.kind is StatementKind.WHOLE else self.start
        return FOREVER if start is None else start

    @property
    def window_end(self) -> int:
        """End of the time whose stops it meets.

        A whole or an open part meets the stop it was stated about even in its first instant; a part
        or declaration of no length meets nothing.
        """
        if self.kind is StatementKind.WHOLE or self.is_open:
            return max(self.end_given, self.window_start + 1)
        return self.end_given

    @property
    def is_open(self) -> bool:
        """Whether it covers what it meets to the end of the stop."""
        if self.kind is StatementKind.WHOLE:
            return self.seen_end is None
        return self.kind is StatementKind.PART and self.end is None

    @property
    def rank(self) -> tuple[int, str]:
        """Within a kind the later one wins (S6)."""
        return (self.stated_at, self.command_id)


def statements_in_force(statements: Iterable[StopStatement]) -> list[StopStatement]:
    """Those that no statement in force replaces (S6), reverts themselves left out, by rank.

    Equal repeats of one command count once. Statements that replace one another in a circle are all
    in force.
    """
    by_id = {statement.command_id: statement for statement in statements}
    replaced = replaced_ids({key: statement.replaces for key, statement in by_id.items()})
    held = [
        statement
        for command_id, statement in by_id.items()
        if command_id not in replaced and statement.kind is not StatementKind.REVERT
    ]
    return sorted(held, key=lambda statement: statement.rank)


def declarations(in_force: Sequence[StopStatement]) -> list[tuple[int, int, StopStatement]]:
    """Which declaration holds when: (start, end, statement), sorted and disjoint, later wins."""
    declared = [s for s in in_force if s.kind is StatementKind.DECLARE]
    if not declared:
        return []
    by_start = sorted(declared, key=lambda s: s.window_start)
    cuts = sorted({s.window_start for s in declared} | {s.end_given for s in declared})
    result: list[tuple[int, int, StopStatement]] = []
    active: list[StopStatement] = []
    index = 0
    for start, end in pairwise(cuts):
        active = [s for s in active if s.end_given > start]
        while index < len(by_start) and by_start[index].window_start <= start:
            if by_start[index].end_given > start:
                active.append(by_start[index])
            index += 1
        if not active:
            continue
        winner = max(active, key=lambda s: s.rank)
        if result and result[-1][1] == start and result[-1][2] is winner:
            start = result.pop()[0]
        result.append((start, end, winner))
    return result


def attachments(
    extents: Sequence[tuple[int, int]], in_force: Iterable[StopStatement]
) -> list[list[StopStatement]]:
    """For each stop extent [start, end), in time order, the whole and part statements it meets."""
    kinds = (StatementKind.WHOLE, StatementKind.PART)
    waiting = sorted(
        (s for s in in_force if s.kind in kinds and s.window_start < s.window_end),
        key=lambda s: (s.window_start, s.rank),
    )
    active: list[StopStatement] = []
    result = []
    index = 0
    for start, end in extents:
        active = [s for s in active if s.window_end > start]
        while index < len(waiting) and waiting[index].window_start < end:
            if waiting[index].window_end > start:
                active.append(waiting[index])
            index += 1
        result.append(list(active))
    return result


class Spans:
    """The statements that one stop meets, asked for the winner at an instant (S4, S5, S6)."""

    def __init__(
        self,
        start: int,
        end: int,
        attached: Sequence[StopStatement],
        limit_at: Callable[[int], int],
    ) -> None:
        """Args: limit_at: minor-stop limit at an instant, the growth of a whole on each side."""
        self._parts: list[tuple[int, int, StopStatement]] = []
        self._seen: list[tuple[int, int, StopStatement]] = []
        self._grown: list[tuple[int, int, int, int, StopStatement]] = []
        for statement in attached:
            first = max(start, statement.window_start)
            last = end if statement.is_open else min(end, statement.window_end)
            if statement.kind is StatementKind.PART:
                self._parts.append((first, last, statement))
                continue
            self._seen.append((first, last, statement))
            limit_us = limit_at(statement.window_start)
            left = max(start, statement.window_start - limit_us)
            right = end if statement.is_open else min(end, statement.window_end + limit_us)
            self._grown.append((left, first, last, right, statement))

    def cuts(self) -> list[int]:
        """Every instant at which the winner may change, sorted."""
        found = {at for span in self._parts for at in span[:2]}
        for left, first, last, right, _ in self._grown:
            found.update((left, first, last, right))
        return sorted(found)

    def winner(self, at: int) -> StopStatement | None:
        """The statement that gives the reason at an instant of the stop; None: there is none.

        A part wins over a whole, the later over the earlier. Growth gives way to what another
        statement has seen; where two grow towards each other the earlier stretch takes the time
        between, and of several on one side the nearest.
        """
        for spans in (self._parts, self._seen):
            held = [s for first, last, s in spans if first <= at < last]
            if held:
                return max(held, key=lambda s: s.rank)
        after = [(last, s) for _, _, last, right, s in self._grown if last <= at < right]
        if after:
            return max(after, key=lambda entry: (entry[0], entry[1].rank))[1]
        before = [(-first, s) for left, first, _, _, s in self._grown if left <= at < first]
        if before:
            return max(before, key=lambda entry: (entry[0], entry[1].rank))[1]
        return None


def orphans(
    records: Sequence[StateRecord], statements: Iterable[StopStatement]
) -> list[StopStatement]:
    """The whole and part statements in force that meet no stop, by rank (S7).

    Args:
        records: all that overlap the windows of the statements.
        statements: all that replace one of them included.
    """
    return unattached(stop_extents(records), statements_in_force(statements))


def unattached(
    extents: Sequence[tuple[int, int]], in_force: Sequence[StopStatement]
) -> list[StopStatement]:
    """The whole and part statements among those in force that meet none of the stops."""
    met = {s.command_id for attached in attachments(extents, in_force) for s in attached}
    kinds = (StatementKind.WHOLE, StatementKind.PART)
    return [s for s in in_force if s.kind in kinds and s.command_id not in met]


def stop_extents(records: Iterable[StateRecord]) -> list[tuple[int, int]]:
    """[start, end) of each stop in the records; `FOREVER` ends an open one."""
    extents: list[tuple[int, int]] = []
    for record in records:
        if record.stop_start is None:
            continue
        end = FOREVER if record.end is None else record.end
        if extents and extents[-1][0] == record.stop_start:
            extents[-1] = (record.stop_start, end)
        else:
            extents.append((record.stop_start, end))
    return extents

"""Where to derive again after new facts, so that the result equals the full derivation."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from mes.core.derive.records import FOREVER, StateRecord
from mes.core.derive.signals import State
from mes.core.derive.statements import StatementKind, StopStatement
from mes.core.derive.states import without_unknown_head


@dataclass(frozen=True, slots=True, kw_only=True)
class RestartPoint:
    """Where a derivation begins again.

    Attributes:
        at: the instant to derive from, UTC microseconds.
        index: the first of the records given that is replaced; it may begin before `at`.
    """

    at: int
    index: int


def restart_point(
    records: Sequence[StateRecord], dirty_from: int, bridge_us: int, *, from_first: bool = True
) -> RestartPoint | None:
    """The latest instant from which it is safe to derive again.

    That is the start of the stop that holds or touches `dirty_from`, unknown time that it might
    bridge looked through; where no stop is near, `dirty_from` itself.

    Args:
        records: of the present derivation, in order; only the last ones are needed.
        dirty_from: no fact before this instant is new, and no new statement reaches before it.
        bridge_us: `StateRules.unknown_bridge_us`.
        from_first: whether `records` begins with the very first record of the work unit.

    Returns:
        None: more earlier records are needed (never if `from_first`).
    """
    index = bisect_left(records, dirty_from, key=lambda record: record.start) - 1
    if index < 0:
        return RestartPoint(at=dirty_from, index=0) if from_first else None
    near = index
    while (
        records[near].stop_start is None
        and records[near].state is State.UNKNOWN
        and dirty_from - records[near].start <= bridge_us
    ):
        near -= 1
        if near < 0:
            return RestartPoint(at=dirty_from, index=index) if from_first else None
    stop_start = records[near].stop_start
    if stop_start is None:
        return RestartPoint(at=dirty_from, index=index)
    first = bisect_left(records, stop_start, key=lambda record: record.start)
    if records[first].start != stop_start:
        return None
    return RestartPoint(at=stop_start, index=first)


def splice(
    records: Sequence[StateRecord],
    point: RestartPoint,
    tail: Sequence[StateRecord],
    *,
    from_first: bool = True,
) -> list[StateRecord]:
    """The rows that take the place of `records[point.index:]` after deriving a tail again.

    Args:
        records: those that `restart_point` was asked with.
        tail: result of `states.derive_from` at the point.
        from_first: as asked there.
    """
    rows = list(tail)
    if point.index < len(records) and records[point.index].start < point.at:
        kept = replace(records[point.index], end=point.at)
        if rows and kept.says_the_same_as(rows[0]):
            rows[0] = replace(rows[0], start=kept.start)
        else:
            rows.insert(0, kept)
    return without_unknown_head(rows) if from_first and point.index == 0 else rows


def statement_dirty_from(
    new: StopStatement, statements: Iterable[StopStatement], minor_limit_us: int
) -> int | None:
    """The first instant whose reason or state a new statement may change.

    Args:
        minor_limit_us: the longest of the minor-stop limits in force.
        statements: at least those that it replaces, directly or through others; without them a
            revert would not know its reach.

    Returns:
        None: it changes nothing, such as a revert of a statement that has not arrived yet.
    """
    by_id = {statement.command_id: statement for statement in statements}
    first = FOREVER
    seen: set[str] = set()
    statement: StopStatement | None = new
    while statement is not None and statement.command_id not in seen:
        seen.add(statement.command_id)
        if statement.kind is not StatementKind.REVERT:
            growth = minor_limit_us if statement.kind is StatementKind.WHOLE else 0
            first = min(first, statement.window_start - growth)
        statement = by_id.get(statement.replaces) if statement.replaces else None
    return None if first >= FOREVER else first


def statement_dirty_until(
    new: StopStatement, statements: Iterable[StopStatement], minor_limit_us: int
) -> int:
    """The instant behind which a new statement changes nothing but the end of a stop it meets.

    Args:
        minor_limit_us: the longest of the minor-stop limits in force.
        statements: at least those that it replaces, directly or through others.
    """
    by_id = {statement.command_id: statement for statement in statements}
    last = 0
    seen: set[str] = set()
    statement: StopStatement | None = new
    while statement is not None and statement.command_id not in seen:
        seen.add(statement.command_id)
        if statement.kind is not StatementKind.REVERT:
            last = max(last, statement.window_end + minor_limit_us)
        statement = by_id.get(statement.replaces) if statement.replaces else None
    return last

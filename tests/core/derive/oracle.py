"""The rules of states and statements, written down instant by instant and slowly.

Nothing of the derivation is used, so that both are right or they differ.
"""

from __future__ import annotations

from mes.core.derive.records import StateRecord
from mes.core.derive.signals import Gap, State, StateSignal
from mes.core.derive.statements import StatementKind, StopStatement
from mes.core.derive.states import StateRules

FAMILIES = ({State.STOPPED, State.DOWN, State.OFF}, {State.SETUP}, {State.WAITING})

Said = tuple[State, int | None, str | None, str | None, str | None]
"""State, stop start, reason, reason source and command_id of one instant."""


def say(
    until: int,
    signals: list[StateSignal],
    gaps: list[Gap],
    statements: list[StopStatement],
    rules: StateRules,
) -> list[Said]:
    """What the rules say of each instant of [0, until)."""
    held = [s for s in statements if _in_force(s, statements, frozenset())]
    declared = [_declared(at, held) for at in range(until)]
    machine = [_machine(at, signals, gaps) for at in range(until)]
    states = [d.state or m[0] if d else m[0] for d, m in zip(declared, machine, strict=True)]
    stops = _stops(states, rules.unknown_bridge_us)
    result: list[Said] = []
    for at in range(until):
        stop = next((s for s in stops if s[0] <= at < s[1]), None)
        if stop is None or states[at] is State.UNKNOWN:
            declaration = declared[at]
            by = declaration.command_id if declaration else None
            source = "declaration" if by else None
            result.append((states[at], stop[0] if stop else None, None, source, by))
        else:
            said = _reason(at, stop, held, declared[at], machine[at][1], until, rules)
            result.append((states[at], stop[0], *said))
    return result


def _in_force(
    statement: StopStatement, statements: list[StopStatement], asked: frozenset[str]
) -> bool:
    """S6: no statement in force replaces it; the tests that use this make no circles."""
    return not any(
        other.replaces == statement.command_id
        and other.command_id not in asked
        and _in_force(other, statements, asked | {statement.command_id})
        for other in statements
    )


def _machine(at: int, signals: list[StateSignal], gaps: list[Gap]) -> tuple[State, str | None]:
    if any(gap.start <= at < gap.end for gap in gaps):
        return State.UNKNOWN, None
    known = [s for s in signals if s.event_time <= at]
    if not known:
        return State.UNKNOWN, None
    last = max(known, key=lambda s: (s.event_time, s.source, s.epoch, s.seq))
    state = last.state or State.UNKNOWN
    says_stop = any(state in family for family in FAMILIES)
    return state, last.machine_reason if says_stop else None


def _declared(at: int, held: list[StopStatement]) -> StopStatement | None:
    found = [
        s
        for s in held
        if s.kind is StatementKind.DECLARE
        and (s.start or 0) <= at < (s.stated_at if s.end is None else s.end)
    ]
    return max(found, key=lambda s: (s.stated_at, s.command_id), default=None)


def _stops(states: list[State], bridge_us: int) -> list[tuple[int, int]]:
    """S1: [first instant, behind the last) of each stop."""
    stops: list[tuple[int, int]] = []
    for at, state in enumerate(states):
        family = next((f for f in FAMILIES if state in f), None)
        if family is None:
            continue
        between = states[stops[-1][1] : at] if stops else []
        joins = (
            bool(stops)
            and states[stops[-1][1] - 1] in family
            and len(between) <= bridge_us
            and set(between) <= {State.UNKNOWN}
        )
        if joins:
            stops[-1] = (stops[-1][0], at + 1)
        else:
            stops.append((at, at + 1))
    return stops


def _reason(
    at: int,
    stop: tuple[int, int],
    held: list[StopStatement],
    declared: StopStatement | None,
    machine_reason: str | None,
    until: int,
    rules: StateRules,
) -> tuple[str | None, str | None, str | None]:
    if declared is not None and declared.reason is not None:
        return declared.reason, "declaration", declared.command_id
    parts = [
        s
        for s in held
        if s.kind is StatementKind.PART
        and _meets(s.start or 0, s.end, s.stated_at, stop)
        and (s.start or 0) <= at < (until if s.end is None else s.end)
    ]
    whole = _whole(at, stop, held, until, rules.minor_limit_us)
    winner = max(parts, key=lambda s: (s.stated_at, s.command_id), default=whole)
    if winner is not None:
        return winner.reason, "declaration" if declared else "statement", winner.command_id
    if machine_reason is not None:
        return machine_reason, "machine", None
    return (None, "declaration", declared.command_id) if declared else (None, None, None)


def _meets(start: int, end: int | None, stated_at: int, stop: tuple[int, int]) -> bool:
    """Whether the stop overlaps what was seen, of which at least one instant counts."""
    last = max(start, stated_at) if end is None else end
    return stop[0] < max(last, start + 1) and start < stop[1]


def _whole(
    at: int, stop: tuple[int, int], held: list[StopStatement], until: int, limit: int
) -> StopStatement | None:
    """S4 and S6 for whole statements: seen before grown, and of the grown the earlier stretch."""
    met = [
        (s, s.seen_start or 0, until if s.seen_end is None else _behind(s))
        for s in held
        if s.kind is StatementKind.WHOLE
        and _meets(s.seen_start or 0, s.seen_end, s.stated_at, stop)
    ]
    seen = [(s.stated_at, s.command_id, s) for s, start, end in met if start <= at < end]
    if seen:
        return max(seen, key=lambda entry: entry[:2])[2]
    after = [(end, s.stated_at, s.command_id, s) for s, _, end in met if end <= at < end + limit]
    if after:
        return max(after, key=lambda entry: entry[:3])[3]
    before = [
        (-start, s.stated_at, s.command_id, s) for s, start, _ in met if start - limit <= at < start
    ]
    return max(before, key=lambda entry: entry[:3])[3] if before else None


def _behind(statement: StopStatement) -> int:
    return max(statement.seen_end or 0, (statement.seen_start or 0) + 1)


def instants(records: list[StateRecord], until: int) -> list[Said]:
    """What the records say of each instant of [0, until)."""
    result: list[Said] = [(State.UNKNOWN, None, None, None, None)] * until
    for r in records:
        source = r.reason_source.value if r.reason_source else None
        end = until if r.end is None else min(until, r.end)
        said = (r.state, r.stop_start, r.reason, source, r.command_id)
        result[r.start : end] = [said] * (end - r.start)
    return result

"""Short ways to write facts, and hypothesis strategies for them, with small numbers as times."""

from __future__ import annotations

from hypothesis import strategies as st

from mes.core.derive.records import StateRecord
from mes.core.derive.signals import Gap, State, StateSignal
from mes.core.derive.statements import StatementKind, StopStatement
from mes.core.derive.states import StateRules

RULES = StateRules(minor_limit_us=10, unknown_bridge_us=6)
LAST = 120

R, S, D, U = State.RUNNING, State.STOPPED, State.DOWN, State.UNKNOWN


def signals(*states: tuple[int, State] | tuple[int, State, str]) -> list[StateSignal]:
    """Signals of one source from (instant, state, machine reason)."""
    return [
        StateSignal(
            event_time=entry[0],
            source="plc",
            epoch="e",
            seq=number,
            state=None if entry[1] is State.UNKNOWN else entry[1],
            machine_reason=entry[2] if len(entry) == 3 else None,
        )
        for number, entry in enumerate(states)
    ]


def whole(
    command_id: str,
    seen_start: int,
    seen_end: int | None,
    reason: str = "jam",
    *,
    stated_at: int | None = None,
    replaces: str | None = None,
) -> StopStatement:
    """A statement about a whole stop; stated when it ended unless told otherwise."""
    default = seen_start if seen_end is None else seen_end
    return StopStatement(
        kind=StatementKind.WHOLE,
        command_id=command_id,
        stated_at=default if stated_at is None else stated_at,
        seen_start=seen_start,
        seen_end=seen_end,
        reason=reason,
        replaces=replaces,
    )


def part(
    command_id: str,
    start: int,
    end: int | None,
    reason: str = "tool",
    *,
    stated_at: int | None = None,
    replaces: str | None = None,
) -> StopStatement:
    """A statement about a part of a stop; stated at its end unless told otherwise."""
    default = start if end is None else end
    return StopStatement(
        kind=StatementKind.PART,
        command_id=command_id,
        stated_at=default if stated_at is None else stated_at,
        start=start,
        end=end,
        reason=reason,
        replaces=replaces,
    )


def declare(
    command_id: str,
    start: int,
    end: int,
    state: State,
    reason: str | None = None,
    *,
    stated_at: int | None = None,
) -> StopStatement:
    """A declared state; stated at its end unless told otherwise."""
    return StopStatement(
        kind=StatementKind.DECLARE,
        command_id=command_id,
        stated_at=end if stated_at is None else stated_at,
        start=start,
        end=end,
        state=state,
        reason=reason,
    )


def revert(command_id: str, replaces: str, *, stated_at: int = LAST) -> StopStatement:
    """A statement that takes another one away."""
    return StopStatement(
        kind=StatementKind.REVERT, command_id=command_id, stated_at=stated_at, replaces=replaces
    )


def brief(records: list[StateRecord]) -> list[tuple[int, int | None, str, int | None, str | None]]:
    """(start, end, state, stop start, reason) of each record."""
    return [(r.start, r.end, r.state.value, r.stop_start, r.reason) for r in records]


def reasons(records: list[StateRecord]) -> list[tuple[int, int | None, str | None]]:
    """(start, end, reason) of each record that belongs to a stop."""
    return [(r.start, r.end, r.reason) for r in records if r.stop_start is not None]


_instants = st.integers(0, LAST)
_command_ids = st.integers(0, 11).map(lambda n: f"c{n:02d}")
_states = st.sampled_from([R, R, S, S, D, State.SETUP, State.WAITING, None, None])


@st.composite
def signal_lists(draw: st.DrawFn, max_size: int = 25) -> list[StateSignal]:
    """Signals of two sources, several of them at one instant at times."""
    drawn = draw(
        st.lists(
            st.tuples(
                _instants, st.sampled_from(["a", "b"]), _states, st.sampled_from([None, "m1"])
            ),
            max_size=max_size,
        )
    )
    return [
        StateSignal(
            event_time=at, source=source, epoch="e", seq=seq, state=state, machine_reason=reason
        )
        for seq, (at, source, state, reason) in enumerate(drawn)
    ]


@st.composite
def gap_lists(draw: st.DrawFn) -> list[Gap]:
    """A few holes that may overlap."""
    drawn = draw(st.lists(st.tuples(_instants, st.integers(1, 20)), max_size=3))
    return [Gap(start=start, end=start + length) for start, length in drawn]


@st.composite
def statement_lists(draw: st.DrawFn, max_size: int = 8) -> list[StopStatement]:
    """Statements of every kind that replace one another at will; command ids are unique."""
    ids = draw(st.lists(_command_ids, max_size=max_size, unique=True))
    return [draw(statements(command_id)) for command_id in ids]


@st.composite
def statements(draw: st.DrawFn, command_id: str) -> StopStatement:
    """One statement of any kind."""
    kind = draw(st.sampled_from(StatementKind))
    start, length, delay = draw(_instants), draw(st.integers(0, 40)), draw(st.integers(0, 20))
    replaces = draw(st.none() | _command_ids)
    end = draw(st.sampled_from([start + length, None]))
    reason = f"r-{command_id}"
    stated_at = start + length + delay
    if kind is StatementKind.WHOLE:
        return whole(command_id, start, end, reason, stated_at=stated_at, replaces=replaces)
    if kind is StatementKind.PART:
        return part(command_id, start, end, reason, stated_at=stated_at, replaces=replaces)
    if kind is StatementKind.REVERT:
        return revert(command_id, replaces or "c00", stated_at=stated_at)
    return StopStatement(
        kind=kind,
        command_id=command_id,
        stated_at=stated_at,
        start=start,
        end=end,
        state=draw(st.sampled_from(State)),
        reason=draw(st.sampled_from([None, reason])),
        replaces=replaces,
    )

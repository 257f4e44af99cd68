"""Line losses: every minute once, charged to the machine that caused it (R10, R28)."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from mes.core.case_model import Case, Span, StateChange
from mes.core.classes import MachineState, ReasonClass, TimeClass
from mes.core.line_loss import causes, line_losses
from mes.core.partition import Segment, classify

M = 60_000_000
HOUR = 60 * M
REASONS = {
    "blocked": ReasonClass.WAITING,
    "starved": ReasonClass.WAITING,
    "no-operator": ReasonClass.WAITING,
    "jam": ReasonClass.UNPLANNED_STOP,
    "die": ReasonClass.SETUP,
}
State = tuple[int, MachineState, str | None]
RUN, DOWN, WAIT = MachineState.RUNNING, MachineState.DOWN, MachineState.WAITING


def machine(*states: State) -> list[Segment]:
    """The partition of one hour from (minute, state, reason)."""
    return classify(
        Case(
            window=Span(0, HOUR),
            as_of=HOUR,
            reasons=REASONS,
            states=tuple(
                StateChange(at=at * M, state=state, reason=reason) for at, state, reason in states
            ),
        )
    )


RUNNING = machine((0, RUN, None))


def told(machines: list[list[Segment]], pacing: int) -> list[tuple[int, str, str | None, int]]:
    return [
        (one.machine, one.time_class.value, one.reason, one.us // M)
        for one in causes(line_losses(machines, pacing))
    ]


def test_r10_three_stations_stopped_for_ten_minutes_cost_ten() -> None:
    stopped = machine((0, RUN, None), (20, DOWN, "jam"), (30, RUN, None))
    assert told([stopped, stopped, stopped], 1) == [(1, "unplanned_stop", "jam", 10)]


def test_r28_a_blocked_machine_is_not_charged_for_the_stop_behind_it() -> None:
    waits = machine((0, RUN, None), (20, WAIT, "blocked"), (32, RUN, None))
    stops = machine((0, RUN, None), (18, DOWN, "jam"), (30, RUN, None))
    assert told([waits, stops], 0) == [
        (1, "unplanned_stop", "jam", 10),
        (0, "waiting", "blocked", 2),
    ]


def test_r28_a_starved_machine_is_not_charged_for_the_set_up_before_it() -> None:
    waits = machine((0, RUN, None), (25, WAIT, "starved"), (40, RUN, None))
    sets_up = machine((0, MachineState.SETUP, "die"), (45, RUN, None))
    assert told([sets_up, waits], 1) == [(0, "setup", "die", 15)]


def test_r28_the_cause_is_followed_through_machines_that_wait_too() -> None:
    waits = machine((0, WAIT, "blocked"), (10, RUN, None))
    stops = machine((0, DOWN, None), (10, RUN, None))
    assert told([waits, waits, stops], 0) == [(2, "unplanned_stop", None, 10)]


def test_r28_a_neighbour_that_waits_the_other_way_is_no_cause() -> None:
    blocked = machine((0, WAIT, "blocked"), (10, RUN, None))
    starved = machine((0, WAIT, "starved"), (10, RUN, None))
    stops = machine((0, DOWN, "jam"), (10, RUN, None))
    assert told([blocked, starved, stops], 0) == [(0, "waiting", "blocked", 10)]


def test_r28_waiting_for_something_else_stays_with_the_machine() -> None:
    waits = machine((0, WAIT, "no-operator"), (10, RUN, None))
    stops = machine((0, DOWN, "jam"), (10, RUN, None))
    assert told([waits, stops], 0) == [(0, "waiting", "no-operator", 10)]


def test_a_cause_that_changes_is_told_apart_by_the_minute() -> None:
    waits = machine((0, WAIT, "blocked"), (30, RUN, None))
    stops = machine((0, DOWN, "jam"), (12, MachineState.SETUP, "die"), (20, RUN, None))
    assert told([waits, stops], 0) == [
        (1, "unplanned_stop", "jam", 12),
        (0, "waiting", "blocked", 10),
        (1, "setup", "die", 8),
    ]


def test_the_ends_of_the_line_have_nobody_to_blame() -> None:
    waits = machine((0, WAIT, "blocked"), (10, RUN, None))
    assert told([RUNNING, waits], 1) == [(1, "waiting", "blocked", 10)]


STATES = st.lists(
    st.tuples(
        st.integers(0, 59),
        st.sampled_from([RUN, DOWN, WAIT, MachineState.SETUP, MachineState.UNKNOWN]),
        st.sampled_from([None, "blocked", "starved", "jam"]),
    ),
    max_size=12,
    unique_by=lambda state: state[0],
)


@given(st.lists(STATES, min_size=1, max_size=4), st.integers(0, 3))
def test_line_losses_are_the_lost_time_of_the_pacing_machine_once(
    lines: list[list[State]], number: int
) -> None:
    machines = [machine(*sorted(states, key=lambda state: state[0])) for states in lines]
    pacing = number % len(machines)
    losses = line_losses(machines, pacing)
    lost = {
        TimeClass.UNPLANNED_STOP,
        TimeClass.MINOR_STOP,
        TimeClass.SETUP,
        TimeClass.WAITING,
        TimeClass.NO_ORDER,
    }
    expected = sum(one.length_us for one in machines[pacing] if one.time_class in lost)
    assert sum(one.length_us for one in losses) == expected
    assert all(one.end <= other.start for one, other in pairwise(losses))
    assert sum(one.us for one in causes(losses)) == expected

"""Where a derivation begins again, and that appending costs the present stop only."""

from __future__ import annotations

from time import process_time

from hypothesis import given
from hypothesis import strategies as st

from mes.core.derive.records import StateRecord
from mes.core.derive.restart import RestartPoint, restart_point, splice, statement_dirty_from
from mes.core.derive.signals import PulseFact, State, StateSignal, states_from_counts
from mes.core.derive.statements import StopStatement
from mes.core.derive.states import StateRules, derive_from, derive_states
from tests.core.derive.facts import (
    RULES,
    D,
    R,
    S,
    U,
    brief,
    declare,
    part,
    revert,
    signals,
    whole,
)

BRIDGE = RULES.unknown_bridge_us
SECOND = 1_000_000


def records(*states: tuple[int, State]) -> list[StateRecord]:
    """Records of machine facts."""
    return derive_states(signals(*states), [], [], RULES).records


def test_running_is_cut_at_the_new_fact() -> None:
    held = records((0, S), (10, R))

    assert restart_point(held, 50, BRIDGE) == RestartPoint(at=50, index=1)


def test_a_stop_that_holds_the_new_fact_is_derived_from_its_start() -> None:
    held = records((0, R), (10, S), (20, D), (40, R))

    assert restart_point(held, 30, BRIDGE) == RestartPoint(at=10, index=1)


def test_a_stop_that_touches_the_new_fact_is_derived_from_its_start() -> None:
    held = records((0, R), (10, S), (40, R))

    assert restart_point(held, 40, BRIDGE) == RestartPoint(at=10, index=1)


def test_a_new_fact_at_the_start_of_a_stop_leaves_what_lies_before() -> None:
    held = records((0, R), (10, S), (40, R))

    assert restart_point(held, 10, BRIDGE) == RestartPoint(at=10, index=0)


def test_unknown_that_a_stop_might_bridge_is_looked_through() -> None:
    held = records((0, R), (10, S), (40, U), (90, R))

    assert restart_point(held, 46, BRIDGE) == RestartPoint(at=10, index=1)
    assert restart_point(held, 47, BRIDGE) == RestartPoint(at=47, index=2)


def test_short_unknown_behind_running_is_cut_at_the_new_fact() -> None:
    held = records((0, R), (10, U), (14, S))

    assert restart_point(held, 13, BRIDGE) == RestartPoint(at=13, index=1)


def test_a_fact_before_everything_derives_all_again() -> None:
    held = records((10, R), (20, S))

    assert restart_point(held, 5, BRIDGE) == RestartPoint(at=5, index=0)
    assert restart_point([], 5, BRIDGE) == RestartPoint(at=5, index=0)


def test_more_records_are_asked_for_when_those_given_begin_too_late() -> None:
    held = records((0, R), (10, S), (20, D), (40, U), (42, R))

    assert restart_point(held[2:], 30, BRIDGE, from_first=False) is None
    assert restart_point(held[3:], 41, BRIDGE, from_first=False) is None
    assert restart_point(held[4:], 42, BRIDGE, from_first=False) is None
    assert restart_point(held[1:], 41, BRIDGE, from_first=False) == RestartPoint(at=10, index=0)


def test_unknown_at_the_very_beginning_is_cut_at_the_new_fact() -> None:
    held = derive_states([], [], [declare("d", 0, 10, U)], RULES).records

    assert restart_point(held, 5, BRIDGE) == RestartPoint(at=5, index=0)


def test_the_rows_behind_the_point_are_replaced_and_equal_neighbours_joined() -> None:
    held = records((0, R), (50, S))
    point = restart_point(held, 30, BRIDGE)
    assert point is not None
    facts = signals((0, R), (50, S))

    tail = derive_from(30, facts[0], facts[1:], [], [], RULES)

    assert splice(held, point, tail) == held


def test_a_tail_of_part_of_the_records_is_spliced_without_looking_at_the_rest() -> None:
    held = records((0, R), (10, S), (40, R))
    late = StateSignal(event_time=60, source="plc", epoch="f", seq=0, state=D)
    point = restart_point(held[2:], 60, BRIDGE, from_first=False)
    assert point == RestartPoint(at=60, index=0)

    tail = derive_from(60, signals((40, R))[0], [late], [], [], RULES)

    assert brief(splice(held[2:], point, tail, from_first=False)) == [
        (40, 60, "running", None, None),
        (60, None, "down", 60, None),
    ]


def test_a_statement_reaches_back_by_its_growth_and_to_what_it_replaces() -> None:
    limit = RULES.minor_limit_us
    first, second = whole("a", 30, 40), part("b", 50, 60, replaces="a")

    assert statement_dirty_from(first, [], limit) == 20
    assert statement_dirty_from(part("p", 50, 60), [first], limit) == 50
    assert statement_dirty_from(declare("d", 5, 60, S), [first], limit) == 5
    assert statement_dirty_from(second, [first], limit) == 20
    assert statement_dirty_from(revert("c", "b"), [first, second], limit) == 20


def test_a_revert_of_what_has_not_arrived_changes_nothing() -> None:
    assert statement_dirty_from(revert("c", "b"), [], RULES.minor_limit_us) is None


@given(st.lists(st.integers(0, 300), min_size=1, max_size=20, unique=True), st.randoms())
def test_a_new_pulse_is_derived_again_from_the_pulse_before_it(
    times: list[int], order: object
) -> None:
    idle = 15
    facts = [
        PulseFact(event_time=at, source="io", epoch="e", seq=seq, increment=1)
        for seq, at in enumerate(times)
    ]
    held: list[StateRecord] = []

    for count, new in enumerate(facts, start=1):
        states = states_from_counts(facts[:count], idle)
        before = [f.event_time for f in facts[:count] if f.event_time < new.event_time]
        point = restart_point(held, max(before, default=new.event_time), BRIDGE)
        assert point is not None
        earlier = [s for s in states if s.event_time < point.at]
        later = [s for s in states if s.event_time >= point.at]
        tail = derive_from(point.at, earlier[-1] if earlier else None, later, [], [], RULES)
        held[point.index :] = splice(held, point, tail)

    assert held == derive_states(states_from_counts(facts, idle), [], [], RULES).records


def week_of_signals() -> list[StateSignal]:
    """2,000 changes of state over a week."""
    step = 7 * 24 * 3600 * SECOND // 2000
    cycle = (R, S, R, D, U, S, State.SETUP, R, State.WAITING)
    return signals(*[(n * step, cycle[n % len(cycle)]) for n in range(2000)])


def test_a_week_of_2000_signals_is_derived_in_less_than_100_ms() -> None:
    facts = week_of_signals()
    said = [whole(f"w{n}", facts[n].event_time, facts[n + 1].event_time) for n in range(1, 1900, 9)]
    rules = StateRules(minor_limit_us=300 * SECOND)

    best = min(_seconds_to_derive(facts, said, rules) for _ in range(3))

    assert best < 0.1


def _seconds_to_derive(
    facts: list[StateSignal], said: list[StopStatement], rules: StateRules
) -> float:
    begun = process_time()
    derive_states(facts, [], said, rules)
    return process_time() - begun


def test_appending_a_signal_replaces_only_the_rows_of_the_present_stop() -> None:
    facts = week_of_signals()
    rules = StateRules(minor_limit_us=300 * SECOND)
    held = derive_states(facts, [], [], rules).records
    at = facts[-1].event_time + SECOND

    point = restart_point(held, at, rules.unknown_bridge_us)

    assert point is not None
    assert len(held) - point.index <= 2

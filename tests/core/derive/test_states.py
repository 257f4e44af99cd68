"""Base records and stops: rule S1, and how knowledge ends."""

from __future__ import annotations

from mes.core.derive.records import StateRecord
from mes.core.derive.signals import Gap, State, StateSignal
from mes.core.derive.states import UNKNOWN_BRIDGE_US, StateRules, derive_states
from tests.core.derive.facts import RULES, D, R, S, U, brief, signals


def records(
    facts: list[StateSignal], gaps: list[Gap] | None = None, rules: StateRules = RULES
) -> list[StateRecord]:
    """Records of machine facts alone."""
    return derive_states(facts, gaps or [], [], rules).records


def test_each_state_holds_until_the_next_and_the_last_is_open() -> None:
    assert brief(records(signals((0, R), (10, S), (30, R)))) == [
        (0, 10, "running", None, None),
        (10, 30, "stopped", 10, None),
        (30, None, "running", None, None),
    ]


def test_without_facts_nothing_is_known() -> None:
    assert records([]) == []
    assert records(signals((5, U))) == []


def test_a_hole_alone_makes_no_record() -> None:
    assert records([], [Gap(start=0, end=10)]) == []


def test_a_repeated_state_makes_no_new_record() -> None:
    assert brief(records(signals((0, R), (10, R), (20, S), (25, S)))) == [
        (0, 20, "running", None, None),
        (20, None, "stopped", 20, None),
    ]


def test_at_one_instant_the_later_in_order_of_source_epoch_and_seq_wins() -> None:
    first = StateSignal(event_time=0, source="a", epoch="e", seq=9, state=R)
    last = StateSignal(event_time=0, source="b", epoch="e", seq=1, state=S)

    assert brief(records([last, first])) == [(0, None, "stopped", 0, None)]


def test_stopped_down_and_off_are_one_stop() -> None:
    facts = signals((0, R), (10, S), (20, D), (30, State.OFF), (40, R))

    assert [r.stop_start for r in records(facts)] == [None, 10, 10, 10, None]


def test_setup_and_waiting_are_families_of_their_own() -> None:
    facts = signals((0, S), (10, State.SETUP), (20, State.WAITING), (30, S))

    assert [r.stop_start for r in records(facts)] == [0, 10, 20, 30]


def test_a_short_unknown_does_not_end_a_stop_but_stays_unknown() -> None:
    facts = signals((0, S), (10, U), (16, D), (20, R))

    assert brief(records(facts)) == [
        (0, 10, "stopped", 0, None),
        (10, 16, "unknown", 0, None),
        (16, 20, "down", 0, None),
        (20, None, "running", None, None),
    ]


def test_an_unknown_longer_than_the_setting_ends_a_stop() -> None:
    facts = signals((0, S), (10, U), (17, S))

    assert [r.stop_start for r in records(facts)] == [0, None, 17]


def test_the_setting_is_sixty_seconds_unless_told_otherwise() -> None:
    rules = StateRules(minor_limit_us=300_000_000)
    assert UNKNOWN_BRIDGE_US == 60_000_000

    bridged = records(signals((0, S), (5, U), (5 + UNKNOWN_BRIDGE_US, S)), rules=rules)
    ended = records(signals((0, S), (5, U), (6 + UNKNOWN_BRIDGE_US, S)), rules=rules)

    assert [r.stop_start for r in bridged] == [0, 0, 0]
    assert [r.stop_start for r in ended] == [0, None, 6 + UNKNOWN_BRIDGE_US]


def test_a_short_unknown_between_two_families_ends_the_stop() -> None:
    facts = signals((0, S), (10, U), (13, State.SETUP))

    assert [r.stop_start for r in records(facts)] == [0, None, 13]


def test_running_between_two_stops_ends_the_first_however_short() -> None:
    facts = signals((0, S), (10, U), (11, R), (12, U), (13, S))

    assert [r.stop_start for r in records(facts)] == [0, None, None, None, 13]


def test_a_change_of_the_machine_reason_does_not_cut_a_stop() -> None:
    facts = signals((0, S, "E1"), (10, S, "E2"), (20, R, "E2"))

    assert brief(records(facts)) == [
        (0, 10, "stopped", 0, "E1"),
        (10, 20, "stopped", 0, "E2"),
        (20, None, "running", None, None),
    ]


def test_before_the_first_signal_nothing_is_known_and_no_record_says_so() -> None:
    assert brief(records(signals((0, U), (10, R)))) == [(10, None, "running", None, None)]


def test_a_hole_of_the_source_is_unknown_for_good_and_the_state_holds_again_after_it() -> None:
    facts = signals((0, R), (12, S), (15, R))

    assert brief(records(facts, [Gap(start=10, end=20), Gap(start=18, end=30)])) == [
        (0, 10, "running", None, None),
        (10, 30, "unknown", None, None),
        (30, None, "running", None, None),
    ]


def test_a_signal_inside_a_hole_holds_from_its_end() -> None:
    assert brief(records(signals((0, R), (12, S)), [Gap(start=10, end=20)])) == [
        (0, 10, "running", None, None),
        (10, 20, "unknown", None, None),
        (20, None, "stopped", 20, None),
    ]


def test_late_data_takes_away_unknown_that_bad_quality_made() -> None:
    facts = signals((0, R), (10, U), (40, R))
    late = StateSignal(event_time=10, source="plc", epoch="f", seq=0, state=S)

    assert [r.state for r in records([*facts, late])] == [R, S, R]

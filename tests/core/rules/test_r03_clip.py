"""R3: events are cut to the window but classed whole; what is still open is provisional."""

from __future__ import annotations

from tests.core.cases import at, minutes, result

LONG_STOP = [[at(0), "running"], [at(10), "stopped"], [at(20), "running"]]
SHORT_STOP = [[at(0), "running"], [at(8), "stopped"], [at(12), "running"]]


def test_a_long_stop_of_which_a_minute_lies_in_the_window_is_no_minor_stop() -> None:
    for window in ([at(0), at(11)], [at(19), at(60)]):
        found = minutes(window=window, as_of=at(60), states=LONG_STOP)
        assert found["unplanned_stop"] == 1
        assert "minor_stop" not in found


def test_a_short_stop_cut_by_the_window_is_a_minor_stop_on_both_sides() -> None:
    for window in ([at(0), at(10)], [at(10), at(60)]):
        assert minutes(window=window, as_of=at(60), states=SHORT_STOP)["minor_stop"] == 2


def test_a_stop_cut_by_a_break_is_classed_by_its_whole_length() -> None:
    fields = {"reasons": {"lunch": "break"}, "planned": [[at(12), at(30), "lunch"]]}
    states = [[at(0), "running"], [at(10), "stopped"], [at(25), "running"]]
    assert minutes(**fields, states=states)["unplanned_stop"] == 2


def test_a_stop_still_open_below_the_limit_is_provisional() -> None:
    made = result(as_of=at(12), states=LONG_STOP)
    assert made["times_us"]["minor_stop"] == 120_000_000
    assert made["flags"] == ["provisional_stop"]


def test_a_stop_still_open_above_the_limit_is_not() -> None:
    made = result(as_of=at(16), states=LONG_STOP)
    assert made["times_us"]["unplanned_stop"] == 360_000_000
    assert made["flags"] == []

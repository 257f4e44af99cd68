"""R17: each counter mode means its own difference; baselines stay; what is odd is held."""

from __future__ import annotations

from typing import Any

import pytest

from mes.core.case_model import CounterMode
from mes.core.derive.increments import CounterRule, Reading, increments
from tests.core.cases import at, result


def counted(values: list[int], **rule: Any) -> tuple[int, list[str]]:
    readings = [[at(minute), value] for minute, value in enumerate(values)]
    made = result(counters=[{"role": "total", "readings": readings, **rule}], materials={"A": {}})
    return made["quantities"]["PQ"], [flag for flag in made["flags"] if flag != "rate_missing"]


@pytest.mark.parametrize(
    ("rule", "values", "expected", "flags"),
    [
        ({"mode": "rollover", "modulus": 100}, [90, 98, 3, 10], 20, []),
        ({"mode": "rollover", "modulus": 32768}, [32767, 0, 1], 2, []),
        ({"mode": "resettable"}, [90, 98, 3, 10], 18, ["counter_reset"]),
        ({"mode": "absolute"}, [90, 98, 3, 10], 15, ["counter_suspect"]),
        ({"mode": "pulse"}, [0, 1, 0, 0, 1, 1, 0, 5], 3, []),
    ],
)
def test_each_mode_counts_in_its_own_way(
    rule: dict[str, Any], values: list[int], expected: int, flags: list[str]
) -> None:
    assert counted(values, **rule) == (expected, flags)


def test_the_first_reading_counts_nothing() -> None:
    assert counted([54_321], mode="absolute") == (0, [])


def test_a_jump_above_the_plausible_rate_is_left_out_flagged_and_the_next_baseline() -> None:
    assert counted([0, 60, 9000, 9010], mode="absolute", max_per_s=1) == (70, ["counter_suspect"])


def test_repeated_and_older_readings_change_nothing() -> None:
    readings = [[at(0), 10], [at(1), 15], [at(2), 30]]
    more = [readings[2], readings[0], *readings, readings[1]]
    counter = {"role": "total", "mode": "absolute"}
    once, often = (result(counters=[{**counter, "readings": given}]) for given in (readings, more))
    assert once == often


def test_a_baseline_never_ages_and_survives_a_restart() -> None:
    def reading(day: int, value: int) -> Reading:
        at_us = day * 86_400_000_000
        return Reading(event_time=at_us, source="plc", epoch="e", seq=day, value=value)

    rule = CounterRule(mode=CounterMode.ROLLOVER, modulus=65536)
    kept = reading(1, 65_000)
    found = increments([reading(400, 100)], rule, before=kept)
    assert [one.counted for one in found] == [636]

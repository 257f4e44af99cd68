"""R28: a machine that waits for another is not charged with a breakdown."""

from __future__ import annotations

from typing import Any

import pytest

from tests.core.cases import MINUTE_US, at, minutes, result

WAITS: dict[str, Any] = {
    "reasons": {"blocked": "waiting", "starved": "waiting"},
    "failures": [],
    "states": [[at(0), "running"], [at(20), "stopped", "blocked"], [at(40), "waiting", "starved"]],
}


def test_blocked_and_starved_are_waiting_whatever_the_machine_says_of_itself() -> None:
    assert minutes(**WAITS) == {"running": 20, "waiting": 40}
    assert result(**WAITS)["causes"]["mttr_h"] == "no_restoration"


@pytest.mark.parametrize(
    ("waiting", "pbt", "run"),
    [("availability", 60, 20), ("effectiveness", 60, 60), ("outside", 20, 20)],
)
def test_the_policy_says_whether_waiting_is_a_loss(waiting: str, pbt: int, run: int) -> None:
    times = result(**WAITS, policy={"waiting": waiting})["iso_us"]
    assert (times["PBT"], times["APT"]) == (pbt * MINUTE_US, run * MINUTE_US)


def test_waiting_ends_a_stop_and_is_no_part_of_its_length() -> None:
    states = [[at(0), "stopped"], [at(4), "waiting"], [at(30), "stopped"], [at(34), "running"]]
    assert minutes(states=states) == {"minor_stop": 8, "waiting": 26, "running": 26}

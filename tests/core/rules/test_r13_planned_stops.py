"""R13: the policy says what a planned stop and a changeover are, and stands in each result."""

from __future__ import annotations

from typing import Any

import pytest

from tests.core.cases import at, result

DAY: dict[str, Any] = {
    "reasons": {"die change": "setup"},
    "planned": [[at(0), at(6), "maintenance"], [at(20), at(26), "die change"]],
    "states": [
        [at(0), "stopped"],
        [at(6), "running"],
        [at(20), "setup", "die change"],
        [at(32), "running"],
    ],
}
"""Six minutes of maintenance; a changeover of twelve, six of them as planned."""


@pytest.mark.parametrize(
    ("policy", "pbt", "run"),
    [
        ("iso22400", 48, 42),
        ("oee_com", 60, 42),
        ({"setup": "outside"}, 42, 42),
        ({"planned_stop": "availability", "setup": "outside"}, 54, 42),
    ],
)
def test_planned_stops_and_changeovers_enter_as_the_policy_says(
    policy: Any, pbt: int, run: int
) -> None:
    times = result(**DAY, policy=policy)["iso_us"]
    assert (times["PBT"] // 60_000_000, times["APT"] // 60_000_000) == (pbt, run)


def test_the_planned_part_of_a_changeover_is_planned_and_its_overrun_a_loss() -> None:
    made = result(**DAY)
    assert made["times_us"]["planned_stop"] == 12 * 60_000_000
    assert made["times_us"]["setup"] == made["iso_us"]["AUST"] == 6 * 60_000_000


def test_a_result_names_the_policy_and_its_version() -> None:
    assert result(**DAY, policy="oee_com")["policy"] == {"name": "oee_com", "version": 1}
    own = {"name": "press shop", "version": 4, "setup": "outside"}
    assert result(**DAY, policy=own)["policy"] == {"name": "press shop", "version": 4}

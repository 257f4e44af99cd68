"""R27: a stop that is still open counts up to now."""

from __future__ import annotations

import pytest

from tests.core.cases import MINUTE_US, at, result

OPEN = [[at(0), "running"], [at(20), "down"]]


@pytest.mark.parametrize("now", [26, 40, 60])
def test_an_open_stop_lowers_the_figure_of_now(now: int) -> None:
    made = result(states=OPEN, as_of=at(now), quantities=[{"at": at(1), "good": 100}])
    assert made["times_us"]["unplanned_stop"] == (now - 20) * MINUTE_US
    assert made["kpis"]["availability"] == 20 / now
    assert made["kpis"]["oee"] == 600 / (60 * now)


def test_an_open_stated_stop_counts_too() -> None:
    made = result(
        intervals=[[at(20), at(600), "down", None]], as_of=at(30), states=[[at(0), "running"]]
    )
    assert made["times_us"]["unplanned_stop"] == 10 * MINUTE_US

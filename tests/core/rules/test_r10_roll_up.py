"""R10: roll-ups sum numerators and denominators; ratios are never averaged."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from mes.core.case import parse_case
from mes.core.oee import result_of, sum_of, tally
from mes.core.policies import ISO22400, PROFILES
from tests.core.cases import at, case
from tests.core.strategies import cases


def sums_of(**fields: Any) -> Any:
    return tally(parse_case(case(**fields)))


def test_the_oee_of_two_shifts_is_not_the_mean_of_theirs() -> None:
    long = sums_of(quantities=[{"at": at(1), "good": 600}])
    short = sums_of(window=[at(0), at(6)], quantities=[])
    both = result_of(long + short, ISO22400).kpis["oee"]
    assert both == Fraction(3600, 3600 + 360) != Fraction(1 + 0, 2)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.lists(cases(), min_size=1, max_size=4))
def test_every_sum_of_a_roll_up_is_the_sum_over_its_parts(parts: list[dict[str, Any]]) -> None:
    tallies = [tally(parse_case(part)) for part in parts]
    for policy in PROFILES.values():
        whole = result_of(sum_of(tallies), policy).figures
        each = [result_of(one, policy).figures for one in tallies]
        for name in ("window_us", "pbt_us", "apt_us", "aust_us", "adet_us", "adot_us", "loaded_us"):
            assert getattr(whole, name) == sum(getattr(one, name) for one in each)
        assert whole.counted.ideal_good_s == sum(one.counted.ideal_good_s for one in each)
        assert whole.counted.total == sum(one.counted.total for one in each)


def test_three_stations_that_stop_together_are_thirty_station_minutes_of_ninety() -> None:
    stop = {"states": [[at(0), "running"], [at(10), "down"], [at(20), "running"]]}
    stations = [sums_of(window=[at(0), at(30)], **stop) for _ in range(3)]
    line = result_of(sum_of(stations), ISO22400)
    constraint = result_of(stations[0], ISO22400)
    assert line.figures.adet_us == 3 * constraint.figures.adet_us
    assert line.kpis["availability"] == constraint.kpis["availability"]

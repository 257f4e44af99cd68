"""R5: whole microseconds and exact fractions inside; only printing rounds."""

from __future__ import annotations

from fractions import Fraction

from mes.core.case import parse_case
from mes.core.oee import compute
from tests.core.cases import at, case, minutes


def test_thirty_stops_of_ten_seconds_are_five_minutes() -> None:
    states = [[at(0), "running"]]
    for number in range(30):
        states += [[at(2 * number + 0.5), "stopped"], [at(2 * number + 0.5 + 1 / 6), "running"]]
    assert minutes(states=states) == {"running": 55, "minor_stop": 5}


def test_a_microsecond_is_not_lost() -> None:
    states = [[at(0), "running"], [at(10), "down"], ["2026-03-02T08:10:00.000001+09:00", "running"]]
    made = compute(parse_case(case(states=states, minor_stop_limit_s=0))).figures
    assert (made.apt_us, made.adet_us) == (3_600_000_000 - 1, 1)


def test_a_ratio_comes_from_unrounded_sums() -> None:
    fields = {
        "materials": {"A": {"ideal_cycle_s": "0.1", "pieces_per_cycle": 3}},
        "quantities": [{"at": at(1), "good": "0.1"}] * 1 + [{"at": at(2), "good": "0.2"}],
    }
    made = compute(parse_case(case(**fields)))
    assert made.kpis["oee"] == Fraction(3, 10) * Fraction(1, 30) / 3600
    assert made.figures.counted.good == Fraction(3, 10)

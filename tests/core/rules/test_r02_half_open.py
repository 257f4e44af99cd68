"""R2: [start, end); what happens on a boundary belongs to the later interval, once."""

from __future__ import annotations

import pytest

from tests.core.cases import at, minutes, result

BOUNDARY = {"window": [at(10), at(20)]}


@pytest.mark.parametrize(("moment", "expected"), [(10, 1), (20, 0), (19.999999, 1), (9.999999, 0)])
def test_a_piece_on_the_boundary_counts_in_the_later_window(moment: float, expected: int) -> None:
    entry = {"at": at(moment), "good": 1}
    assert result(**BOUNDARY, quantities=[entry])["quantities"]["PQ"] == expected


def test_a_count_on_the_boundary_of_two_windows_counts_once() -> None:
    counter = {"role": "total", "mode": "absolute", "readings": [[at(5), 0], [at(10), 7]]}
    counted = [
        result(window=[at(start), at(start + 10)], counters=[counter])["quantities"]["PQ"]
        for start in (0, 10)
    ]
    assert counted == [0, 7]


def test_a_state_that_begins_where_the_window_ends_is_not_in_it() -> None:
    states = [[at(0), "running"], [at(20), "down"]]
    assert minutes(**BOUNDARY, states=states) == {"running": 10}


def test_a_state_that_begins_where_the_window_begins_holds_from_there() -> None:
    states = [[at(0), "running"], [at(10), "down"]]
    assert minutes(**BOUNDARY, states=states) == {"unplanned_stop": 10}


def test_a_piece_where_one_order_ends_and_another_begins_belongs_to_the_later() -> None:
    runs = [
        {"start": at(0), "end": at(10), "material": "A"},
        {"start": at(10), "end": at(60), "material": "B"},
    ]
    made = result(
        runs=runs,
        materials={"A": {"ideal_cycle_s": 6}, "B": {"ideal_cycle_s": 60}},
        quantities=[{"at": at(10), "good": 1}],
    )
    assert made["kpis"]["oee"] == 60 / 3600

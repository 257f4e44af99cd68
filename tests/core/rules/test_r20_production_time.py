"""R20: pieces count when they were made; a batch in progress contributes."""

from __future__ import annotations

from tests.core.cases import at, result

RUN = [{"start": at(0), "end": None, "material": "A", "order": "WO-1"}]
COUNTER = {
    "role": "total",
    "mode": "absolute",
    "readings": [[at(0), 0], [at(10), 100], [at(20), 200], [at(40), 400]],
}


def test_an_unfinished_order_counts_what_it_made_so_far() -> None:
    made = result(runs=RUN, counters=[COUNTER], as_of=at(25))
    assert made["quantities"]["PQ"] == 200
    assert made["kpis"]["oee"] == 200 * 6 / 1500


def test_pieces_count_in_the_window_in_which_they_were_made() -> None:
    per_window = [
        result(runs=RUN, counters=[COUNTER], window=[at(start), at(start + 15)])["quantities"]["PQ"]
        for start in (0, 15, 30)
    ]
    assert per_window == [100, 100, 200]

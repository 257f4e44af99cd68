"""R23: start-up rejects are kept apart from steady ones, as a share that is never added."""

from __future__ import annotations

from tests.core.cases import at, result

ENTRIES = [
    {"at": at(1), "good": 80, "scrap": 15, "startup_scrap": 12},
    {"at": at(40), "good": 100, "scrap": 5},
]


def test_start_up_scrap_is_a_share_of_scrap() -> None:
    made = result(quantities=ENTRIES)["quantities"]
    assert (made["PQ"], made["SQ"], made["startup_scrap"]) == (200, 20, 12)
    steady = made["SQ"] - made["startup_scrap"]
    assert steady == 8


def test_it_stays_with_the_time_that_made_it() -> None:
    parts = [
        result(window=[at(start), at(start + 30)], quantities=ENTRIES)["quantities"]
        for start in (0, 30)
    ]
    assert [part["startup_scrap"] for part in parts] == [12, 0]
    assert [part["SQ"] for part in parts] == [15, 5]

"""A shift is signed off: its figures are published, and what arrives later makes revisions."""

from __future__ import annotations

import pytest

from tests.features.commands.floor import DAY_START, MINUTE, Floor
from tests.features.publishing.signing import (
    DAY,
    HOUR,
    SHIFT_END,
    compare,
    cover,
    kernel,
    latest,
    published,
    run_shift,
    sign,
)

NOW = SHIFT_END + 10 * MINUTE


@pytest.fixture
def shift(floor: Floor) -> Floor:
    """Shift D of line-1 is over and covered."""
    run_shift(floor)
    cover(floor, NOW)
    return floor


@pytest.fixture
def sqlite_shift(sqlite_floor: Floor) -> Floor:
    """The same on SQLite alone."""
    run_shift(sqlite_floor)
    cover(sqlite_floor, NOW)
    return sqlite_floor


def test_the_sign_off_publishes_the_figures_of_work_units_and_line(shift: Floor) -> None:
    expected = kernel(shift, NOW)
    sign(shift, NOW)
    found = {row.scope: row for row in latest(shift)}
    assert sorted(found) == ["line-1", "press-1", "press-2"]
    assert found["press-1"].result == expected
    assert expected["kpis"]["oee"] > 0.1
    assert found["line-1"].result == expected
    assert found["line-1"].basis == {"rule": "key_machine", "work_units": ["press-1"]}
    row = found["press-2"]
    assert (row.period, row.revision, row.policy, row.policy_version) == (
        f"{DAY}/D",
        1,
        "iso22400",
        1,
    )
    assert (row.start, row.end) == (DAY_START, DAY_START + SHIFT_END)
    assert row.actor["label"] == "김민수"
    assert len(row.fingerprint) == 64


def test_nothing_new_makes_no_revision(shift: Floor) -> None:
    sign(shift, NOW)
    assert compare(shift, NOW) == 0
    shift.feed.value(NOW + MINUTE, "state", 1)
    shift.feed.value(NOW + 2 * MINUTE, "total", 100)
    shift.feed.send(NOW + 3 * MINUTE)
    assert compare(shift, NOW + 3 * MINUTE) == 0
    assert len(published(shift)) == 1


def test_a_late_reading_makes_a_revision_that_says_old_new_and_source(shift: Floor) -> None:
    sign(shift, NOW)
    compare(shift, NOW)
    late = 5 * HOUR + 20 * MINUTE
    shift.feed.value(late, "state", 2)
    shift.feed.send(NOW + MINUTE)
    assert compare(shift, NOW + MINUTE) == 2
    first, second = published(shift)
    assert second.result == kernel(shift, NOW + MINUTE) != first.result
    assert second.revision == 2
    (cause,) = second.cause["facts"]
    assert (cause["kind"], cause["count"], cause["from"]) == ("readings", 1, DAY_START + late)
    assert second.fingerprint != first.fingerprint
    assert [row.revision for row in published(shift, "line-1")] == [1, 2]
    assert len(published(shift, "press-2")) == 1

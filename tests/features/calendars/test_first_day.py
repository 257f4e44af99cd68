"""The first production day of all data may become a holiday, and be one no longer."""

from __future__ import annotations

import pytest

from mes.features.ingest.rebuild import rebuild
from tests.features.calendars.test_changes import SUPERVISOR, add, on, withdraw
from tests.features.commands.floor import DAY_START, MINUTE, Floor
from tests.features.production.plant import HOUR

FIRST = 30 * MINUTE


def worked(floor: Floor, until: int) -> int:
    """Press 1 is heard of from the first morning on, runs and stands in turns."""
    at, total = FIRST, 0
    while at < until:
        floor.feed.value(at, "state", 2)
        floor.feed.value(at + 40 * MINUTE, "state", 1)
        floor.feed.value(at + 30 * MINUTE, "total", total)
        at, total = at + HOUR, total + 100
    floor.feed.send(until)
    return until


def differences(floor: Floor, now: int) -> tuple[object, ...]:
    return rebuild(floor.database, DAY_START + now, check=True).differences


@pytest.mark.parametrize("hours", [5, 30, 80])
def test_a_rebuild_agrees_when_the_first_day_becomes_a_holiday(floor: Floor, hours: int) -> None:
    now = worked(floor, hours * HOUR)
    assert differences(floor, now) == ()
    made = add(floor, now, past=SUPERVISOR, date=on(0), kind="holiday")
    assert differences(floor, now) == ()
    withdraw(floor, made.id, now, past=SUPERVISOR)
    assert differences(floor, now) == ()


def test_a_rebuild_agrees_when_data_began_on_a_holiday_that_is_taken_back(floor: Floor) -> None:
    made = add(floor, 0, past=SUPERVISOR, date=on(0), kind="holiday")
    now = worked(floor, 30 * HOUR)
    assert differences(floor, now) == ()
    withdraw(floor, made.id, now, past=SUPERVISOR)
    assert differences(floor, now) == ()


def test_a_rebuild_agrees_when_the_day_before_the_first_data_becomes_a_holiday(
    floor: Floor,
) -> None:
    add(floor, 0, past=SUPERVISOR, date=on(0), kind="holiday")
    now = worked(floor, 30 * HOUR)
    add(floor, now, past=SUPERVISOR, date=on(-2), kind="holiday")
    assert differences(floor, now) == ()

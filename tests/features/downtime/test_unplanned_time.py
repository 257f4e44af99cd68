"""A reason is asked for by the unplanned time of a stop, by one rule on every surface."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy.orm import Session

from mes.core.case_model import Span
from mes.core.derive.records import StateRecord, StopFamily
from mes.core.derive.runs import JobRun
from mes.core.derive.signals import State
from mes.core.derive.stops import Stop
from mes.core.instants import parse_instant
from mes.features.downtime.queries import stops
from mes.features.oee.queries import state_items, unit_at
from mes.features.production.master_loading import masters
from mes.features.production.queries import tiles
from mes.features.production.unexplained import reason_due
from mes.features.publishing.checklist import Concern, checklist
from mes.features.publishing.figures import unit_figure
from tests.features.commands.floor import DAY_START, MINUTE, Floor, S

NOON = 4 * 60 * MINUTE
AFTER_BREAK = NOON + 60 * MINUTE
SHIFT = Span(DAY_START, DAY_START + 12 * 60 * MINUTE)
Asked = tuple[int, int]
"""How many stops ask for a reason, and for how much time (us)."""


def stands(floor: Floor, *spans: tuple[int, int], until: int) -> int:
    """press-1 has a job, runs but in the spans, and its source is heard until then."""
    floor.start(floor.job("press-1"))
    floor.feed.value(0, "state", 2)
    for start, end in spans:
        floor.feed.value(start, "state", 1)
        if end < until:
            floor.feed.value(end, "state", 2)
    floor.feed.send(until)
    return until


def asked_by_all(floor: Floor, now: int) -> Asked:
    """What tile, list, time line and checklist ask for; they agree."""
    at = DAY_START + now
    found: dict[str, Asked] = floor.ask(
        lambda session: {
            "tile": _by_tile(session, floor.ids["press-1"], at),
            "list": _by_list(session, at),
            "states": _by_states(session, at),
            "checklist": _by_checklist(session, at),
        }
    )
    assert len(set(found.values())) == 1, found
    return found["tile"]


def tile(floor: Floor, now: int) -> dict[str, Any]:
    (found,) = floor.ask(lambda s: tiles(s, [floor.ids["press-1"]], DAY_START + now))
    return found


def _by_tile(session: Session, unit: int, at: int) -> Asked:
    (found,) = tiles(session, [unit], at)
    return found["unexplained"]["count"], found["unexplained"]["us"]


def _by_list(session: Session, at: int) -> Asked:
    found = stops(session, "press-1", SHIFT.start, SHIFT.end, at, needing=True)
    assert all(one["needs_reason"] for one in found)
    return len(found), sum(one["unexplained_us"] for one in found)


def _by_states(session: Session, at: int) -> Asked:
    given = unit_at(session, "press-1", at)
    items = [x for x in state_items(session, given, SHIFT) if x["needs_reason"]]
    us = sum(
        (given.as_of if x["end"] is None else parse_instant(x["end"])) - parse_instant(x["start"])
        for x in items
    )
    return len({x["stop_start"] for x in items}), us


def _by_checklist(session: Session, at: int) -> Asked:
    known = masters(session)
    figure = unit_figure(
        session, known, known.work_units[known.work_unit_ids["press-1"]], SHIFT, at
    )
    items = checklist(session, known, [figure], SHIFT, at, 0.0)
    return next(
        ((one.count, one.us) for one in items if one.concern is Concern.UNEXPLAINED), (0, 0)
    )


def test_a_break_with_seconds_of_standing_around_it_asks_for_no_reason(floor: Floor) -> None:
    now = stands(floor, (NOON - 20 * S, AFTER_BREAK + 30 * S), until=AFTER_BREAK + 10 * MINUTE)
    assert asked_by_all(floor, now) == (0, 0)


def test_an_open_stop_over_a_break_asks_for_no_reason_while_its_unplanned_time_is_short(
    floor: Floor,
) -> None:
    now = stands(floor, (NOON - 20 * S, NOON + 90 * MINUTE), until=AFTER_BREAK + 4 * MINUTE)
    assert asked_by_all(floor, now) == (0, 0)
    assert tile(floor, now)["needs_reason"] is False


def test_standing_before_and_after_a_break_adds_up(floor: Floor) -> None:
    before, after = NOON - 3 * MINUTE, AFTER_BREAK + 3 * MINUTE
    now = stands(floor, (before, after), until=AFTER_BREAK + 10 * MINUTE)
    assert asked_by_all(floor, now) == (1, 6 * MINUTE)


@pytest.mark.parametrize(
    ("start", "due"),
    [
        (NOON - 3 * MINUTE, AFTER_BREAK + 2 * MINUTE + 1),
        (NOON, AFTER_BREAK + 5 * MINUTE + 1),
        (NOON - 30 * MINUTE, NOON - 25 * MINUTE + 1),
    ],
)
def test_when_a_stop_will_ask_is_foretold_over_the_break(
    sqlite_floor: Floor, start: int, due: int
) -> None:
    known = sqlite_floor.ask(masters)
    unit = known.work_units[known.work_unit_ids["press-1"]]
    begin = DAY_START + start
    record = StateRecord(start=begin, end=None, state=State.STOPPED, stop_start=begin)
    stop = Stop(start=begin, end=None, family=StopFamily.STOP, records=(record,))
    runs = [JobRun(job=1, item=None, start=SHIFT.start, end=None)]
    for as_of in (begin + 1, DAY_START + due - 1):
        assert reason_due(unit, stop, runs, as_of, SHIFT.end) == DAY_START + due
    assert reason_due(unit, stop, runs, DAY_START + due, SHIFT.end) == SHIFT.end
    assert reason_due(unit, stop, [], begin + 1, SHIFT.end) == SHIFT.end


def test_the_tile_asks_when_the_unplanned_time_passes_the_limit_and_not_in_the_break(
    floor: Floor,
) -> None:
    before = NOON - 3 * MINUTE
    now = stands(floor, (before, NOON + 90 * MINUTE), until=AFTER_BREAK + MINUTE)
    assert tile(floor, now)["needs_reason"] is False
    floor.feed.send(AFTER_BREAK + 2 * MINUTE)
    assert asked_by_all(floor, AFTER_BREAK + 2 * MINUTE) == (1, 5 * MINUTE + 1)
    assert tile(floor, AFTER_BREAK + 2 * MINUTE)["needs_reason"] is True


def test_a_reason_for_a_part_leaves_the_rest_asked_for(floor: Floor) -> None:
    now = stands(floor, (60 * MINUTE, 90 * MINUTE), until=2 * 60 * MINUTE)
    assert asked_by_all(floor, now) == (1, 30 * MINUTE)


def test_what_a_stop_asks_for_is_told_in_the_shift_in_which_it_lies(floor: Floor) -> None:
    start, end = SHIFT.end - DAY_START - 2 * MINUTE, SHIFT.end - DAY_START + 20 * MINUTE
    now = stands(floor, (start, end), until=end + 10 * MINUTE)
    at = DAY_START + now
    found = floor.ask(lambda s: (_by_list(s, at), _by_states(s, at), _by_checklist(s, at)))
    assert found == ((1, 2 * MINUTE),) * 3
    shown = tile(floor, now)
    assert shown["unexplained"] == {"count": 1, "us": 20 * MINUTE}


def test_all_surfaces_agree_while_the_source_is_silent(floor: Floor) -> None:
    heard = stands(floor, (60 * MINUTE, 90 * MINUTE), until=80 * MINUTE)
    silent = heard + 10 * MINUTE
    assert asked_by_all(floor, silent) == (1, 20 * MINUTE + 1)

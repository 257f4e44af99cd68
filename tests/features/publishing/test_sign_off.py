"""A shift is signed off: what is published, who may what, and the checklist."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from mes.core.policies import PROFILES
from mes.features.publishing.service import look_at_shift
from mes.models import AuditLog, KpiPolicyVersion
from tests.features.commands.floor import DAY_START, MINUTE, Floor, S, refused
from tests.features.publishing.signing import (
    DAY,
    HOUR,
    SHIFT_END,
    compare,
    kernel,
    latest,
    open_again,
    published,
    run_shift,
    sign,
)

NOW = SHIFT_END + 10 * MINUTE


@pytest.fixture
def shift(floor: Floor) -> Floor:
    """Shift D of line-1 is over and covered."""
    return over(floor)


@pytest.fixture
def sqlite_shift(sqlite_floor: Floor) -> Floor:
    """The same on SQLite alone."""
    return over(sqlite_floor)


def over(floor: Floor) -> Floor:
    run_shift(floor)
    floor.feed.send(NOW)
    return floor


def concerns(floor: Floor, at: int, coverage_min: float = 0.9) -> list[tuple[str, str]]:
    found = floor.ask(lambda s: look_at_shift(s, "line-1", DAY, "D", DAY_START + at, coverage_min))
    return [(item.concern.value, item.work_unit) for item in found.items]


def test_the_sign_off_publishes_the_figures_of_work_units_and_line(shift: Floor) -> None:
    expected = kernel(shift, NOW)
    sign(shift, NOW)
    found = {row.scope: row for row in latest(shift)}
    assert sorted(found) == ["line-1", "press-1", "press-2"]
    assert found["press-1"].result == expected
    assert expected["kpis"]["oee"] > 0.1
    assert found["press-2"].result == kernel(shift, NOW, "press-2") != expected
    line = found["line-1"]
    assert line.result == expected
    assert line.basis == {"rule": "key_machine", "work_units": ["press-1"]}
    assert (line.level, line.period, line.revision) == ("line", f"{DAY}/D", 1)
    assert (line.start, line.end) == (DAY_START, DAY_START + SHIFT_END)
    assert line.actor["label"] == "김민수"
    assert len(line.fingerprint) == 64


def test_a_shift_that_runs_cannot_be_signed_off(sqlite_floor: Floor) -> None:
    run_shift(sqlite_floor, hours=11)
    refused("shift_not_over", lambda: sign(sqlite_floor, 11 * HOUR))
    assert latest(sqlite_floor) == []


def test_a_shift_is_signed_off_once(sqlite_shift: Floor) -> None:
    sign(sqlite_shift, NOW)
    refused("shift_already_signed", lambda: sign(sqlite_shift, NOW))
    refused("unknown_shift", lambda: sign(sqlite_shift, NOW, shift="X"))
    assert len(published(sqlite_shift)) == 1


def test_what_is_not_in_order_needs_a_note_and_is_kept_with_the_sign_off(
    sqlite_floor: Floor,
) -> None:
    floor = sqlite_floor
    floor.start(floor.job("press-1"))
    run_shift(floor)
    assert concerns(floor, NOW) == [
        ("not_covered", "press-1"),
        ("unexplained_stops", "press-1"),
        ("not_covered", "press-2"),
        ("rate_missing", "press-2"),
    ]
    floor.feed.send(NOW)
    left = [("unexplained_stops", "press-1"), ("rate_missing", "press-2")]
    assert concerns(floor, NOW) == left
    refusal = refused("signoff_needs_note", lambda: sign(floor, NOW, note=" "))
    listed: Any = refusal.details["checklist"]
    assert [(item["code"], item["work_unit"]) for item in listed] == left
    row = sign(floor, NOW, note="new fixture")
    assert row.note == "new fixture"
    item = row.checklist[0]
    assert (item["count"], item["us"]) == (11, 11 * 20 * MINUTE)


def test_suspect_counts_and_low_coverage_are_on_the_checklist(sqlite_shift: Floor) -> None:
    floor = sqlite_shift
    assert concerns(floor, NOW) == [("rate_missing", "press-2")]
    floor.feed.value(SHIFT_END - 30 * S, "total2", 10**6)
    floor.feed.gap(2 * HOUR, 5 * HOUR)
    floor.feed.send(NOW)
    assert concerns(floor, NOW) == [
        ("coverage_low", "press-1"),
        ("coverage_low", "press-2"),
        ("suspect_counts", "press-2"),
        ("rate_missing", "press-2"),
    ]


def test_a_reopened_shift_keeps_its_figures_and_may_be_signed_again(shift: Floor) -> None:
    refused("shift_not_signed", lambda: open_again(shift, NOW))
    sign(shift, NOW)
    refused("reopen_needs_reason", lambda: open_again(shift, NOW, reason=" "))
    open_again(shift, NOW + MINUTE, reason="wrong shift")
    found = shift.ask(lambda s: look_at_shift(s, "line-1", DAY, "D", DAY_START + NOW, 0.9))
    assert [(row.kind, row.note) for row in found.history] == [
        ("signoff", "known"),
        ("reopen", "wrong shift"),
    ]
    assert not found.signed
    shift.feed.value(5 * HOUR + 20 * MINUTE, "state", 2)
    shift.feed.send(NOW + 2 * MINUTE)
    assert compare(shift, NOW + 2 * MINUTE) == 2
    sign(shift, NOW + 3 * MINUTE)
    compare(shift, NOW + 3 * MINUTE)
    assert [row.revision for row in published(shift)] == [1, 2]
    actions = shift.ask(lambda s: list(s.scalars(select(AuditLog.action).order_by(AuditLog.id))))
    assert [a for a in actions if a.startswith("shift.")] == [
        "shift.signoff",
        "shift.reopen",
        "shift.signoff",
    ]


def test_a_figure_keeps_the_policy_version_it_was_published_with(sqlite_shift: Floor) -> None:
    floor = sqlite_shift
    sign(floor, NOW)
    compare(floor, NOW)
    changed = {**PROFILES["tpm"].to_json(), "name": "iso22400", "version": 2}
    with floor.database.transaction() as session:
        session.add(
            KpiPolicyVersion(name="iso22400", version=2, definition=changed, recorded_at=NOW)
        )
    floor.feed.value(5 * HOUR + 20 * MINUTE, "state", 2)
    floor.feed.send(NOW + MINUTE)
    compare(floor, NOW + MINUTE)
    first, second = published(floor)
    assert (second.policy, second.policy_version) == ("iso22400", 1)
    assert second.result["policy"] == first.result["policy"]
    assert second.result == kernel(floor, NOW + MINUTE, policy="iso22400")


def test_a_line_without_a_calendar_is_signed_off_by_the_day(sqlite_floor: Floor) -> None:
    io = type(sqlite_floor.feed)(sqlite_floor.database, source="io")
    io.value(0, "lamp", True)
    io.value(0, "count", 0)
    io.value(HOUR, "count", 100)
    io.value(0, "pulses", 0)
    io.send(25 * HOUR)
    row = sign(sqlite_floor, 25 * HOUR, shift=None, line="line-2")
    assert (row.shift, row.end - row.start) == ("", 24 * HOUR)
    (figure,) = published(sqlite_floor, "washer-1", f"{DAY}/day")
    assert figure.result["quantities"]["GQ"] == 100

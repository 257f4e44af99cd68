"""What a trade brings is a plant that holds, and adds to a plant only what it does not have."""

from __future__ import annotations

import json
from typing import Any

import pytest
from click.testing import CliRunner

from mes.core.classes import ReasonClass
from mes.core.refusal import Refusal
from mes.features.plant.check import check
from mes.features.plant.cli import plant as plant_command
from mes.features.plant.trades import (
    TRADES,
    calendar_of,
    plan_of,
    plant_of,
    shift_plans,
    trade_of,
    trades,
)
from mes.features.plant.trades.merging import Proposal, propose, put

USUAL = {
    "press": {"금형교환", "소재교체", "금형고장", "자재 대기", "버", "찍힘", "치수불량"},
    "moulding": {"금형교환", "금형예열", "금형고장", "미성형", "플래시", "웰드라인"},
    "cnc": {"공구교환", "공구파손", "품번 교체", "치수불량", "조도불량"},
    "assembly": {"자재결품", "조립불량", "품번 교체", "부품 누락", "기능검사 불합격"},
}
"""What people of the trade look for first."""
DAYS = ("00:00", "06:00", "07:30", "08:00", "12:30", "20:00")


@pytest.mark.parametrize("code", TRADES)
@pytest.mark.parametrize("shifts", [1, 2, 3])
@pytest.mark.parametrize("day_starts", DAYS)
def test_every_trade_with_every_shifts_passes_the_check(
    code: str, shifts: int, day_starts: str
) -> None:
    plan = next(one for one in shift_plans() if one.shifts_a_day == shifts)
    plant = plant_of(trade_of(code), plan, zone="Asia/Seoul", day_starts=day_starts)
    checked = check(json.dumps(plant))
    assert (checked.mistakes, checked.notes) == ((), ())


@pytest.mark.parametrize("start", ["00:00", "05:30", "07:00", "13:15", "23:45"])
@pytest.mark.parametrize("plan", ["one-shift", "two-shift", "three-shift"])
@pytest.mark.parametrize("day_starts", DAYS)
def test_shifts_that_start_elsewhere_keep_their_lengths_and_pass(
    plan: str, start: str, day_starts: str
) -> None:
    moved = calendar_of(plan_of(plan), day_starts=day_starts, start=start)
    assert moved["shifts"][0]["start"] == start
    usual = plan_of(plan).calendar["shifts"]
    for one, before in zip(moved["shifts"], usual, strict=True):
        assert _length(one) == _length(before)
        assert [_length(pause) for pause in one["breaks"]] == [
            _length(pause) for pause in before["breaks"]
        ]
    site = {"id": "p", "time_zone": "Asia/Seoul", "day_starts": day_starts}
    plant = {"schema": "plant/1", "site": site, "calendars": [moved]}
    assert check(json.dumps(plant)).mistakes == ()


def test_a_shift_across_the_boundary_belongs_to_the_day_of_its_round() -> None:
    shifts = calendar_of(plan_of("three-shift"), day_starts="08:00", start="08:30")["shifts"]
    assert [(one["start"], one.get("day_offset")) for one in shifts] == [
        ("08:30", None),
        ("16:30", None),
        ("00:30", -1),
    ]


@pytest.mark.parametrize("code", TRADES)
def test_a_trade_has_the_usual_reasons_in_both_languages(code: str) -> None:
    found = trade_of(code)
    names = {row["name"]["ko"] for row in found.reasons}
    assert names >= USUAL[code]
    assert len(names) >= 25
    assert all(row["name"]["ko"] and row["name"]["en"].isascii() for row in found.reasons)
    codes = [row["code"] for row in found.reasons]
    assert len(codes) == len(set(codes))
    classes = {row["class"] for row in found.reasons if "class" in row}
    assert classes >= {"setup", "unplanned_stop", "waiting", "planned_stop"}
    assert classes <= set(map(str, ReasonClass))
    assert {row.get("domain", "stop") for row in found.reasons} == {
        "stop",
        "scrap",
        "pause",
        "correction",
    }


def test_a_code_means_the_same_in_every_trade() -> None:
    uses: dict[str, set[tuple[object, ...]]] = {}
    for found in trades():
        for row in found.reasons:
            use = (row.get("domain", "stop"), row.get("class"), row.get("failure", False))
            uses.setdefault(row["code"], set()).add(use)
    assert {code: seen for code, seen in uses.items() if len(seen) > 1} == {}


def proposed(
    plant: dict[str, Any], retired: tuple[str, ...] = (), trade: str = "press"
) -> Proposal:
    calendar = calendar_of(plan_of("one-shift"), day_starts="08:00")
    return propose(plant, retired, trade=trade_of(trade), calendar=calendar)


def test_applying_twice_adds_nothing_the_second_time() -> None:
    plant: dict[str, Any] = {}
    first = proposed(plant)
    put(plant, first)
    second = proposed(plant)
    assert first.adds
    assert not second.adds
    assert second.conflicts == ()
    assert len(second.present) == len(first.reasons)


def test_a_second_trade_adds_only_what_is_its_own() -> None:
    plant: dict[str, Any] = {}
    put(plant, proposed(plant))
    cnc = proposed(plant, trade="cnc")
    added = {row["code"] for row in cnc.reasons}
    assert "tool-breakage" in added
    assert not added & {row["code"] for row in trade_of("press").reasons}
    put(plant, cnc)
    codes = [row["code"] for row in plant["reasons"]]
    assert len(codes) == len(set(codes))


def test_own_reasons_stay_and_conflicts_are_named() -> None:
    plant = {
        "reasons": [
            {"code": "jam", "name": {"ko": "잼", "en": "Jam"}, "class": "waiting"},
            {"code": "d1", "name": {"ko": "금형 교환", "en": "Change"}, "class": "setup"},
            {"code": "burr", "name": {"ko": "가시", "en": "Thorn"}, "domain": "scrap"},
        ],
        "calendars": [{"id": "one-shift", "name": {"ko": "우리", "en": "Ours"}, "shifts": []}],
    }
    found = proposed(plant, retired=("scratch",))
    codes = {row["code"] for row in found.reasons}
    assert [(one.kind, one.code) for one in found.conflicts] == [
        ("reason", "jam"),
        ("calendar", "one-shift"),
    ]
    assert [row["code"] for row in found.retired] == ["scratch"]
    assert {row["code"] for row in found.present} >= {"die-change", "burr"}
    assert not codes & {"jam", "die-change", "burr", "scratch"}
    assert found.calendar is None


def test_unknown_names_are_refused() -> None:
    with pytest.raises(Refusal, match="no trade"):
        trade_of("bakery")
    with pytest.raises(Refusal, match="no shifts"):
        plan_of("four-shift")


@pytest.mark.parametrize("code", TRADES)
def test_the_command_prints_a_plant_file_that_holds(code: str) -> None:
    done = CliRunner().invoke(plant_command, ["preset", code, "--shifts", "3"])
    assert done.exit_code == 0, done.output
    checked = check(done.output)
    assert checked.plant is not None, checked.mistakes
    assert checked.plant.lines[0].work_units[0].signals.state is not None


@pytest.mark.parametrize("wrong", [("--day-starts", "25:00"), ("--zone", "Mars/Olympus")])
def test_the_command_refuses_what_no_plant_has(wrong: tuple[str, str]) -> None:
    done = CliRunner().invoke(plant_command, ["preset", "press", *wrong])
    assert isinstance(done.exception, Refusal)
    assert done.exception.code == "plant_invalid"


def _length(span: dict[str, Any]) -> int:
    start, end = (int(span[name][:2]) * 60 + int(span[name][3:]) for name in ("start", "end"))
    return (end - start) % 1440

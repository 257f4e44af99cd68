"""Every mistake of a plant file is named with its line."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from mes.features.plant.check import check
from mes.features.plant.cli import plant
from tests.features.plant.plant_files import GOOD, with_change


def line_of(text: str, part: str) -> int:
    return next(n for n, line in enumerate(text.splitlines(), 1) if part in line)


def test_a_good_file_has_no_mistakes() -> None:
    checked = check(GOOD)
    assert checked.mistakes == ()
    assert checked.plant is not None
    assert checked.plant.site.time_zone == "Asia/Seoul"


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("schema: plant/1", "schema: plant/9", "schema_unknown"),
        ("time_zone: Asia/Seoul", "time_zone: Asia/Nowhere", "value_error"),
        ('day_starts: "08:00"', 'day_starts: "8:00"', "value_error"),
        ("  - id: two-shift", "  - id: two-shift\n    colour: red", "extra_forbidden"),
        ("calendar: two-shift", "calendar: three-shift", "calendar_unknown"),
        ("reason: lunch}", "reason: siesta}", "reason_unknown"),
        ("reason: lunch}", "reason: jam}", "reason_not_planned"),
        ('start: "12:00", end: "13:00"', 'start: "19:30", end: "20:30"', "break_outside_shift"),
        ('start: "20:00", end: "08:00"', 'start: "19:00", end: "07:00"', "shifts_overlap"),
        ('start: "08:00", end: "20:00"', 'start: "07:00", end: "20:00"', "shift_crosses_day"),
        ("class: unplanned_stop", "class: bad_luck", "literal_error"),
        ("{code: jam,", "{code: lunch,", "duplicate"),
        ("default_item: BRKT-100", "default_item: BRKT-999", "item_unknown"),
        ('{BRKT-100: "2.0"}', '{BRKT-100: "0"}', "value_error"),
        ("tag: press_plc/state", "tag: press_plc/status", "tag_unknown"),
        ("1: stopped,", "1: asleep,", "literal_error"),
        (", modulus: 65536", "", "value_error"),
        ("id: press-1", "id: busan", "duplicate"),
        ("protocol: modbus", "protocol: carrier-pigeon", "protocol_not_available"),
        ("type: uint32", "type: uint33", "enum"),
        ("order: CDAB", "order: CDBA", "order_not_possible"),
        ("unit: 1\n", "unit: 1\n    speed: 9600\n", "extra_forbidden"),
        ("{manual: true}", "{manual: true, lamp: press_plc/state}", "value_error"),
        ("{manual: true}", "{from_counts: {idle_after_s: 30}}", "counter_missing"),
    ],
)
def test_a_mistake_is_named_with_its_line_and_a_code(old: str, new: str, code: str) -> None:
    text = with_change(old, new)
    changed = [
        number
        for number, (a, b) in enumerate(
            zip(text.splitlines(), [*GOOD.splitlines(), "", ""], strict=False), 1
        )
        if a != b
    ]
    mistakes = check(text).mistakes
    assert code in {mistake.code for mistake in mistakes}, mistakes
    found = next(mistake for mistake in mistakes if mistake.code == code)
    assert abs(found.line - changed[0]) <= 2, (found, changed[0])
    assert found.field
    assert found.message


def test_all_mistakes_are_listed_at_once_in_the_order_of_their_lines() -> None:
    text = with_change("default_item: BRKT-100", "default_item: NONE-1")
    text = with_change("reason: lunch}", "reason: siesta}", text)
    text = with_change("type: uint32", "type: uint33", text)
    mistakes = check(text).mistakes
    assert [mistake.code for mistake in mistakes] == [
        "reason_unknown",
        "enum",
        "item_unknown",
    ]
    assert [mistake.line for mistake in mistakes] == [
        line_of(text, "siesta"),
        line_of(text, "uint33"),
        line_of(text, "NONE-1"),
    ]


@pytest.mark.parametrize(
    ("text", "line"),
    [("site: [1, 2", 1), ("schema: plant/1\nsite: {id: a}\nsite: {id: b}\n", 3), ("- 1\n", 1)],
)
def test_what_is_no_yaml_mapping_is_one_mistake_with_its_line(text: str, line: int) -> None:
    mistakes = check(text).mistakes
    assert [mistake.code for mistake in mistakes] == ["not_yaml"]
    assert mistakes[0].line >= line


def test_calendars_reasons_items_and_lines_may_be_absent() -> None:
    text = 'schema: plant/1\nsite: {id: a, time_zone: Asia/Seoul, day_starts: "00:00"}\n'
    assert check(text).mistakes == ()


def test_the_command_lists_mistakes_and_exits_with_1(tmp_path: Path) -> None:
    file = tmp_path / "plant.yaml"
    file.write_text(with_change("reason: lunch}", "reason: siesta}"), encoding="utf-8")
    result = CliRunner().invoke(plant, ["check", str(file)])
    assert result.exit_code == 1
    assert "line 7: calendars[0].shifts[0].breaks[0].reason" in result.output


def test_the_command_exits_with_0_for_a_good_file(tmp_path: Path) -> None:
    file = tmp_path / "plant.yaml"
    file.write_text(GOOD, encoding="utf-8")
    assert CliRunner().invoke(plant, ["check", str(file)]).exit_code == 0

"""Every mistake of a plant file is named with its line."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest
from click.testing import CliRunner

from mes.features.plant.check import check
from mes.features.plant.cli import plant
from mes.features.plant.objects import file_objects
from tests.features.plant.plant_files import GOOD, with_change

CONTRACT_EXAMPLE = Path(__file__).parent / "contract-example.plant.yaml"


def line_of(text: str, part: str) -> int:
    return next(n for n, line in enumerate(text.splitlines(), 1) if part in line)


def test_a_good_file_has_no_mistakes() -> None:
    checked = check(GOOD)
    assert checked.mistakes == ()
    assert checked.plant is not None
    assert checked.plant.site.time_zone == "Asia/Seoul"


def test_the_example_of_the_contract_with_its_missing_tags_has_no_mistakes() -> None:
    checked = check(CONTRACT_EXAMPLE.read_text("utf-8"))
    assert checked.mistakes == ()
    assert [note.code for note in checked.notes] == ["reason_not_listed", "max_per_s_missing"]


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("schema: plant/1", "schema: plant/9", "schema_unknown"),
        ("time_zone: Asia/Seoul", "time_zone: Asia/Nowhere", "value_error"),
        ('day_starts: "08:00"', 'day_starts: "8:00"', "value_error"),
        ("  - id: two-shift", "  - id: two-shift\n    colour: red", "extra_forbidden"),
        ("calendar: two-shift", "calendar: three-shift", "calendar_unknown"),
        ("calendar: two-shift", "area: hall-9", "area_unknown"),
        ("reason: lunch}", "reason: jam}", "reason_not_planned"),
        ('start: "12:00", end: "13:00"', 'start: "19:30", end: "20:30"', "break_outside_shift"),
        ('start: "20:00", end: "08:00"', 'start: "19:00", end: "07:00"', "shifts_overlap"),
        ('start: "08:00", end: "20:00"', 'start: "07:00", end: "20:00"', "shift_crosses_day"),
        ("days: [mon, tue,", "days: [mon, mon,", "duplicate"),
        ("time_zone: Asia/Seoul", "time_zone: Asia", "value_error"),
        ("time_zone: Asia/Seoul", "time_zone: Asia/Seoul, policy: nakajima", "policy_unknown"),
        ('end: "20:00", breaks', 'end: "20:00", days: [mon], breaks', "extra_forbidden"),
        ("class: unplanned_stop", "class: bad_luck", "literal_error"),
        ("class: setup}", "class: setup, failure: true}", "value_error"),
        ("{code: jam,", "{code: lunch,", "duplicate"),
        ("default_item: BRKT-100", "default_item: BRKT-999", "item_unknown"),
        ('{BRKT-100: "2.0"}', '{BRKT-100: "0"}', "value_error"),
        ("tag: press_plc/state", "tag: press_plc/status", "tag_unknown"),
        ("1: stopped,", "1: asleep,", "literal_error"),
        (", modulus: 65536", "", "value_error"),
        ('{BRKT-100: "2.0"}', '{BRKT-100: "1e999999999"}', "value_error"),
        ('{BRKT-100: "2.0"}', '{BRKT-100: "1e-31"}', "value_error"),
        (
            'ideal_cycle_s: {BRKT-100: "2.0"}',
            "pieces_per_cycle: {BRKT-100: 1000000000000000000000}",
            "less_than_equal",
        ),
        ("tag: press_plc/state", "<<: {no: 1}, tag: press_plc/state", "extra_forbidden"),
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
    text = with_change('start: "12:00"', 'start: "07:00"', text)
    text = with_change("type: uint32", "type: uint33", text)
    mistakes = check(text).mistakes
    assert [mistake.code for mistake in mistakes] == [
        "break_outside_shift",
        "enum",
        "item_unknown",
    ]
    assert [mistake.line for mistake in mistakes] == [
        line_of(text, "07:00"),
        line_of(text, "uint33"),
        line_of(text, "NONE-1"),
    ]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("site: [1, 2", 1),
        ("\n" + "[" * 500_000, 2),
        ("schema: plant/1\nsite: {id: a}\nsite: {id: b}\n", 3),
        ("- 1\n", 1),
    ],
)
def test_what_is_no_yaml_mapping_is_one_mistake_with_its_line(text: str, line: int) -> None:
    mistakes = check(text).mistakes
    assert [mistake.code for mistake in mistakes] == ["not_yaml"]
    assert mistakes[0].line >= line


def test_a_wrong_shape_hides_no_mistake_that_only_the_whole_can_tell() -> None:
    """Mistakes of every kind, several of them in one part: all are named, none is invented."""
    text = GOOD
    for old, new in (
        ('day_starts: "08:00"', 'day_starts: "8:00"'),
        ('start: "12:00", end: "13:00"', 'start: "19:30", end: "20:30"'),
        ("class: unplanned_stop", "class: bad_luck"),
        ("{code: die-change,", "{code: lunch,"),
        ("unit: 1\n", "unit: 1\n    speed: 9600\n"),
        ("transport: tcp", "transport: udp"),
        ("address: 0x0012, type: uint32", "address: 0x0012, type: uint33, order: CDAB"),
        ("order: CDAB, scale", "order: CDBA, scale"),
        ("calendar: two-shift\n", "calendar: three-shift\n    colour: red\n"),
        ("default_item: BRKT-100", "default_item: BRKT-999"),
        ("press_plc/rejects, counter: {mode: resettable}", "press_plc/bad, counter: {mode: odd}"),
    ):
        text = with_change(old, new, text)
    assert [(mistake.field, mistake.code) for mistake in check(text).mistakes] == [
        ("site.day_starts", "value_error"),
        ("calendars[0].shifts[0].breaks[0]", "break_outside_shift"),
        ("reasons[2].class", "literal_error"),
        ("reasons[3].code", "duplicate"),
        ("sources[0].link.transport", "transport_unknown"),
        ("sources[0].speed", "extra_forbidden"),
        ("sources[0].tags[2].type", "enum"),
        ("sources[0].tags[3].order", "order_not_possible"),
        ("lines[0].calendar", "calendar_unknown"),
        ("lines[0].colour", "extra_forbidden"),
        ("lines[0].work_units[0].default_item", "item_unknown"),
        ("lines[0].work_units[0].signals.scrap.counter.mode", "literal_error"),
        ("lines[0].work_units[0].signals.scrap.tag", "tag_unknown"),
    ]


def test_mistakes_between_tags_show_beside_mistakes_inside_them() -> None:
    text = with_change("type: uint32", "type: uint33")
    text = with_change("address: 0x0010", "address: 0x10000", text)
    text = with_change("name: volts", "name: state", text)
    assert [mistake.code for mistake in check(text).mistakes] == [
        "address_out_of_range",
        "enum",
        "duplicate_tag",
    ]


LINE = "{transport: rtu, serial_port: /dev/ttyS0, baud: 9600}"
SECOND_SOURCE = """
  - id: furnace
    protocol: modbus
    link: LINK
    unit: 2
    tags: [{name: pv, table: input, address: 1000, type: int16}]

lines:"""


@pytest.mark.parametrize(
    ("link", "mistakes"),
    [
        (LINE, []),
        (LINE.replace("9600", "19200"), [("sources[1].link", "link_settings_differ")]),
        (LINE.replace("ttyS0", "ttyS1"), []),
        (LINE.replace("9600", "96"), [("sources[1].link.baud", "greater_than_equal")]),
    ],
)
def test_two_sources_that_describe_one_line_differently_are_a_mistake(
    link: str, mistakes: list[tuple[str, str]]
) -> None:
    text = with_change("{transport: tcp, host: 127.0.0.1, port: 1502}", LINE)
    text = with_change("\nlines:", SECOND_SOURCE.replace("LINK", link), text)
    assert [(each.field, each.code) for each in check(text).mistakes] == mistakes


def test_a_break_whose_reason_is_not_listed_is_a_break_and_a_note() -> None:
    checked = check(with_change("reason: lunch}", "reason: siesta}"))
    assert checked.mistakes == ()
    assert (7, "reason_not_listed") in [(note.line, note.code) for note in checked.notes]
    assert checked.plant is not None
    assert file_objects(checked.plant)["reason", "siesta"]["class"] == "break"


def test_blocked_and_starved_may_be_named_without_being_listed() -> None:
    text = with_change(
        "          total:",
        "          fault: {tag: press_plc/state, map: {5: blocked, 6: starved}}\n          total:",
    )
    assert check(text).mistakes == ()


def test_overlaps_are_found_across_the_end_of_the_week_too() -> None:
    text = with_change("days: [mon, tue, wed, thu, fri]", "days: [fri, sun, mon]")
    text = with_change('start: "20:00", end: "08:00"', 'start: "20:00", end: "08:30"', text)
    text = with_change('day_starts: "08:00"', 'day_starts: "06:00"', text)
    text = with_change("{code: N,", "{code: N, day_offset: 0,", text)
    assert ("calendars[0].shifts[0]", "shifts_overlap") in [
        (mistake.field, mistake.code) for mistake in check(text).mistakes
    ]


def test_minor_stops_may_be_switched_off() -> None:
    assert check(with_change("minor_stop_limit_s: 300", "minor_stop_limit_s: 0")).mistakes == ()


@pytest.mark.parametrize(
    "change",
    [
        lambda text: "\ufeff" + text,
        lambda text: text.replace("\n", "\r\n"),
        lambda text: text + "# " + "긴 설명 " * 100_000,
        lambda text: text.replace("name: {ko: 1라인", "name: &line {ko: 1라인").replace(
            "name: {ko: 프레스 1호기, en: Press 1}", "name: *line"
        ),
        lambda text: text[: text.index("lines:")] + "lines:\n",
    ],
    ids=["byte order mark", "lines of Windows", "long", "anchor and alias", "empty section"],
)
def test_the_way_a_file_is_written_is_no_mistake(change: Callable[[str], str]) -> None:
    assert check(change(GOOD)).mistakes == ()


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ("", 1, "is a mapping"),
        ("# nothing\n", 1, "is a mapping"),
        ("schema: plant/1\n\tsite: x\n", 2, "cannot start any token"),
        ("schema: plant/1\nsite: *nobody\n", 2, "undefined alias"),
        ("schema: plant/1\nsite: \x07\n", 2, "U\\+0007 is not allowed"),
        ("[" * 5000, 1, "nested more than"),
        (
            "a: &a [x, x]\n"
            + "".join(
                f"{new}: &{new} [" + ", ".join([f"*{old}"] * 10) + "]\n"
                for old, new in pairwise("abcdefghi")
            ),
            1,
            "aliases written out",
        ),
    ],
    ids=["empty", "comment", "tab", "alias", "control character", "deep", "aliases"],
)
def test_what_cannot_be_read_is_refused_with_its_line(text: str, line: int, reason: str) -> None:
    (mistake,) = check(text).mistakes
    assert (mistake.line, mistake.code) == (line, "not_yaml")
    assert re.search(reason, mistake.message)


def test_a_file_that_is_not_utf_8_is_refused_without_a_stack_trace(tmp_path: Path) -> None:
    file = tmp_path / "plant.yaml"
    file.write_bytes(GOOD.encode("utf-16"))
    result = CliRunner().invoke(plant, ["check", str(file)])
    assert result.exit_code == 1
    assert f"{file}: line 1: not UTF-8" in result.output


def test_braces_in_a_message_stand_once() -> None:
    source = (
        "  - {id: cnc, protocol: opcua, endpoint: 'opc.tcp://h:1', tags: [{name: a, node: i=1}]}\n"
    )
    (mistake,) = check(with_change("sources:\n", "sources:\n" + source)).mistakes
    assert mistake.code == "security_missing"
    assert "{policy: ..., mode: ...}" in mistake.message
    assert "{{" not in mistake.message


def test_calendars_reasons_items_and_lines_may_be_absent() -> None:
    text = 'schema: plant/1\nsite: {id: a, time_zone: Asia/Seoul, day_starts: "00:00"}\n'
    assert check(text).mistakes == ()


def test_the_command_lists_mistakes_and_exits_with_1(tmp_path: Path) -> None:
    file = tmp_path / "plant.yaml"
    file.write_text(with_change("reason: lunch}", "reason: jam}"), encoding="utf-8")
    result = CliRunner().invoke(plant, ["check", str(file)])
    assert result.exit_code == 1
    assert "line 7: calendars[0].shifts[0].breaks[0].reason" in result.output


def test_the_command_exits_with_0_for_a_good_file(tmp_path: Path) -> None:
    file = tmp_path / "plant.yaml"
    file.write_text(GOOD, encoding="utf-8")
    assert CliRunner().invoke(plant, ["check", str(file)]).exit_code == 0


def test_a_swinging_door_on_a_signal_is_refused_with_its_field() -> None:
    text = with_change(
        "address: 0x0010, type: uint16", "address: 0x0010, type: uint16, swinging_door: 2"
    )
    (found,) = check(text).mistakes
    assert found.code == "swinging_door_on_signal"
    assert found.field.endswith(".swinging_door")
    assert "press_plc/strokes" in found.message

"""Counter rules of a plant file that contradict themselves are refused, risky ones are noted."""

from __future__ import annotations

import pytest

from mes.features.plant.check import check
from tests.features.plant.plant_files import GOOD, with_change

COUNTER = "{mode: rollover, modulus: 65536}"


def line_of(part: str, text: str) -> int:
    """The line in which a part stands, from 1."""
    return text[: text.index(part)].count("\n") + 1


@pytest.mark.parametrize(
    ("new", "field", "code"),
    [
        ("{mode: rollover}", "counter", "value_error"),
        ("{mode: rollover, modulus: 0}", "counter.modulus", "greater_than_equal"),
        ("{mode: rollover, modulus: 1}", "counter.modulus", "greater_than_equal"),
        ("{mode: rollover, modulus: 1.5}", "counter.modulus", "int_from_float"),
        ("{mode: absolute, modulus: 65536}", "counter", "value_error"),
        ("{mode: backwards}", "counter.mode", "literal_error"),
        ("{mode: resettable, max_per_s: 0}", "counter.max_per_s", "value_error"),
        ("{mode: resettable, max_per_s: -1}", "counter.max_per_s", "value_error"),
        ("{mode: resettable, max_per_s: fast}", "counter.max_per_s", "decimal_parsing"),
        ("{mode: resettable, max_per_s: 0.4}", "counter.max_per_s", "max_per_s_below_rate"),
        ("{mode: rollover, modulus: 65537}", "counter.modulus", "modulus_beyond_type"),
        ("{mode: resettable, rate: 5}", "counter.rate", "extra_forbidden"),
    ],
)
def test_a_counter_that_contradicts_itself_is_refused_with_field_and_line(
    new: str, field: str, code: str
) -> None:
    text = with_change(COUNTER, new)

    found = check(text).mistakes

    assert [
        (one.field.removeprefix("lines[0].work_units[0].signals.total."), one.code) for one in found
    ] == [(field, code)]
    assert found[0].line == line_of("total: {tag", text)


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("pieces_per_count: 1}", "pieces_per_count: 0}", "greater_than_equal"),
        ("pieces_per_count: 1}", "pieces_per_count: 1001}", "less_than_equal"),
        ("total: {tag: press_plc/strokes", "parts: {tag: press_plc/strokes", "extra_forbidden"),
        ("scrap: {tag: press_plc/rejects", "scrap: {tag: press_plc/strokes", "tag_counts_twice"),
        (
            "address: 0x0010, type: uint16",
            "address: 0x0010, type: string, length: 4",
            "counter_no_number",
        ),
        ('{BRKT-100: "2.0"}', '{BRKT-100: "0"}', "value_error"),
        ('{BRKT-100: "2.0"}', '{BRKT-100: "-2"}', "value_error"),
    ],
)
def test_a_signal_that_cannot_count_is_refused(old: str, new: str, code: str) -> None:
    assert [one.code for one in check(with_change(old, new)).mistakes] == [code]


def test_a_modulus_that_full_speed_runs_through_between_two_polls_is_refused() -> None:
    text = with_change(COUNTER, "{mode: rollover, modulus: 10}")
    slow = with_change("scan_ms: 1000", "scan_ms: 20000", text)

    assert check(text).mistakes == ()
    assert [one.code for one in check(slow).mistakes] == ["modulus_too_small"]


def test_a_modulus_that_the_limit_may_run_through_is_a_note() -> None:
    text = with_change(COUNTER, "{mode: rollover, modulus: 10, max_per_s: 10}")

    checked = check(text)

    assert checked.mistakes == ()
    assert [(one.field.rpartition(".")[2], one.code) for one in checked.notes] == [
        ("modulus", "modulus_small")
    ]


def test_a_rollover_counter_without_a_limit_is_a_note_that_suggests_one() -> None:
    checked = check(GOOD)

    assert [one.code for one in checked.notes] == ["max_per_s_missing"]
    assert "max_per_s, such as 20" in checked.notes[0].message
    assert (
        check(with_change(COUNTER, "{mode: rollover, modulus: 65536, max_per_s: 20}")).notes == ()
    )

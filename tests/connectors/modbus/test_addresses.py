"""Addresses like 40001, 4x1 and 0x10: one meaning or a question."""

from __future__ import annotations

import pytest

from connectors.modbus.addresses import AddressError, place_of


@pytest.mark.parametrize(
    ("text", "table", "shown"),
    [
        ("40001", None, "holding 0 (0x0000, 400001)"),
        ("400001", None, "holding 0 (0x0000, 400001)"),
        ("4x17", None, "holding 16 (0x0010, 400017)"),
        ("4x17", "holding", "holding 16 (0x0010, 400017)"),
        ("301001", None, "input 1000 (0x03E8, 301001)"),
        ("10001", None, "discrete 0 (0x0000, 100001)"),
        ("000001", None, "coil 0 (0x0000, 000001)"),
        ("465536", None, "holding 65535 (0xFFFF, 465536)"),
        ("16", "input", "input 16 (0x0010, 300017)"),
        ("0x9C41", "holding", "holding 40001 (0x9C41, 440002)"),
        ("30001", "holding", "holding 30001 (0x7531, 430002)"),
    ],
)
def test_an_address_is_understood_and_shown_both_ways(
    text: str, table: str | None, shown: str
) -> None:
    assert str(place_of(text, table)) == shown


@pytest.mark.parametrize(
    ("text", "table", "code"),
    [
        ("40001", "holding", "address_ambiguous"),
        ("301001", "input", "address_ambiguous"),
        ("16", None, "table_missing"),
        ("4x0", None, "address_out_of_range"),
        ("465537", None, "address_out_of_range"),
        ("70000", "input", "address_out_of_range"),
        ("3x1", "holding", "table_differs"),
        ("D100", "holding", "address_malformed"),
        ("-1", "holding", "address_malformed"),
        ("1", "coils", "table_unknown"),
    ],
)
def test_an_address_of_two_meanings_or_none_is_refused(
    text: str, table: str | None, code: str
) -> None:
    with pytest.raises(AddressError) as caught:
        place_of(text, table)
    assert caught.value.code == code
    assert str(caught.value)

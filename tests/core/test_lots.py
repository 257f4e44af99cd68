"""Lot codes and containers: one lot has one code, and no piece is lost in the containers."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mes.core.containers import split_into_containers
from mes.core.lots import CODE_MAX, lot_code


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("LOT-261125-001", "LOT-261125-001"),
        (" lot-261125-001 ", "LOT-261125-001"),
        ("261125-001", "LOT-261125-001"),
        ("ＬＯＴ－２６１１２５－００１", "LOT-261125-001"),
        ("A24", "LOT-A24"),
        ("", None),
        ("LOT-", None),
        ("LOT--1", None),
        ("LOT-1-", None),
        ("로트-1", None),
        ("LOT-\u202e1", None),
        ("LOT-😀", None),
        ("<script>", None),
        ("L" * CODE_MAX, None),
        ("LOT-" + "9" * (CODE_MAX - 4), "LOT-" + "9" * (CODE_MAX - 4)),
        ("9" * 10_000, None),
    ],
)
def test_a_text_means_the_code_that_a_scanner_reads_or_none(text: str, code: str | None) -> None:
    assert lot_code(text) == code


def test_four_hundred_and_eighty_pieces_fill_four_boxes_and_the_rest_has_one_of_its_own() -> None:
    assert split_into_containers(Decimal(480), Decimal(120)) == [Decimal(120)] * 4
    assert split_into_containers(Decimal(500), Decimal(120)) == [Decimal(120)] * 4 + [Decimal(20)]
    assert split_into_containers(Decimal("2.5"), Decimal(10)) == [Decimal("2.5")]


@given(
    st.decimals("0.001", 10_000, places=3).filter(bool),
    st.decimals(1, 10_000, places=3).filter(bool),
)
def test_containers_hold_what_there_is_and_none_is_empty(total: Decimal, each: Decimal) -> None:
    held = split_into_containers(total, each)
    assert sum(held) == total
    assert all(0 < one <= each for one in held)


@pytest.mark.parametrize(("total", "each"), [(0, 1), (1, 0), (-1, 1), (1, -1)])
def test_nothing_is_not_put_into_containers(total: int, each: int) -> None:
    with pytest.raises(ValueError, match="above 0"):
        split_into_containers(Decimal(total), Decimal(each))

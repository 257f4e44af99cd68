"""Packed hours: what went in comes out, in whatever order of magnitude, and small."""

from __future__ import annotations

import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mes.core.sample_values import HOUR_US, UnreadableChunk, Value, packed, unpacked

HOUR = 490_000 * HOUR_US
values = st.lists(
    st.builds(
        Value,
        at=st.integers(HOUR, HOUR + HOUR_US - 1),
        number=st.none() | st.floats(allow_nan=False, allow_infinity=False),
        text=st.none() | st.text(max_size=20),
        quality=st.integers(0, 2),
    ),
    min_size=1,
    max_size=60,
)


@given(values)
def test_what_was_packed_comes_out_as_it_went_in(drawn: list[Value]) -> None:
    ordered = sorted(drawn, key=lambda value: value.at)
    assert unpacked(packed(ordered)) == ordered


def test_a_slow_value_of_each_second_takes_few_bytes() -> None:
    hour = [Value(HOUR + n * 1_000_000, 20 + n % 90 / 100, None, 0) for n in range(3600)]
    assert len(packed(hour)) < 6 * len(hour)


@pytest.mark.parametrize("instants", [[HOUR + 2, HOUR + 1], [HOUR, HOUR + HOUR_US]])
def test_values_out_of_order_or_of_another_hour_are_not_packed(instants: list[int]) -> None:
    with pytest.raises(ValueError, match="one hour and in order"):
        packed([Value(at, 1.0, None, 0) for at in instants])


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x02abc",
        b"\x01abc",
        b"\x01" + zlib.compress(b"ab"),
        packed([Value(5, 1.0, "", 0)])[:-9],
    ],
)
def test_bytes_that_are_none_of_ours_are_told_apart(data: bytes) -> None:
    with pytest.raises(UnreadableChunk):
        unpacked(data)

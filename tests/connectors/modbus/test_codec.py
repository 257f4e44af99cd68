"""Bytes to values and back: vectors of real devices, and the round trip of every type and order."""

from __future__ import annotations

import math
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.modbus.codec import ORDERS, REGISTERS, DataType, DecodeError, decode, encode

VECTORS = [
    ("43668000", DataType.FLOAT32, "ABCD", 230.5),
    ("66430080", DataType.FLOAT32, "BADC", 230.5),
    ("00806643", DataType.FLOAT32, "DCBA", 230.5),
    ("80004366", DataType.FLOAT32, "CDAB", 230.5),
    ("41740000", DataType.FLOAT32, None, 15.25),
    ("C0600000", DataType.FLOAT32, None, -3.5),
    ("09010000", DataType.INT32, "CDAB", 2305),
    ("09010000", DataType.INT32, "ABCD", 151_060_480),
    ("07D5", DataType.INT16, None, 2005),
    ("FFCE", DataType.INT16, None, -50),
    ("7918", DataType.INT16, None, 31_000),
    ("7530", DataType.INT16, None, 30_000),
    ("8AD0", DataType.INT16, None, -30_000),
    ("FFFFFFFE", DataType.UINT32, None, 4_294_967_294),
    ("0102030405060708", DataType.UINT64, "ABCDEFGH", 0x0102030405060708),
    ("0708050603040102", DataType.UINT64, "GHEFCDAB", 0x0102030405060708),
    ("0201040306050807", DataType.UINT64, "BADCFEHG", 0x0102030405060708),
    ("0807060504030201", DataType.UINT64, "HGFEDCBA", 0x0102030405060708),
    ("FFFFFFFFFFFFFFFB", DataType.INT64, None, -5),
    ("3C00", DataType.FLOAT16, None, 1.0),
    ("003C", DataType.FLOAT16, "BA", 1.0),
    ("C000000000000000", DataType.FLOAT64, None, -2.0),
    ("1234", DataType.BCD16, None, 1234),
    ("12345678", DataType.BCD32, None, 12_345_678),
    ("56781234", DataType.BCD32, "CDAB", 12_345_678),
    ("50524553532D3100", DataType.STRING, None, "PRESS-1"),
    ("525053452D530031", DataType.STRING, "BA", "PRESS-1"),
    ("0000", DataType.BOOL, None, False),
    ("0100", DataType.BOOL, None, True),
]


@pytest.mark.parametrize(("words", "data_type", "order", "expected"), VECTORS)
def test_known_words_decode_to_the_known_value(
    words: str, data_type: DataType, order: str | None, expected: object
) -> None:
    assert decode(bytes.fromhex(words), data_type, order) == expected


@pytest.mark.parametrize(
    ("word", "bit", "expected"),
    [("0001", 0, True), ("0001", 8, False), ("8000", 15, True), ("8000", 7, False)],
)
def test_bit_0_is_the_least_significant_of_the_register(
    word: str, bit: int, expected: bool
) -> None:
    assert decode(bytes.fromhex(word), DataType.BIT, bit=bit) is expected


def test_swapped_bytes_move_the_bit_to_the_other_byte() -> None:
    assert decode(bytes.fromhex("0100"), DataType.BIT, "BA", bit=0) is True


@pytest.mark.parametrize("words", ["12A4", "F000"])
def test_a_nibble_above_nine_is_no_bcd(words: str) -> None:
    with pytest.raises(DecodeError, match="invalid_bcd"):
        decode(bytes.fromhex(words), DataType.BCD16)


def test_text_that_does_not_fit_its_encoding_is_refused() -> None:
    with pytest.raises(DecodeError, match="invalid_text"):
        decode(b"\xff\xfe", DataType.STRING)


def test_korean_text_is_read_with_its_encoding() -> None:
    data = encode("프레스", DataType.STRING, length=4, encoding="cp949")
    assert decode(data, DataType.STRING, encoding="cp949") == "프레스"


@pytest.mark.parametrize("data", [b"", b"\x01", b"\x00\x01"])
def test_too_few_bytes_are_a_short_reply(data: bytes) -> None:
    with pytest.raises(DecodeError, match="short_reply"):
        decode(data, DataType.FLOAT32)


@pytest.mark.parametrize(
    ("value", "data_type"),
    [
        (70_000, DataType.UINT16),
        (-1, DataType.UINT32),
        (12_345, DataType.BCD16),
        (-1, DataType.BCD32),
        (1e9, DataType.FLOAT16),
        ("long text", DataType.STRING),
        (True, DataType.BIT),
    ],
)
def test_a_value_that_does_not_fit_is_not_encoded(value: object, data_type: DataType) -> None:
    with pytest.raises(DecodeError):
        encode(value, data_type)  # type: ignore[arg-type]  # wrong on purpose


NUMBERS: dict[DataType, st.SearchStrategy[int | float]] = {
    DataType.INT16: st.integers(-(2**15), 2**15 - 1),
    DataType.UINT16: st.integers(0, 2**16 - 1),
    DataType.INT32: st.integers(-(2**31), 2**31 - 1),
    DataType.UINT32: st.integers(0, 2**32 - 1),
    DataType.INT64: st.integers(-(2**63), 2**63 - 1),
    DataType.UINT64: st.integers(0, 2**64 - 1),
    DataType.FLOAT16: st.floats(width=16, allow_nan=False, allow_infinity=False),
    DataType.FLOAT32: st.floats(width=32, allow_nan=False, allow_infinity=False),
    DataType.FLOAT64: st.floats(allow_nan=False, allow_infinity=False),
    DataType.BCD16: st.integers(0, 9999),
    DataType.BCD32: st.integers(0, 99_999_999),
}


@given(st.data())
def test_every_number_comes_back_in_every_order(data: st.DataObject) -> None:
    data_type = data.draw(st.sampled_from(list(NUMBERS)))
    order = data.draw(st.sampled_from([None, *ORDERS[REGISTERS[data_type]]]))
    value = data.draw(NUMBERS[data_type])
    assert decode(encode(value, data_type, order), data_type, order) == value


@given(st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=20))
def test_every_ascii_text_comes_back(text: str) -> None:
    for order in ("AB", "BA"):
        data = encode(text, DataType.STRING, order, length=10)
        assert decode(data, DataType.STRING, order) == text


@given(st.binary(min_size=8, max_size=8), st.sampled_from(list(NUMBERS)), st.data())
def test_any_bytes_give_a_value_or_a_reason(
    data: bytes, data_type: DataType, draw: st.DataObject
) -> None:
    size = 2 * REGISTERS[data_type]
    order = draw.draw(st.sampled_from([None, *ORDERS[REGISTERS[data_type]]]))
    try:
        value = decode(data[:size], data_type, order)
    except DecodeError:
        assert data_type in (DataType.BCD16, DataType.BCD32)  # both ways are right
        return
    if not (isinstance(value, float) and math.isnan(value)):
        assert encode(value, data_type, order) == data[:size]


def test_big_endian_is_what_struct_says() -> None:
    assert encode(-70_000, DataType.INT32) == struct.pack(">i", -70_000)

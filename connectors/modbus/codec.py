"""From bytes on the wire to values and back. Pure, standard library only.

`order` names the bytes as they arrive: A is the most significant byte of the value. `ABCD` is
big-endian, `CDAB` has the low word first, `BADC` has the bytes of each word swapped.
The same tables serve reading and writing, so that both directions cannot disagree.
"""

from __future__ import annotations

import codecs
import struct
from enum import StrEnum

from connectors.sdk.messages import Value


class DataType(StrEnum):
    """How a value lies in registers or bits."""

    BOOL = "bool"
    BIT = "bit"
    INT16 = "int16"
    UINT16 = "uint16"
    INT32 = "int32"
    UINT32 = "uint32"
    INT64 = "int64"
    UINT64 = "uint64"
    FLOAT16 = "float16"
    FLOAT32 = "float32"
    FLOAT64 = "float64"
    BCD16 = "bcd16"
    BCD32 = "bcd32"
    STRING = "string"


STRUCT_CODES = {
    DataType.BOOL: "H",
    DataType.BIT: "H",
    DataType.INT16: "h",
    DataType.UINT16: "H",
    DataType.INT32: "i",
    DataType.UINT32: "I",
    DataType.INT64: "q",
    DataType.UINT64: "Q",
    DataType.FLOAT16: "e",
    DataType.FLOAT32: "f",
    DataType.FLOAT64: "d",
    DataType.BCD16: "H",
    DataType.BCD32: "I",
}
REGISTERS = {
    data_type: struct.calcsize(">" + code) // 2 for data_type, code in STRUCT_CODES.items()
}
ORDERS = {
    1: ("AB", "BA"),
    2: ("ABCD", "CDAB", "BADC", "DCBA"),
    4: ("ABCDEFGH", "GHEFCDAB", "BADCFEHG", "HGFEDCBA"),
}


class DecodeError(ValueError):
    """The bytes do not hold a value of this type; the text is the reason of the bad value."""


def byte_order(data_type: DataType, registers: int, order: str | None) -> tuple[int, ...]:
    """Positions of the arriving bytes in big-endian sequence, for one value.

    Args:
        registers: registers of the value (a string has its own length).
        order: order by name, None for big-endian. Strings take `AB` or `BA` per register.
    """
    if order is None:
        return tuple(range(2 * registers))
    if data_type is DataType.STRING:
        step = (0, 1) if order == "AB" else (1, 0)
        return tuple(2 * register + offset for register in range(registers) for offset in step)
    return tuple(order.index(letter) for letter in "ABCDEFGH"[: len(order)])


def finish(data_type: DataType, raw: Value | bytes, bit: int, encoding: str) -> Value:
    """Make the value from what `struct` unpacked.

    Args:
        bit: number of the wanted bit of a `bit`, 0 = least significant.
        encoding: text encoding of a `string`.

    Raises:
        DecodeError: the bytes hold no value of this type.
    """
    if isinstance(raw, bytes):
        return _text(raw, encoding)
    if isinstance(raw, int):
        if data_type is DataType.BIT:
            return bool(raw >> bit & 1)
        if data_type is DataType.BOOL:
            return raw != 0
        if data_type in (DataType.BCD16, DataType.BCD32):
            return _from_bcd(raw)
    return raw


def needs_finish(data_type: DataType) -> bool:
    """Whether the value is not simply what `struct` unpacked."""
    return data_type in _FINISHED


_FINISHED = frozenset(
    {DataType.BIT, DataType.BOOL, DataType.BCD16, DataType.BCD32, DataType.STRING}
)


def decode(
    data: bytes,
    data_type: DataType,
    order: str | None = None,
    *,
    bit: int = 0,
    encoding: str = "ascii",
) -> Value:
    """Decode one value from exactly its bytes.

    Raises:
        DecodeError: wrong number of bytes, or no value of this type.
    """
    if len(data) % 2 or (data_type is not DataType.STRING and len(data) != _size(data_type)):
        raise DecodeError("short_reply")
    sequence = byte_order(data_type, len(data) // 2, order)
    ordered = bytes(data[position] for position in sequence)
    if data_type is DataType.STRING:
        return finish(data_type, ordered, bit, encoding)
    (raw,) = struct.unpack(">" + STRUCT_CODES[data_type], ordered)
    return finish(data_type, raw, bit, encoding)


def encode(
    value: Value,
    data_type: DataType,
    order: str | None = None,
    *,
    length: int = 1,
    encoding: str = "ascii",
) -> bytes:
    """Encode one value; the opposite of `decode`. A `bit` cannot be written alone.

    Args:
        length: registers of a string.

    Raises:
        DecodeError: the value does not fit the type.
    """
    ordered = _big_endian(value, data_type, length, encoding)
    arriving = bytearray(len(ordered))
    sequence = byte_order(data_type, len(ordered) // 2, order)
    for byte, position in zip(ordered, sequence, strict=True):
        arriving[position] = byte
    return bytes(arriving)


def _big_endian(value: Value, data_type: DataType, length: int, encoding: str) -> bytes:
    try:
        if data_type is DataType.STRING:
            text = codecs.encode(str(value), encoding)
            if len(text) > 2 * length:
                raise DecodeError("too_long")
            return text.ljust(2 * length, b"\0")
        if data_type in (DataType.BCD16, DataType.BCD32):
            value = _to_bcd(value, 2 * _size(data_type))
        elif data_type is DataType.BOOL:
            value = 1 if value else 0
        elif data_type is DataType.BIT:
            raise DecodeError("bit_not_writable")
        return struct.pack(">" + STRUCT_CODES[data_type], value)
    except (struct.error, OverflowError, UnicodeError) as error:
        raise DecodeError("value_does_not_fit") from error


def _size(data_type: DataType) -> int:
    return 2 * REGISTERS[data_type]


def _text(data: bytes, encoding: str) -> str:
    try:
        return codecs.decode(data.split(b"\0", 1)[0], encoding).rstrip()
    except UnicodeError as error:
        raise DecodeError("invalid_text") from error


def _from_bcd(raw: int) -> int:
    digits = f"{raw:x}"
    if not digits.isdecimal():
        raise DecodeError("invalid_bcd")
    return int(digits)


def _to_bcd(value: Value, digits: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 10**digits:
        raise DecodeError("value_does_not_fit")
    return int(str(value), 16)

"""The wire format of Protocol Buffers, as far as Sparkplug B needs it. Pure.

A message is a row of fields, each a key (number and wire type) with its content; see "Encoding" in
the documentation of Protocol Buffers. Unknown fields are passed over by whoever reads.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from enum import IntEnum

VARINT_BYTES_MAX = 10
_MASK_64 = (1 << 64) - 1


class WireError(ValueError):
    """The bytes are no message."""


class WireType(IntEnum):
    """How a field's content is written."""

    VARINT = 0
    FIXED64 = 1
    LENGTH = 2
    FIXED32 = 5


Content = int | bytes
_SIZES: dict[int, int] = {WireType.FIXED64: 8, WireType.FIXED32: 4}


def fields(data: bytes) -> Iterator[tuple[int, Content]]:
    """Number and content of each field: a whole number for a varint, else the bytes.

    Raises:
        WireError: the bytes end too early, or hold a wire type that is not used any more.
    """
    position, end = 0, len(data)
    while position < end:
        key, position = _varint(data, position)
        number, kind = key >> 3, key & 7
        if number == 0:
            raise WireError("field number 0")
        if kind == WireType.VARINT:
            content: Content
            content, position = _varint(data, position)
            yield number, content
            continue
        size = _SIZES.get(kind)
        if kind == WireType.LENGTH:
            size, position = _varint(data, position)
        if size is None or position + size > end:
            raise WireError(f"wire type {kind} at byte {position}")
        yield number, data[position : position + size]
        position += size


def varint_field(number: int, value: int) -> bytes:
    """A field with a whole number that is not negative."""
    return _encoded(number << 3 | WireType.VARINT) + _encoded(value)


def bytes_field(number: int, content: bytes) -> bytes:
    """A field with bytes, text or a message."""
    return _encoded(number << 3 | WireType.LENGTH) + _encoded(len(content)) + content


def as_double(content: Content) -> float:
    """The content of a double or float field.

    Raises:
        WireError: it has another size.
    """
    if isinstance(content, bytes) and len(content) in _SIZES.values():
        number: float = struct.unpack(
            "<d" if len(content) == _SIZES[WireType.FIXED64] else "<f", content
        )[0]
        return number
    raise WireError("no floating-point number")


def as_text(content: Content) -> str:
    """The content of a text field.

    Raises:
        WireError: it is no UTF-8.
    """
    try:
        return as_bytes(content).decode()
    except UnicodeDecodeError as error:
        raise WireError("no text") from error


def as_bytes(content: Content) -> bytes:
    """The content of a field with a length.

    Raises:
        WireError: it is a number.
    """
    if isinstance(content, bytes):
        return content
    raise WireError("a number where bytes belong")


def as_number(content: Content) -> int:
    """The content of a varint field.

    Raises:
        WireError: it is no varint.
    """
    if isinstance(content, int):
        return content
    raise WireError("bytes where a number belongs")


def _varint(data: bytes, position: int) -> tuple[int, int]:
    value = 0
    for index in range(VARINT_BYTES_MAX):
        if position + index >= len(data):
            break
        byte = data[position + index]
        value |= (byte & 0x7F) << (7 * index)
        if byte < 0x80:
            return value & _MASK_64, position + index + 1
    raise WireError(f"no number at byte {position}")


def _encoded(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)

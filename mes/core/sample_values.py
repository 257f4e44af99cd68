"""Readings of a tag and how an hour of them is packed.

A packed hour is one version byte and a zlib stream of columns: the offsets as 32 bit differences,
the numbers as 64 bit floats (NaN: none), the qualities, the texts as JSON. Bytes of equal weight
stand together, which is what makes slow values small. Nothing is rounded: what was packed comes
out as it went in.
"""

from __future__ import annotations

import json
import math
import struct
import zlib
from collections.abc import Sequence
from typing import NamedTuple

from mes.core.byte_columns import FLOAT, WHOLE, ColumnReader, column_bytes

HOUR_US = 3_600_000_000
GOOD_ENOUGH = 1
"""Highest quality code that is a value: 0 good, 1 uncertain, 2 bad."""
_VERSION = b"\x01"
_HEAD = struct.Struct("<IqI")
"""Number of values, hour, length of the texts."""


class Value(NamedTuple):
    """A reading: instant in UTC microseconds; `number` and `text` are None when there is none."""

    at: int
    number: float | None
    text: str | None
    quality: int

    @property
    def good(self) -> float | None:
        """The number if it is worth something, else None."""
        return self.number if self.quality <= GOOD_ENOUGH else None


class UnreadableChunk(ValueError):
    """Packed values that this version cannot read."""


def hour_of(at: int) -> int:
    """The beginning of the UTC hour of an instant."""
    return at - at % HOUR_US


def packed(values: Sequence[Value]) -> bytes:
    """An hour of values, in the order of their instants, as bytes.

    Raises:
        ValueError: the values are not of one hour, or out of order.
    """
    hour = hour_of(values[0].at)
    offsets = [value.at - hour for value in values]
    steps = [now - before for before, now in zip([0, *offsets], offsets, strict=False)]
    if min(steps) < 0 or offsets[-1] >= HOUR_US:
        raise ValueError("packed values are of one hour and in order")
    texts = [value.text for value in values]
    told = b"" if texts.count(None) == len(texts) else json.dumps(texts).encode()
    numbers = [math.nan if value.number is None else value.number for value in values]
    columns = [
        _HEAD.pack(len(values), hour, len(told)),
        column_bytes(WHOLE, steps),
        column_bytes(FLOAT, numbers),
        bytes(value.quality for value in values),
        told,
    ]
    return _VERSION + zlib.compress(b"".join(columns))


def unpacked(data: bytes) -> list[Value]:
    """The values of an hour as they were packed.

    Raises:
        UnreadableChunk: the bytes are none of this format.
    """
    try:
        if data[:1] != _VERSION:
            raise UnreadableChunk(f"version {data[:1].hex() or 'none'} of packed values")
        body = zlib.decompress(data[1:])
        count, hour, told = _HEAD.unpack_from(body)
        reader = ColumnReader(body, _HEAD.size, count)
        steps, numbers = reader.numbers(WHOLE), reader.numbers(FLOAT)
        qualities = reader.rest(count)
        texts = json.loads(reader.rest(told)) if told else [None] * count
        found: list[Value] = []
        at = hour
        for step, number, text, quality in zip(steps, numbers, texts, qualities, strict=True):
            at += int(step)
            found.append(Value(at, None if number != number else number, text, quality))
    except (zlib.error, struct.error, ValueError) as mistake:
        raise UnreadableChunk(str(mistake)) from mistake
    return found

"""The minutes of an hour as bytes, for trends that are too long to read every value.

One version byte and a zlib stream of the columns of the cells, offsets counted from the minute.
"""

from __future__ import annotations

import math
import struct
import zlib
from collections.abc import Sequence

from mes.core.byte_columns import FLOAT, WHOLE, ColumnReader, column_bytes
from mes.core.sample_cells import Cell
from mes.core.sample_values import UnreadableChunk, hour_of

MINUTE_US = 60_000_000
_VERSION = b"\x01"
_HEAD = struct.Struct("<Iq")
"""Number of minutes with values, hour."""


def packed_minutes(cells: Sequence[Cell]) -> bytes:
    """The cells of the minutes of an hour as bytes; minutes without values are left out."""
    hour = hour_of(cells[0].start)
    body = [
        _HEAD.pack(len(cells), hour),
        column_bytes(WHOLE, [(cell.start - hour) // MINUTE_US for cell in cells]),
        column_bytes(WHOLE, [cell.first_at - cell.start for cell in cells]),
        column_bytes(WHOLE, [cell.last_at - cell.start for cell in cells]),
        column_bytes(WHOLE, [cell.known for cell in cells]),
        column_bytes(WHOLE, [cell.good for cell in cells]),
        column_bytes(WHOLE, [cell.bad for cell in cells]),
        *(
            column_bytes(FLOAT, [math.nan if number is None else number for number in numbers])
            for numbers in zip(*((c.last, c.low, c.high) for c in cells), strict=True)
        ),
        column_bytes(FLOAT, [cell.area for cell in cells]),
    ]
    return _VERSION + zlib.compress(b"".join(body))


def unpacked_minutes(data: bytes) -> list[Cell]:
    """The cells of the minutes of an hour.

    Raises:
        UnreadableChunk: the bytes are none of this format.
    """
    try:
        if data[:1] != _VERSION:
            raise UnreadableChunk(f"version {data[:1].hex() or 'none'} of packed minutes")
        body = zlib.decompress(data[1:])
        count, hour = _HEAD.unpack_from(body)
        reader = ColumnReader(body, _HEAD.size, count)
        wholes = [reader.numbers(WHOLE) for _ in range(6)]
        floats = [reader.numbers(FLOAT) for _ in range(4)]
    except (zlib.error, struct.error, ValueError) as mistake:
        raise UnreadableChunk(str(mistake)) from mistake
    found: list[Cell] = []
    for minute, first, last_at, known, good, bad, last, low, high, area in zip(
        *wholes, *floats, strict=True
    ):
        start = hour + int(minute) * MINUTE_US
        found.append(
            Cell(
                start=start,
                end=start + MINUTE_US,
                first_at=start + int(first),
                last_at=start + int(last_at),
                last=_number(last),
                low=_number(low),
                high=_number(high),
                known=int(known),
                area=area,
                good=int(good),
                bad=int(bad),
            )
        )
    return found


def _number(value: float) -> float | None:
    return None if value != value else value

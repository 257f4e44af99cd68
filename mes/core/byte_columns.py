"""Columns of numbers as bytes of equal weight side by side, which compress far better.

Little-endian, whatever the machine is.
"""

from __future__ import annotations

import sys
from array import array
from collections.abc import Sequence

WHOLE = "I"
"""Type code of whole numbers of 32 bits."""
FLOAT = "d"
"""Type code of floats of 64 bits."""


def column_bytes(kind: str, values: Sequence[int] | Sequence[float]) -> bytes:
    """The bytes of a column of `WHOLE` or `FLOAT` numbers, all first bytes first.

    Raises:
        OverflowError: a whole number is negative or too large.
    """
    column: array[int] | array[float] = array(kind, values)
    if sys.byteorder == "big":
        column.byteswap()
    data, width = column.tobytes(), column.itemsize
    return b"".join(data[n::width] for n in range(width))


class ColumnReader:
    """Reads columns one after the other from where they begin."""

    def __init__(self, data: bytes, place: int, count: int) -> None:
        self._data, self._place, self._count = data, place, count

    def numbers(self, kind: str) -> array[int] | array[float]:
        """The next column of `WHOLE` or `FLOAT` numbers.

        Raises:
            ValueError: the bytes end before it does.
        """
        column: array[int] | array[float] = array(kind)
        count, width = self._count, column.itemsize
        data = bytearray(count * width)
        taken = self.rest(count * width)
        for n in range(width):
            data[n::width] = taken[n * count : (n + 1) * count]
        column.frombytes(bytes(data))
        if sys.byteorder == "big":
            column.byteswap()
        return column

    def rest(self, length: int) -> bytes:
        """The next bytes as they are.

        Raises:
            ValueError: there are fewer.
        """
        taken = self._data[self._place : self._place + length]
        if len(taken) != length:
            raise ValueError("the bytes end too early")
        self._place += length
        return taken

"""Decoding one block: an unchanged reply costs one comparison, a changed one compiled `struct`.

Pure, standard library only. Fields that overlap (two bits of one word, a word inside a double
word) are put on further layers, each with its own `struct`; nearly all blocks have one layer.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Sequence
from itertools import compress, repeat
from operator import itemgetter, ne

from connectors.modbus.codec import STRUCT_CODES, DataType, byte_order
from connectors.modbus.plan import Block, Field

Raw = bool | int | float | bytes


class BlockDecoder:
    """Finds what changed between two replies to the same request.

    The index it hands out is that of the field in `block.fields`.

    Attributes:
        expected_bytes: data bytes of a whole reply.
        has_columns: whether `columns` can be used: no field overlaps another, no bit table.
    """

    __slots__ = ("_bits", "_data", "_layers", "expected_bytes", "has_columns")

    def __init__(self, block: Block) -> None:
        self._data: bytes | None = None
        self._bits: list[tuple[int, int, int]] = []
        self._layers: list[_Layer] = []
        if block.table.has_bits:
            self.expected_bytes = (block.count + 7) // 8
            for index, field in enumerate(block.fields):
                offset = field.start - block.start
                self._bits.append((index, offset >> 3, offset & 7))
        else:
            self.expected_bytes = 2 * block.count
            self._layers = [
                _Layer(block.start, block.count, fields) for fields in _layers(block.fields)
            ]
        self.has_columns = len(self._layers) == 1

    def forget(self) -> None:
        """Make the next reply count as changed in every field."""
        self._data = None
        for layer in self._layers:
            layer.last = None

    def columns(self, data: bytes) -> tuple[tuple[Raw, ...], Iterable[bool]] | None:
        """The raw value of every field, and which of them differ; None when nothing does.

        The quick way for a whole block, in one pass of C code; see `has_columns`.
        """
        last, self._data = self._data, data
        return None if data == last else self._layers[0].columns(data)

    def changes(self, data: bytes) -> list[tuple[int, Raw]]:
        """The fields whose raw value differs from the last reply, with the raw value."""
        last, self._data = self._data, data
        if data == last:
            return []
        found: list[tuple[int, Raw]] = []
        for index, byte, bit in self._bits:
            value = data[byte] >> bit & 1
            if last is None or last[byte] >> bit & 1 != value:
                found.append((index, bool(value)))
        for layer in self._layers:
            found += layer.changes(data)
        return found


class _Layer:
    """Fields that do not overlap, unpacked by one `struct` after putting bytes in order."""

    __slots__ = ("_indexes", "_reorder", "_unpack", "last")

    def __init__(self, start: int, count: int, fields: Sequence[tuple[int, Field]]) -> None:
        self._indexes = [index for index, _ in fields]
        self._reorder = _reordering(start, count, fields)
        self._unpack = struct.Struct(_format(start, count, fields)).unpack
        self.last: tuple[Raw, ...] | None = None

    def columns(self, data: bytes) -> tuple[tuple[Raw, ...], Iterable[bool]]:
        values = self._unpack(bytes(self._reorder(data)) if self._reorder else data)
        last, self.last = self.last, values
        return values, repeat(True) if last is None else list(map(ne, values, last))

    def changes(self, data: bytes) -> Iterable[tuple[int, Raw]]:
        values, differ = self.columns(data)
        return compress(zip(self._indexes, values, strict=True), differ)


def _layers(fields: Sequence[Field]) -> list[list[tuple[int, Field]]]:
    layers: list[list[tuple[int, Field]]] = []
    for index, field in enumerate(fields):
        for layer in layers:
            if layer[-1][1].end <= field.start:
                layer.append((index, field))
                break
        else:
            layers.append([(index, field)])
    return layers


def _reordering(
    start: int, count: int, fields: Sequence[tuple[int, Field]]
) -> Callable[[bytes], tuple[int, ...]] | None:
    positions = list(range(2 * count))
    for _, field in fields:
        first = 2 * (field.start - start)
        sequence = byte_order(field.tag.type, field.width, field.tag.order)
        positions[first : first + 2 * field.width] = [first + offset for offset in sequence]
    if positions == list(range(2 * count)):
        return None
    return itemgetter(*positions)


def _format(start: int, count: int, fields: Sequence[tuple[int, Field]]) -> str:
    parts = [">"]
    address = start
    for _, field in fields:
        parts.append("xx" * (field.start - address))
        if field.tag.type is DataType.STRING:
            parts.append(f"{2 * field.width}s")
        else:
            parts.append(STRUCT_CODES[field.tag.type])
        address = field.end
    parts.append("xx" * (start + count - address))
    return "".join(parts)

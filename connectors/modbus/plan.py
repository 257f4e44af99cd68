"""Which requests read which tags: the read planner. Pure.

One greedy pass per table: neighbours are merged while the unread hole is at most `max_gap` and the
request stays within the device's limits. A value that takes several registers is never split over
two requests, so that it cannot be torn.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from operator import attrgetter

from connectors.modbus.config import ModbusSource, ModbusTag, Table

BITS_PER_GAP_REGISTER = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """A tag at its place on the wire.

    Attributes:
        start: first address on the wire (0-based).
        width: registers, or bits of a bit table.
    """

    tag: ModbusTag
    start: int
    width: int

    @property
    def end(self) -> int:
        """First address behind the field."""
        return self.start + self.width


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """One request: `count` registers or bits of one table, and the fields in it by address."""

    table: Table
    start: int
    count: int
    fields: tuple[Field, ...]


def scan_period_of(source: ModbusSource, tag: ModbusTag) -> int:
    """Scan period of a tag in plant milliseconds."""
    return tag.scan_ms if tag.scan_ms is not None else source.scan_ms


def plan_reads(source: ModbusSource, tags: Iterable[ModbusTag]) -> list[Block]:
    """The fewest requests a greedy pass finds for these tags, in order of table and address."""
    blocks: list[Block] = []
    wanted = list(tags)
    for table in Table:
        fields = [
            Field(tag=tag, start=tag.address - source.address_base, width=tag.width)
            for tag in wanted
            if tag.table is table
        ]
        limit = source.max_bits if table.has_bits else source.max_registers
        gap = source.max_gap * (BITS_PER_GAP_REGISTER if table.has_bits else 1)
        blocks += _merge(table, fields, limit, gap)
    return blocks


def _merge(table: Table, fields: Sequence[Field], limit: int, gap: int) -> list[Block]:
    blocks: list[Block] = []
    group: list[Field] = []
    end = 0
    for field in sorted(fields, key=attrgetter("start", "width")):
        hole = field.start - end
        if group and (hole > gap or max(end, field.end) - group[0].start > limit):
            blocks.append(_block(table, group))
            group = []
        end = max(end, field.end) if group else field.end
        group.append(field)
    if group:
        blocks.append(_block(table, group))
    return blocks


def _block(table: Table, fields: Sequence[Field]) -> Block:
    start = min(field.start for field in fields)
    end = max(field.end for field in fields)
    return Block(table=table, start=start, count=end - start, fields=tuple(fields))


def halves(block: Block) -> tuple[Block, Block] | None:
    """The block cut near its middle between two fields; None when it cannot be cut.

    Fields that overlap stay together. Used to find the address that a device refuses.
    """
    cuts = []
    end = block.fields[0].end
    for index, field in enumerate(block.fields[1:], start=1):
        if field.start >= end:
            cuts.append(index)
        end = max(end, field.end)
    if not cuts:
        return None
    middle = len(block.fields) / 2
    cut = min(cuts, key=lambda index: abs(index - middle))
    return _block(block.table, block.fields[:cut]), _block(block.table, block.fields[cut:])

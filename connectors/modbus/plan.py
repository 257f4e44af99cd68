"""Which requests read which tags: the read planner. Pure.

One greedy pass per table: neighbours are merged while the unread hole is at most `max_gap` (or
while they lie in one declared readable range) and the request stays within the device's limits. A
value that takes several registers is never split over two requests, so that it cannot be torn.

The pass finds the fewest requests there can be: each begins at the first field that is left, which
some request must reach, and takes whatever follows as long as it may. A field that no longer fits
begins the next one; a later and shorter field that would still have fitted lies inside it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from operator import attrgetter
from types import MappingProxyType

from connectors.modbus.config import ModbusSource, ModbusTag, ReadableRange, Table

BITS_PER_GAP_REGISTER = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Neighbouring addresses of one table, on the wire (0-based).

    Attributes:
        end: first address behind it.
    """

    table: Table
    start: int
    end: int

    def is_inside(self, table: Table, start: int, end: int) -> bool:
        """Whether a request for these addresses covers the whole span."""
        return self.table is table and start <= self.start and self.end <= end


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

    @property
    def key(self) -> tuple[Table, int, int, tuple[str, ...]]:
        """What makes two blocks the same."""
        names = tuple(field.tag.name for field in self.fields)
        return (self.table, self.start, self.count, names)

    @property
    def span(self) -> Span:
        """The addresses of the request."""
        return Span(table=self.table, start=self.start, end=self.start + self.count)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one request on one table may be.

    Attributes:
        longest: registers or bits of a request.
        gap: addresses without a tag that a request may span, where no range is declared.
        ranges: declared readable ranges as first address and first address behind, on the wire.
        refused: spans that the device has refused.
    """

    longest: int
    gap: int
    ranges: Sequence[tuple[int, int]] = ()
    refused: Collection[Span] = ()

    def allows(self, group: Sequence[Field], end: int, field: Field) -> bool:
        """Whether a request for `group`, which ends before `end`, may take `field` as well."""
        start, last = group[0].start, max(end, field.end)
        if (start, end) == (field.start, field.end):
            return True
        if last - start > self.longest:
            return False
        if any(span.is_inside(field.tag.table, start, last) for span in self.refused):
            return False
        if self.ranges:
            return any(first <= start and last <= behind for first, behind in self.ranges)
        return field.start - end <= self.gap


def scan_period_of(source: ModbusSource, tag: ModbusTag) -> int:
    """Scan period of a tag in plant milliseconds."""
    return tag.scan_ms if tag.scan_ms is not None else source.scan_ms


def plan_reads(
    source: ModbusSource,
    tags: Iterable[ModbusTag],
    refused: Collection[Span] = (),
    longest: Mapping[Table, int] = MappingProxyType({}),
) -> list[Block]:
    """The fewest requests for these tags, in order of table and address.

    Args:
        refused: spans that the device has refused; no request covers one of them, but for a single
            value that is wider.
        longest: longest request of a table, where the device takes less than it should.
    """
    blocks: list[Block] = []
    wanted = list(tags)
    for table in Table:
        fields = [
            Field(tag=tag, start=tag.address - source.address_base, width=tag.width)
            for tag in wanted
            if tag.table is table
        ]
        limits = _limits(source, table, refused)
        known = longest.get(table, limits.longest)
        blocks += _merge(table, fields, replace(limits, longest=min(known, limits.longest)))
    return blocks


def _limits(source: ModbusSource, table: Table, refused: Collection[Span]) -> Limits:
    base = source.address_base
    ranges: list[ReadableRange] = [each for each in source.readable if each.table is table]
    return Limits(
        longest=source.max_bits if table.has_bits else source.max_registers,
        gap=source.max_gap * (BITS_PER_GAP_REGISTER if table.has_bits else 1),
        ranges=[(each.first - base, each.last + 1 - base) for each in ranges],
        refused=[span for span in refused if span.table is table],
    )


def _merge(table: Table, fields: Sequence[Field], limits: Limits) -> list[Block]:
    blocks: list[Block] = []
    group: list[Field] = []
    end = 0
    for field in sorted(fields, key=attrgetter("start", "width")):
        if group and not limits.allows(group, end, field):
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

    It is cut where no field is cut, or else between fields of different places that overlap. Used
    to find the address that a device refuses.
    """
    places = [(field.start, field.end) for field in block.fields]
    changes = [n for n in range(1, len(places)) if places[n] != places[n - 1]]
    clean = []
    end = block.fields[0].end
    for index, field in enumerate(block.fields[1:], start=1):
        if field.start >= end:
            clean.append(index)
        end = max(end, field.end)
    cuts = clean or changes
    if not cuts:
        return None
    middle = len(block.fields) / 2
    cut = min(cuts, key=lambda index: abs(index - middle))
    return _block(block.table, block.fields[:cut]), _block(block.table, block.fields[cut:])

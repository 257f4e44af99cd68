"""The requests of one source as they stand: planned, and planned anew when the device taught us.

A request that the device refuses (exception 2 or 3) is searched once, by halves, for what cannot be
read: the place of a tag, a hole between tags, or simply too many addresses at once. The finding is
remembered and the requests are planned around it. A tag that cannot be read keeps a request of its
own, asked again seldom; what was learned of holes and lengths is forgotten after a day.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from enum import Enum, auto

from connectors.clock import monotonic_s
from connectors.modbus.blocks import BlockState, Columns, TagReader
from connectors.modbus.config import ModbusSource, ModbusTag, Table
from connectors.modbus.link_config import AnyLink, RtuLink
from connectors.modbus.pdu import ReadRequest
from connectors.modbus.plan import Block, Span, halves, plan_reads, scan_period_of
from connectors.modbus.rtu_frames import FRAMING_BYTES

REMEMBERED_S = 86_400.0
REQUEST_BYTES = 5
"""Of a read: function, first address and count; its frame has unit and checksum besides."""
MOST_SEARCH_REQUESTS = 250
SEARCH_TIMEOUTS = 25
"""Time-outs that the searches of one scan may take: one way down to a single of 2000 bits."""


class Probe(Enum):
    """What a device said to a request of the search."""

    ANSWERED = auto()
    REFUSED = auto()
    UNCLEAR = auto()


class ReadPlan:
    """The requests of one source by scan period.

    Attributes:
        tags: tags by scan period.
        search_s: real time that the searches of one scan take at most.
    """

    def __init__(
        self, source: ModbusSource, readers: Mapping[str, TagReader], needed: Collection[str]
    ) -> None:
        """Plan.

        Args:
            readers: by tag.
            needed: tags whose values the conversion of others needs.
        """
        self._source = source
        self._readers = readers
        self._needed = needed
        self._refused: set[Span] = set()
        self._holes: set[Span] = set()
        self._longest: dict[Table, int] = {}
        self._forget_at = 0.0
        self.search_s = SEARCH_TIMEOUTS * source.timeout_ms / 1000
        self._search_until = monotonic_s() + self.search_s
        self.tags: dict[int, list[ModbusTag]] = {}
        for tag in source.tags:
            self.tags.setdefault(scan_period_of(source, tag), []).append(tag)
        self._states: dict[int, list[BlockState]] = {period: [] for period in self.tags}
        self._plan()

    @property
    def requests(self) -> int:
        """Number of requests that read every tag once."""
        return sum(len(states) for states in self._states.values())

    @property
    def refused(self) -> Sequence[Span]:
        """What the device does not let us read, in order of its addresses."""
        return sorted(self._refused | self._holes, key=lambda span: (span.table, span.start))

    def longest_on_line_s(self, link: AnyLink) -> float:
        """Seconds that the longest request and its reply take on a serial line; 0 elsewhere."""
        if not isinstance(link, RtuLink):
            return 0.0
        longest = max((state.request.reply_bytes for state in self.all_states()), default=0)
        return link.character_s * (2 * FRAMING_BYTES + REQUEST_BYTES + longest)

    def states(self, period_ms: int) -> Sequence[BlockState]:
        """The requests of one scan period."""
        return self._states[period_ms]

    def all_states(self) -> Sequence[BlockState]:
        """The requests of all scan periods."""
        return [state for states in self._states.values() for state in states]

    def start_anew(self) -> None:
        """Count every tag as unread; what the device refuses is remembered and asked again."""
        for state in self.all_states():
            state.reset()

    def holds(self, state: BlockState) -> bool:
        """Whether the request is still part of the plan."""
        return any(state is each for states in self._states.values() for each in states)

    def begin_scan(self) -> None:
        """Give searches new time; forget what was learned of holes and lengths after a day."""
        self._search_until = monotonic_s() + self.search_s
        if self._forget_at and monotonic_s() >= self._forget_at:
            self._holes.clear()
            self._longest.clear()
            self._forget_at = 0.0
            self._plan()

    def is_refused(self, state: BlockState) -> bool:
        """Whether this request reads a place that the device is known to refuse."""
        return state.block.span in self._refused

    def allow(self, state: BlockState) -> None:
        """The device answered what it had refused: read it together with its neighbours again."""
        self._refused.discard(state.block.span)
        self._plan()

    async def search(
        self, block: Block, probe: Callable[[ReadRequest], Awaitable[Probe]]
    ) -> Sequence[BlockState]:
        """Find what cannot be read of a refused request, and plan around it.

        Args:
            probe: asks the device once.

        Returns:
            The requests that are new; none when nothing was learned.
        """
        known = set(map(id, self.all_states()))
        search = _Search(self._source.unit, probe, self._search_until)
        await search.divide(block)
        if not (search.refused or search.holes or search.longest):
            return []
        self._refused |= search.refused
        self._holes |= search.holes
        self._longest |= search.longest
        self._forget_at = self._forget_at or monotonic_s() + REMEMBERED_S
        self._plan()
        return [state for state in self.all_states() if id(state) not in known]

    def _plan(self) -> None:
        refused = self._refused | self._holes
        for period, tags in self.tags.items():
            known = {state.block.key: state for state in self._states[period]}
            self._states[period] = [
                known.get(block.key) or self._state(block)
                for block in plan_reads(self._source, tags, refused, self._longest)
            ]

    def _state(self, block: Block) -> BlockState:
        readers = [self._readers[part.tag.name] for part in block.fields]
        state = BlockState(block, request_of(self._source.unit, block), readers)
        are_plain = all(each.direct and each.name not in self._needed for each in readers)
        if are_plain and state.decoder.has_columns:
            state.columns = Columns(readers)
        return state


class _Search:
    """One search by halves.

    Attributes:
        refused: places of tags that cannot be read.
        holes: addresses between tags that cannot be read.
        longest: longest request by table, where both halves can be read but not the whole.
    """

    def __init__(
        self, unit: int, probe: Callable[[ReadRequest], Awaitable[Probe]], until_s: float
    ) -> None:
        self._unit = unit
        self._probe = probe
        self._until_s = until_s
        self._left = MOST_SEARCH_REQUESTS
        self.refused: set[Span] = set()
        self.holes: set[Span] = set()
        self.longest: dict[Table, int] = {}

    async def divide(self, block: Block) -> None:
        """Search a block that the device has refused."""
        parts = halves(block)
        if parts is None:
            self.refused.add(block.span)
            return
        said = [await self._ask(part) for part in parts]
        for part, answer in zip(parts, said, strict=True):
            if answer is Probe.REFUSED:
                await self.divide(part)
        if said == [Probe.ANSWERED, Probe.ANSWERED]:
            self._explain(block, *parts)

    def _explain(self, block: Block, left: Block, right: Block) -> None:
        hole = Span(table=block.table, start=left.span.end, end=right.span.start)
        if hole.start < hole.end:
            self.holes.add(hole)
        else:
            self.longest[block.table] = max(left.count, right.count)

    async def _ask(self, block: Block) -> Probe:
        if self._left <= 0 or monotonic_s() >= self._until_s:
            return Probe.UNCLEAR
        self._left -= 1
        return await self._probe(request_of(self._unit, block))


def request_of(unit: int, block: Block) -> ReadRequest:
    """The request that reads a block."""
    return ReadRequest(unit, block.table, block.start, block.count)

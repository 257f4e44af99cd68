"""Blocks as they are read: which tags they hold, and what is known of their being readable."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import compress, repeat
from math import isfinite
from typing import cast

from connectors.clock import monotonic_s
from connectors.modbus.codec import DecodeError, finish, needs_finish
from connectors.modbus.config import ModbusTag
from connectors.modbus.decoder import BlockDecoder, Raw
from connectors.modbus.pdu import ReadRequest
from connectors.modbus.plan import Block
from connectors.sdk.conversion import Conversion, Outcome, bad
from connectors.sdk.messages import Quality, Sample, Value, samples_of

FIRST_PROBE_S = 4.0


class TagReader:
    """What turns the raw value of one tag into a sample.

    Attributes:
        direct: whether a finite raw value is the value itself.
        depends_on: other tags whose values the conversion needs.
    """

    __slots__ = (
        "_bit",
        "_conversion",
        "_encoding",
        "_finished",
        "_type",
        "depends_on",
        "direct",
        "name",
        "unit",
    )

    def __init__(self, tag: ModbusTag) -> None:
        self.name = tag.name
        self.unit = tag.unit
        self._type = tag.type
        self._bit = tag.bit or 0
        self._encoding = tag.encoding
        self._conversion = Conversion(tag)
        self._finished = needs_finish(tag.type) and not tag.table.has_bits
        self.direct = self._conversion.is_plain and not self._finished
        self.depends_on = self._conversion.depends_on

    def outcome(self, raw: Raw, values: dict[str, tuple[Value, Quality]]) -> Outcome:
        """Value, quality and reason of a raw value."""
        try:
            value = (
                finish(self._type, raw, self._bit, self._encoding)
                if self._finished or isinstance(raw, bytes)
                else raw
            )
        except DecodeError as error:
            return bad(str(error))
        return self._conversion(value, values.get)


class Columns:
    """The samples of a block whose values are all handed on as they are, made in one pass."""

    __slots__ = ("_names", "_units")

    def __init__(self, readers: Sequence[TagReader]) -> None:
        self._names = tuple(reader.name for reader in readers)
        self._units = tuple(reader.unit for reader in readers)

    def samples(
        self, values: tuple[Raw, ...], differ: Iterable[bool], now: int
    ) -> list[Sample] | None:
        """Samples of the values that differ; None when one of all values is no finite number."""
        numbers = cast(tuple[float, ...], values)  # text is never plain
        if not isfinite(sum(numbers)):
            return None
        rows = zip(
            self._names,
            numbers,
            repeat(Quality.GOOD),
            repeat(now),
            repeat(None),
            self._units,
            repeat(None),
            repeat(False),
            strict=False,  # the constants have no end
        )
        return samples_of(compress(rows, differ))


@dataclass(slots=True)
class BlockState:
    """A block with what is known of it.

    Attributes:
        columns: the quick way for a block of plain values; None when some need more.
        reason: why the block cannot be read at present; None when it can.
        probe_at: monotonic time of the next attempt while it cannot be read.
        probe_delay_s: wait before the attempt after that.
    """

    block: Block
    request: ReadRequest
    readers: list[TagReader]
    decoder: BlockDecoder = field(init=False)
    columns: Columns | None = None
    reason: str | None = None
    probe_at: float = 0.0
    probe_delay_s: float = FIRST_PROBE_S

    def __post_init__(self) -> None:
        self.decoder = BlockDecoder(self.block)

    def reset(self) -> None:
        """Forget what was read and what was refused."""
        self.decoder.forget()
        self.reason = None
        self.probe_at = 0.0
        self.probe_delay_s = FIRST_PROBE_S

    def postpone(self, reason: str, longest_s: float) -> None:
        """Leave the block alone for a while that doubles each time."""
        self.reason = reason
        self.decoder.forget()
        delay_s = min(self.probe_delay_s, longest_s)
        self.probe_at = monotonic_s() + delay_s
        self.probe_delay_s = min(2 * delay_s, longest_s)

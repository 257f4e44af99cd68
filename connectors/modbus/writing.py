"""Writing one tag, and reading it back. Each write is sent once; nothing here sends it again."""

from __future__ import annotations

from collections.abc import Mapping

from connectors.clock import PlantClock
from connectors.modbus.client import ModbusLink, WriteUnanswered
from connectors.modbus.codec import DataType, DecodeError, decode, encode
from connectors.modbus.config import ModbusSource, ModbusTag, Table
from connectors.modbus.pdu import (
    DeviceRefusal,
    ReadRequest,
    WriteRequest,
    WrongLength,
    write_coils,
    write_registers,
)
from connectors.sdk.capabilities import WriteOutcome, Written
from connectors.sdk.conversion import Conversion, Lookup, Outcome, bad
from connectors.sdk.errors import Busy, ConfigurationError
from connectors.sdk.inverse import raw_bool, raw_real, raw_text, raw_whole
from connectors.sdk.messages import Sample, Value

WRITABLE = (Table.HOLDING, Table.COIL)
MOST_WRITTEN_REGISTERS = 123
"""Of one request with function 16; a read takes two more."""
_REALS = (DataType.FLOAT16, DataType.FLOAT32, DataType.FLOAT64)


class TagWriter:
    """The tags of one source for writing."""

    def __init__(self, source: ModbusSource, clock: PlantClock, lookup: Lookup) -> None:
        """Prepare.

        Args:
            lookup: last value and quality of another tag of the source.
        """
        self._source = source
        self._tags: Mapping[str, ModbusTag] = {tag.name: tag for tag in source.tags}
        self._clock = clock
        self._lookup = lookup
        self._timeout_s = source.timeout_ms / 1000

    async def write(self, link: ModbusLink, name: str, value: Value) -> Written:
        """Send one value once.

        A bit of a register is read, changed and written with its register, while no other request
        of ours comes between; the device itself may still change the register in that moment.

        Raises:
            ConfigurationError: `tag_unknown`, `tag_not_writable` or `value_not_possible`.
            Unavailable: nothing was written.
        """
        tag = self._writable(name)
        try:
            if tag.type is DataType.BIT:
                bit = raw_bool(tag, value)
                change = _BitChange(self._source, tag, self._start(tag), bit)
                await link.change(self._reading(tag), change, self._timeout_s)
            else:
                await link.write(self._writing(tag, value), self._timeout_s)
        except WriteUnanswered as error:
            return Written(
                tag=name, outcome=WriteOutcome.UNKNOWN, reason=error.code, detail=error.detail
            )
        except (Busy, DeviceRefusal, WrongLength) as error:
            return Written(
                tag=name, outcome=WriteOutcome.REFUSED, reason=error.code, detail=error.detail
            )
        return Written(tag=name, outcome=WriteOutcome.ACCEPTED)

    async def read_back(self, link: ModbusLink, name: str) -> Sample:
        """Ask the device for one tag now.

        Raises:
            ConfigurationError: `tag_unknown`.
            Unavailable: the device does not answer.
        """
        tag = self._known(name)
        try:
            data = await link.read(self._reading(tag), self._timeout_s)
        except (Busy, DeviceRefusal, WrongLength) as error:
            outcome = bad(error.code)
        else:
            outcome = self._outcome(tag, data)
        value, quality, reason = outcome
        now = self._clock.now_us()
        return Sample(name, value, quality, now, reason, tag.unit)

    def _outcome(self, tag: ModbusTag, data: bytes) -> Outcome:
        try:
            raw: Value = (
                bool(data[0] & 1)
                if tag.table.has_bits
                else decode(data, tag.type, tag.order, bit=tag.bit or 0, encoding=tag.encoding)
            )
        except DecodeError as error:
            return bad(str(error))
        return Conversion(tag)(raw, self._lookup)

    def _known(self, name: str) -> ModbusTag:
        tag = self._tags.get(name)
        if tag is None:
            raise ConfigurationError("tag_unknown", f"{self._source.id} has no tag {name!r}")
        return tag

    def _writable(self, name: str) -> ModbusTag:
        tag = self._known(name)
        if tag.table not in WRITABLE:
            detail = f"{name} lies in table {tag.table}, which can only be read"
            raise ConfigurationError("tag_not_writable", detail, field="tag")
        if tag.width > MOST_WRITTEN_REGISTERS:
            detail = (
                f"{name} takes {tag.width} registers; one write carries at most "
                f"{MOST_WRITTEN_REGISTERS} registers: make its `length` shorter"
            )
            raise ConfigurationError("tag_not_writable", detail, field="tag")
        return tag

    def _start(self, tag: ModbusTag) -> int:
        return tag.address - self._source.address_base

    def _reading(self, tag: ModbusTag) -> ReadRequest:
        return ReadRequest(self._source.unit, tag.table, self._start(tag), tag.width)

    def _writing(self, tag: ModbusTag, value: Value) -> WriteRequest:
        unit, single = self._source.unit, self._source.write_single
        if tag.table is Table.COIL:
            return write_coils(unit, self._start(tag), [raw_bool(tag, value)], single=single)
        raw = self._raw(tag, value)
        try:
            data = encode(raw, tag.type, tag.order, length=tag.width, encoding=tag.encoding)
        except DecodeError as error:
            detail = f"{tag.name} cannot take {value!r}: raw {raw!r} does not fit {tag.type}"
            raise ConfigurationError("value_not_possible", detail, field="value") from error
        return write_registers(unit, self._start(tag), data, single=single)

    def _raw(self, tag: ModbusTag, value: Value) -> Value:
        if tag.type is DataType.STRING:
            return raw_text(tag, value)
        if tag.type is DataType.BOOL:
            return raw_bool(tag, value)
        if tag.type in _REALS:
            return raw_real(tag, value, self._lookup)
        return raw_whole(tag, value, self._lookup)


class _BitChange:
    """What makes the write of a register from its present content and one bit."""

    def __init__(self, source: ModbusSource, tag: ModbusTag, start: int, bit: bool) -> None:
        self._source = source
        self._tag = tag
        self._start = start
        self._bit = bit

    def __call__(self, present: bytes) -> WriteRequest:
        order, mask = self._tag.order, 1 << (self._tag.bit or 0)
        word = decode(present, DataType.UINT16, order)
        assert isinstance(word, int)
        word = word | mask if self._bit else word & ~mask
        data = encode(word, DataType.UINT16, order)
        source = self._source
        return write_registers(source.unit, self._start, data, single=source.write_single)

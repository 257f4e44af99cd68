"""The configuration of a Modbus source, exactly as a plant file writes it."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import Field, StrictBool, StrictInt, StrictStr, model_validator
from pydantic_core import InitErrorDetails

from connectors.modbus.codec import ORDERS, REGISTERS, DataType
from connectors.modbus.link_config import SERIAL_UNITS, Link, Pause, RtuLink, RtuOverTcpLink
from connectors.sdk.config import (
    ScanPeriod,
    SourceConfig,
    Strict,
    TagConfig,
    check_tags,
    field_error,
    raise_field_errors,
)
from connectors.sdk.steps import Endpoint

LARGEST_REGISTER_READ = 125
LARGEST_BIT_READ = 2000
LARGEST_ADDRESS = 0xFFFF


class Table(StrEnum):
    """The four tables of a Modbus device."""

    HOLDING = "holding"
    INPUT = "input"
    COIL = "coil"
    DISCRETE = "discrete"

    @property
    def has_bits(self) -> bool:
        """Whether an address names a single bit."""
        return self in (Table.COIL, Table.DISCRETE)


class ReadableRange(Strict):
    """Addresses that the device lets us read in one request, however many of them have no tag.

    Attributes:
        first: first address, counted as the tags count.
        last: last address, included.
    """

    table: Table
    first: Annotated[StrictInt, Field(ge=0, le=LARGEST_ADDRESS + 1)]
    last: Annotated[StrictInt, Field(ge=0, le=LARGEST_ADDRESS + 1)]

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.last < self.first:
            message = "`last` lies before `first`"
            raise_field_errors("range", [field_error("range_reversed", message, ("last",))])
        return self


class ModbusTag(TagConfig):
    """One value of a Modbus device.

    Attributes:
        order: the bytes as they arrive; None is big-endian.
        bit: number of the bit in its register, 0 = least significant; only for type `bit`.
        length: registers of a string.
        scan_ms: own scan period, plant time; None takes that of the source.
    """

    table: Table
    address: Annotated[StrictInt, Field(ge=0, le=LARGEST_ADDRESS + 1)]
    type: DataType
    order: StrictStr | None = None
    bit: Annotated[StrictInt, Field(ge=0, le=15)] | None = None
    length: Annotated[StrictInt, Field(ge=1, le=LARGEST_REGISTER_READ)] | None = None
    encoding: StrictStr = "ascii"
    scan_ms: ScanPeriod | None = None

    @property
    def width(self) -> int:
        """Registers (or bits of a bit table) that the value takes."""
        if self.table.has_bits:
            return 1
        return self.length or 1 if self.type is DataType.STRING else REGISTERS[self.type]

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        errors = [*self._table_errors(), *self._shape_errors()]
        raise_field_errors("tag", errors)
        return self

    def _table_errors(self) -> list[InitErrorDetails]:
        if self.table.has_bits and self.type is not DataType.BOOL:
            message = f"a {self.table} holds bool, not {self.type}"
            return [field_error("type_not_possible", message, ("type",))]
        return []

    def _shape_errors(self) -> list[InitErrorDetails]:
        errors = []
        is_text, is_bit = self.type is DataType.STRING, self.type is DataType.BIT
        if is_bit != (self.bit is not None):
            message = "type bit needs `bit`" if is_bit else "`bit` belongs to type bit only"
            errors.append(field_error("bit_mismatch", message, ("bit",)))
        if is_text != (self.length is not None):
            message = "type string needs `length`" if is_text else "`length` is for strings only"
            errors.append(field_error("length_mismatch", message, ("length",)))
        allowed = ORDERS[1] if is_text else ORDERS[REGISTERS.get(self.type, 1)]
        if self.order is not None and (self.table.has_bits or self.order not in allowed):
            message = f"order {self.order!r} does not fit {self.type}; possible: {list(allowed)}"
            errors.append(field_error("order_not_possible", message, ("order",)))
        if not _is_text_encoding(self.encoding):
            message = (
                f"the text encoding {self.encoding!r} is not known or cannot lie in registers; "
                "possible are ascii, utf-8, cp949, euc-kr, latin-1 and others built on ASCII"
            )
            errors.append(field_error("encoding_unknown", message, ("encoding",)))
        return errors


def _is_text_encoding(name: str) -> bool:
    """Whether it is known, of text, and has the codes of ASCII: a text ends at its first zero."""
    try:
        return " A1".encode(name) == b" A1"
    except (LookupError, ValueError):
        return False


class ModbusSource(SourceConfig):
    """One unit behind a Modbus link.

    Attributes:
        address_base: 0 = addresses as on the wire, 1 = manuals that count from 1.
        max_registers: largest register read the device takes.
        max_bits: largest bit read the device takes.
        max_gap: unread registers that one request may span (16 times as many bits).
        readable: ranges of a device that refuses reads across their borders; inside one, reads are
            merged over gaps of any size. Empty: `max_gap` decides.
        pause_ms: real time that this unit rests after a reply; that of the link counts too.
        timeout_ms: real time to wait for one reply.
        scan_ms: scan period of tags without their own, plant time.
        write_single: whether one register or coil is written with functions 5 and 6; some devices
            only take 15 and 16.
    """

    protocol: Literal["modbus"]
    link: Link
    unit: Annotated[StrictInt, Field(ge=0, le=255)] = 1
    address_base: Literal[0, 1] = 0
    max_registers: Annotated[StrictInt, Field(ge=1, le=LARGEST_REGISTER_READ)] = (
        LARGEST_REGISTER_READ
    )
    max_bits: Annotated[StrictInt, Field(ge=1, le=LARGEST_BIT_READ)] = LARGEST_BIT_READ
    max_gap: Annotated[StrictInt, Field(ge=0, le=LARGEST_REGISTER_READ)] = 32
    readable: Annotated[tuple[ReadableRange, ...], Field(max_length=1000)] = ()
    pause_ms: Pause = 0
    timeout_ms: Annotated[StrictInt, Field(ge=10, le=60_000)] = 1000
    scan_ms: ScanPeriod = 1000
    write_single: StrictBool = True
    tags: Annotated[list[ModbusTag], Field(min_length=1, max_length=10_000)]

    @property
    def tag_list(self) -> Sequence[ModbusTag]:
        """The tags in the order of the file."""
        return self.tags

    @property
    def shared_link(self) -> tuple[Hashable, object] | None:
        """Host and port, or the device file of the serial port."""
        return self.link.key, self.link

    @property
    def endpoints(self) -> Sequence[Endpoint]:
        """The device or gateway."""
        return [self.link.endpoint] if self.link.endpoint is not None else []

    @model_validator(mode="after")
    def _tags_fit_the_device(self) -> Self:
        errors = check_tags(self.tags)
        if isinstance(self.link, RtuLink | RtuOverTcpLink) and self.unit not in SERIAL_UNITS:
            message = "a serial line has units 1 to 247; 0 is a call to all and has no answer"
            errors.append(field_error("unit_not_possible", message, ("unit",)))
        for index, tag in enumerate(self.tags):
            errors += self._address_errors(index, tag)
        raise_field_errors("source", errors)
        return self

    def _address_errors(self, index: int, tag: ModbusTag) -> list[InitErrorDetails]:
        errors = []
        path = ("tags", index, "address")
        first = tag.address - self.address_base
        if first < 0 or first + tag.width > LARGEST_ADDRESS + 1:
            message = (
                f"address {tag.address} with address_base {self.address_base} "
                "lies outside 0..65535 on the wire"
            )
            errors.append(field_error("address_out_of_range", message, path))
        if not tag.table.has_bits and tag.width > self.max_registers:
            message = (
                f"the value takes {tag.width} registers, max_registers is {self.max_registers}"
            )
            errors.append(field_error("value_wider_than_read", message, path))
        ranges = [each for each in self.readable if each.table is tag.table]
        last = tag.address + tag.width - 1
        if self.readable and not any(r.first <= tag.address and last <= r.last for r in ranges):
            message = f"{tag.table} {tag.address} lies in none of the `readable` ranges"
            errors.append(field_error("address_not_readable", message, path))
        return errors

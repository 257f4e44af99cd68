"""What is asked of a Modbus device and when its answer is believed. Pure, no sockets.

A reply is believed only when function code and byte count are exactly those of the request; an
exception reply becomes an error with its name. How requests and replies are framed on a connection
(transaction ids, checksums) is the business of the transport. Function codes, exceptions and sizes:
MODBUS Application Protocol Specification V1.1b3, sections 6 and 7.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import Protocol

from connectors.modbus.config import Table
from connectors.sdk.errors import Busy, ConnectorError, SilentUnit
from connectors.sdk.messages import ErrorClass
from connectors.sdk.steps import Step

FUNCTIONS = {Table.COIL: 1, Table.DISCRETE: 2, Table.HOLDING: 3, Table.INPUT: 4}
WRITE_COIL, WRITE_REGISTER, WRITE_COILS, WRITE_REGISTERS = 5, 6, 15, 16
COIL_ON = 0xFF00
EXCEPTION_BIT = 0x80
GATEWAY_TARGET_SILENT = 11
BUSY_CODES = (5, 6)
EXCEPTION_REASONS = {
    1: "illegal_function",
    2: "illegal_address",
    3: "illegal_value",
    4: "device_failure",
    8: "memory_parity_error",
    10: "gateway_path_unavailable",
}
READ_HEAD = 2
_PDU = struct.Struct(">BHH")
_MBAP_TAIL = struct.Struct(">HHB")


class DeviceRefusal(ConnectorError):
    """The device answered with a Modbus exception.

    Attributes:
        exception: number of the Modbus exception.
    """

    step = Step.REGISTER
    error_class = ErrorClass.REFUSED

    def __init__(self, exception: int) -> None:
        code = EXCEPTION_REASONS.get(exception, f"exception_{exception}")
        super().__init__(code, f"the device answered Modbus exception {exception} ({code})")
        self.exception = exception


class WrongLength(ConnectorError):
    """The reply holds another number of bytes than was asked for: `short_reply`, `long_reply`."""

    step = Step.REGISTER


class ModbusRequest(Protocol):
    """One request to one unit, with the bytes that never change.

    Attributes:
        function: Modbus function code.
        data_bytes: bytes of the right reply that follow `mbap_answer`; any in a write.
        pdu: the request without any framing.
        mbap_tail: the Modbus TCP request behind its transaction id.
        mbap_answer: what must follow the transaction id of a Modbus TCP reply, up to its data.
        reply_bytes: size of the right reply without any framing.
    """

    unit: int
    function: int
    data_bytes: int
    pdu: bytes
    mbap_tail: bytes
    mbap_answer: bytes
    reply_bytes: int

    def judge(self, pdu: bytes) -> bytes | ConnectorError | None:
        """The data of a reply, the error that it means, or None when it answers something else.

        Args:
            pdu: the reply without its framing, at least two bytes.
        """


class ReadRequest:
    """One read of neighbouring registers or bits; see `ModbusRequest` for the attributes."""

    __slots__ = (
        "count",
        "data_bytes",
        "function",
        "mbap_answer",
        "mbap_tail",
        "pdu",
        "reply_bytes",
        "start",
        "unit",
    )

    def __init__(self, unit: int, table: Table, start: int, count: int) -> None:
        """Prepare.

        Args:
            start: first address on the wire (0-based).
            count: registers or bits, at most 125 or 2000.
        """
        self.unit = unit
        self.start = start
        self.count = count
        self.function = FUNCTIONS[table]
        self.data_bytes = (count + 7) // 8 if table.has_bits else 2 * count
        self.reply_bytes = READ_HEAD + self.data_bytes
        self.pdu = _PDU.pack(self.function, start, count)
        self.mbap_tail = _MBAP_TAIL.pack(0, 1 + len(self.pdu), unit) + self.pdu
        head = bytes((self.function, self.data_bytes))
        self.mbap_answer = _MBAP_TAIL.pack(0, 1 + self.reply_bytes, unit) + head

    def judge(self, pdu: bytes) -> bytes | ConnectorError | None:
        """As `ModbusRequest.judge` says."""
        function = pdu[0]
        if function == self.function | EXCEPTION_BIT:
            return _exception(self.unit, pdu[1])
        if function != self.function:
            return None
        data = pdu[READ_HEAD:]
        if len(data) == pdu[1] == self.data_bytes:
            return data
        found = len(data)
        code = "long_reply" if found > self.data_bytes else "short_reply"
        detail = (
            f"unit {self.unit} answered {found} bytes (announced: {pdu[1]}) "
            f"where {self.data_bytes} were asked for"
        )
        return WrongLength(code, detail)


class WriteRequest:
    """One write; the right reply repeats function, address and value or count exactly."""

    __slots__ = (
        "data_bytes",
        "function",
        "mbap_answer",
        "mbap_tail",
        "pdu",
        "reply_bytes",
        "unit",
    )

    def __init__(self, unit: int, pdu: bytes) -> None:
        """Prepare; use the functions below to make one."""
        self.unit = unit
        self.function = pdu[0]
        self.pdu = pdu
        self.reply_bytes = _PDU.size
        self.data_bytes = _PDU.size - READ_HEAD
        self.mbap_tail = _MBAP_TAIL.pack(0, 1 + len(pdu), unit) + pdu
        self.mbap_answer = _MBAP_TAIL.pack(0, 1 + _PDU.size, unit) + self._echo

    @property
    def _echo(self) -> bytes:
        return self.pdu[: _PDU.size]

    def judge(self, pdu: bytes) -> bytes | ConnectorError | None:
        """As `ModbusRequest.judge` says; the confirmation of another write answers nothing."""
        if pdu == self._echo:
            return pdu[READ_HEAD:]
        if pdu[0] == self.function | EXCEPTION_BIT:
            return _exception(self.unit, pdu[1])
        return None


def write_coils(unit: int, start: int, values: Sequence[bool], *, single: bool) -> WriteRequest:
    """Set neighbouring coils: function 5 for one of them if `single`, else function 15."""
    if single and len(values) == 1:
        return WriteRequest(unit, _PDU.pack(WRITE_COIL, start, COIL_ON if values[0] else 0))
    packed = bytearray((len(values) + 7) // 8)
    for offset, value in enumerate(values):
        packed[offset >> 3] |= value << (offset & 7)
    head = _PDU.pack(WRITE_COILS, start, len(values))
    return WriteRequest(unit, head + bytes((len(packed),)) + packed)


def write_registers(unit: int, start: int, data: bytes, *, single: bool) -> WriteRequest:
    """Set neighbouring registers: function 6 for one of them if `single`, else function 16.

    Args:
        data: two bytes for each register, as they travel.
    """
    if single and len(data) == 2:
        return WriteRequest(unit, bytes((WRITE_REGISTER,)) + start.to_bytes(2, "big") + data)
    head = _PDU.pack(WRITE_REGISTERS, start, len(data) // 2)
    return WriteRequest(unit, head + bytes((len(data),)) + data)


def _exception(unit: int, number: int) -> ConnectorError:
    if number in BUSY_CODES:
        return Busy("device_busy", f"the device answered Modbus exception {number}")
    if number == GATEWAY_TARGET_SILENT:
        return SilentUnit("no_reply", f"the gateway says that unit {unit} does not answer")
    return DeviceRefusal(number)

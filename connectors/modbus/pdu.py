"""What is asked of a Modbus device and when its answer is believed. Pure, no sockets.

A reply is believed only when function code and byte count are exactly those of the request; an
exception reply becomes an error with its name. How requests and replies are framed on a connection
(transaction ids, checksums) is the business of the transport. Function codes, exceptions and sizes:
MODBUS Application Protocol Specification V1.1b3, sections 6 and 7.
"""

from __future__ import annotations

import struct

from connectors.modbus.config import Table
from connectors.sdk.errors import Busy, ConnectorError, SilentUnit

FUNCTIONS = {Table.COIL: 1, Table.DISCRETE: 2, Table.HOLDING: 3, Table.INPUT: 4}
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
    """The device answered a read with a Modbus exception.

    Attributes:
        exception: number of the Modbus exception.
    """

    step = "address"

    def __init__(self, exception: int) -> None:
        code = EXCEPTION_REASONS.get(exception, f"exception_{exception}")
        super().__init__(code, f"the device answered Modbus exception {exception} ({code})")
        self.exception = exception


class WrongLength(ConnectorError):
    """The reply holds another number of bytes than was asked for: `short_reply`, `long_reply`."""

    step = "address"


class ReadRequest:
    """One read of neighbouring registers or bits, with the bytes that never change.

    Attributes:
        function: Modbus function code.
        data_bytes: number of data bytes that the reply must have.
        pdu: the request without any framing.
        mbap_tail: the Modbus TCP request behind its transaction id.
        mbap_answer: what must follow the transaction id of a Modbus TCP reply, up to its data.
    """

    __slots__ = (
        "count",
        "data_bytes",
        "function",
        "mbap_answer",
        "mbap_tail",
        "pdu",
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
        self.pdu = _PDU.pack(self.function, start, count)
        self.mbap_tail = _MBAP_TAIL.pack(0, 1 + len(self.pdu), unit) + self.pdu
        head = bytes((self.function, self.data_bytes))
        self.mbap_answer = _MBAP_TAIL.pack(0, 1 + len(head) + self.data_bytes, unit) + head


def judge(request: ReadRequest, pdu: bytes) -> bytes | ConnectorError | None:
    """The data of a reply, the error that it means, or None when it answers something else.

    Args:
        pdu: the reply without its framing, at least two bytes.
    """
    function = pdu[0]
    if function == request.function | EXCEPTION_BIT:
        return _exception(request, pdu[1])
    if function != request.function:
        return None
    data = pdu[READ_HEAD:]
    if len(data) == pdu[1] == request.data_bytes:
        return data
    found = len(data)
    code = "long_reply" if found > request.data_bytes else "short_reply"
    detail = (
        f"unit {request.unit} answered {found} bytes (announced: {pdu[1]}) "
        f"where {request.data_bytes} were asked for"
    )
    return WrongLength(code, detail)


def _exception(request: ReadRequest, number: int) -> ConnectorError:
    if number in BUSY_CODES:
        return Busy("device_busy", f"the device answered Modbus exception {number}")
    if number == GATEWAY_TARGET_SILENT:
        return SilentUnit("no_reply", f"the gateway says that unit {request.unit} does not answer")
    return DeviceRefusal(number)

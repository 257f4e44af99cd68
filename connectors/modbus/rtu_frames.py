"""Frames of a serial line (RTU): checksum, and cutting replies out of a stream of bytes. Pure.

Nothing in a frame says how long it is or which request it answers; a reply's length follows from
its function code. What cannot begin a reply, or has a wrong checksum, is noise and is passed over
byte by byte. Layout and checksum: "MODBUS over Serial Line Specification and Implementation Guide
V1.02", sections 2.5.1 and 6.2.2; lengths: "MODBUS Application Protocol Specification V1.1b3".
"""

from __future__ import annotations

from connectors.modbus.pdu import EXCEPTION_BIT

UNIT_BYTES, CHECK_BYTES = 1, 2
SMALLEST_FRAME, LARGEST_FRAME = 5, 256
FRAMING_BYTES = UNIT_BYTES + CHECK_BYTES
_FIXED_LENGTHS = {5: 8, 6: 8, 7: 5, 8: 8, 11: 8, 15: 8, 16: 8, 22: 10}
_COUNTED = frozenset({1, 2, 3, 4, 12, 17, 20, 21, 23})
_POLYNOMIAL = 0xA001


def _table() -> tuple[int, ...]:
    table = []
    for byte in range(256):
        value = byte
        for _ in range(8):
            value = value >> 1 ^ (_POLYNOMIAL if value & 1 else 0)
        table.append(value)
    return tuple(table)


_TABLE = _table()


def checksum(data: bytes | bytearray) -> bytes:
    """The two bytes that end a frame, low byte first."""
    value = 0xFFFF
    for byte in data:
        value = value >> 8 ^ _TABLE[(value ^ byte) & 0xFF]
    return value.to_bytes(2, "little")


def rtu_frame(unit: int, pdu: bytes) -> bytes:
    """A whole frame."""
    body = bytes((unit,)) + pdu
    return body + checksum(body)


def reply_length(unit_and_on: bytes | bytearray) -> int | None:
    """Bytes of the reply frame that begins here; None when no reply begins so.

    Args:
        unit_and_on: at least three bytes.
    """
    function = unit_and_on[1]
    if function > EXCEPTION_BIT:
        return SMALLEST_FRAME
    if function in _COUNTED:
        return FRAMING_BYTES + 2 + unit_and_on[2]
    return _FIXED_LENGTHS.get(function)


def cut_reply(buffer: bytearray) -> tuple[int, bytes] | None:
    """Take the first whole reply off the front, as unit and PDU; None when more bytes are needed.

    Noise in front of it is taken off as well.
    """
    while len(buffer) >= SMALLEST_FRAME:
        length = reply_length(buffer)
        if length is not None and length <= LARGEST_FRAME:
            if len(buffer) < length:
                return None
            body = bytes(buffer[: length - CHECK_BYTES])
            if checksum(body) == buffer[length - CHECK_BYTES : length]:
                del buffer[:length]
                return body[0], body[UNIT_BYTES:]
        del buffer[:1]
    return None

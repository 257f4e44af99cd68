"""Modbus requests answered from a device's memory, byte by byte as the application protocol says.

Function codes 1-6, 15, 16, 22, 23 of the "MODBUS Application Protocol Specification V1.1b3";
exceptions 1 (function), 2 (address), 3 (value). No input or output here.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence

from simulators.modbus_memory import DeviceMemory, IllegalAddressError, Table

ILLEGAL_FUNCTION = 1
ILLEGAL_ADDRESS = 2
ILLEGAL_VALUE = 3
MAX_READ_BITS = 2000
MAX_READ_REGISTERS = 125
MAX_WRITE_BITS = 1968
MAX_WRITE_REGISTERS = 123
MAX_READ_WRITE_REGISTERS = 121
_COIL_ON = 0xFF00


class _IllegalValueError(Exception):
    """The request's own fields contradict each other or pass a limit."""


def answer(
    request: bytes, memory: DeviceMemory, *, max_registers: int = MAX_READ_REGISTERS
) -> bytes:
    """The response to a request; both begin with the function code.

    Args:
        request: function code and data, 1 to 253 bytes.
        memory: the unit's memory.
        max_registers: largest read of registers this unit takes (some take 16 or 8 only).
    """
    function = request[0]
    handler = _HANDLERS.get(function)
    if handler is None:
        return exception(function, ILLEGAL_FUNCTION)
    try:
        return handler(request, memory, max_registers)
    except IllegalAddressError:
        return exception(function, ILLEGAL_ADDRESS)
    except (_IllegalValueError, struct.error):
        return exception(function, ILLEGAL_VALUE)


def exception(function: int, code: int) -> bytes:
    """An exception response."""
    return bytes((function | 0x80, code))


def _exactly(request: bytes, length: int) -> None:
    if len(request) != length:
        raise _IllegalValueError


def _read_bits(table: Table) -> _Handler:
    def handle(request: bytes, memory: DeviceMemory, max_registers: int) -> bytes:
        _exactly(request, 5)
        function, address, count = struct.unpack(">BHH", request)
        _check(1 <= count <= MAX_READ_BITS, address, count)
        packed = _pack_bits(memory.read(table, address, count))
        return bytes((function, len(packed))) + packed

    return handle


def _read_registers(table: Table) -> _Handler:
    def handle(request: bytes, memory: DeviceMemory, max_registers: int) -> bytes:
        _exactly(request, 5)
        function, address, count = struct.unpack(">BHH", request)
        _check(1 <= count <= max_registers, address, count)
        values = memory.read(table, address, count)
        return struct.pack(f">BB{count}H", function, 2 * count, *values)

    return handle


def _write_coil(request: bytes, memory: DeviceMemory, max_registers: int) -> bytes:
    _exactly(request, 5)
    _, address, value = struct.unpack(">BHH", request)
    if value not in (0, _COIL_ON):
        raise _IllegalValueError
    memory.write(Table.COIL, address, [int(value == _COIL_ON)])
    return request


def _write_register(request: bytes, memory: DeviceMemory, max_registers: int) -> bytes:
    _exactly(request, 5)
    _, address, value = struct.unpack(">BHH", request)
    memory.write(Table.HOLDING, address, [value])
    return request


def _write_coils(request: bytes, memory: DeviceMemory, max_registers: int) -> bytes:
    _, address, count, size = struct.unpack_from(">BHHB", request)
    _check(1 <= count <= MAX_WRITE_BITS and size == (count + 7) // 8, address, count)
    _exactly(request, 6 + size)
    bits = [request[6 + number // 8] >> (number % 8) & 1 for number in range(count)]
    memory.write(Table.COIL, address, bits)
    return request[:5]


def _write_registers(request: bytes, memory: DeviceMemory, max_registers: int) -> bytes:
    _, address, count, size = struct.unpack_from(">BHHB", request)
    _check(1 <= count <= MAX_WRITE_REGISTERS and size == 2 * count, address, count)
    _exactly(request, 6 + size)
    memory.write(Table.HOLDING, address, struct.unpack_from(f">{count}H", request, 6))
    return request[:5]


def _mask_write(request: bytes, memory: DeviceMemory, max_registers: int) -> bytes:
    _exactly(request, 7)
    _, address, and_mask, or_mask = struct.unpack(">BHHH", request)
    (present,) = memory.read(Table.HOLDING, address, 1)
    value = (present & and_mask) | (or_mask & ~and_mask & 0xFFFF)
    memory.write(Table.HOLDING, address, [value])
    return request


def _read_write(request: bytes, memory: DeviceMemory, max_registers: int) -> bytes:
    """Function 23: the write happens before the read."""
    function, read_at, read_count, write_at, count, size = struct.unpack_from(">BHHHHB", request)
    _check(1 <= read_count <= max_registers, read_at, read_count)
    _check(1 <= count <= MAX_READ_WRITE_REGISTERS and size == 2 * count, write_at, count)
    _exactly(request, 10 + size)
    memory.read(Table.HOLDING, read_at, read_count)
    memory.write(Table.HOLDING, write_at, struct.unpack_from(f">{count}H", request, 10))
    values = memory.read(Table.HOLDING, read_at, read_count)
    return struct.pack(f">BB{read_count}H", function, 2 * read_count, *values)


def _check(counts_are_good: bool, address: int, count: int) -> None:
    """Value errors come before address errors, as the specification's flow charts have it."""
    if not counts_are_good:
        raise _IllegalValueError
    if address + count > 0x10000:
        raise IllegalAddressError


def _pack_bits(bits: Sequence[int]) -> bytes:
    packed = bytearray((len(bits) + 7) // 8)
    for number, bit in enumerate(bits):
        packed[number // 8] |= bit << (number % 8)
    return bytes(packed)


_Handler = Callable[[bytes, DeviceMemory, int], bytes]
_HANDLERS: dict[int, _Handler] = {
    1: _read_bits(Table.COIL),
    2: _read_bits(Table.DISCRETE),
    3: _read_registers(Table.HOLDING),
    4: _read_registers(Table.INPUT),
    5: _write_coil,
    6: _write_register,
    15: _write_coils,
    16: _write_registers,
    22: _mask_write,
    23: _read_write,
}

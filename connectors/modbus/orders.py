"""The same registers read as every type in every order, so that a person can pick the right one.

Pure. What is plausible is a hint: a number of a size that machines show. A value from the display
of the device is a better one, also when the device leaves its decimal point out.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from connectors.modbus.codec import ORDERS, DataType, DecodeError, decode
from connectors.sdk.registers import Candidate

TYPES = {
    1: (DataType.UINT16, DataType.INT16, DataType.BCD16, DataType.FLOAT16),
    2: (DataType.FLOAT32, DataType.INT32, DataType.UINT32, DataType.BCD32),
    4: (DataType.FLOAT64, DataType.INT64, DataType.UINT64),
}
SCALES = (1.0, 0.1, 0.01, 0.001)
SMALLEST, LARGEST = 1e-4, 1e6
"""Sizes of numbers that a machine may well mean."""
TOLERANCE = 0.005
"""How far the device's own display may be off by rounding."""


def in_all_orders(registers: Sequence[int], display: float | None = None) -> Sequence[Candidate]:
    """Every way of reading 1, 2 or 4 registers; other numbers of registers have none.

    Args:
        registers: as they arrive, 0 to 65535.
        display: what the device itself shows; None when nobody looked.
    """
    width = len(registers)
    data = b"".join(register.to_bytes(2, "big") for register in registers)
    return [
        _candidate(data, data_type, order, display)
        for data_type in TYPES.get(width, ())
        for order in ORDERS[width]
    ]


def _candidate(data: bytes, data_type: DataType, order: str, display: float | None) -> Candidate:
    try:
        value = decode(data, data_type, order)
    except DecodeError:
        value = None
    if isinstance(value, float) and not math.isfinite(value):
        value = None
    number = value if isinstance(value, int | float) else None
    scale = None if number is None or display is None else _scale(number, display)
    is_plausible = number is not None and (
        _has_usual_size(number) if display is None else scale is not None
    )
    return Candidate(
        type=data_type,
        order=order,
        value=value,
        is_plausible=is_plausible,
        scale=None if scale == 1.0 else scale,
    )


def _scale(number: float, display: float) -> float | None:
    for scale in SCALES:
        if math.isclose(number * scale, display, rel_tol=TOLERANCE, abs_tol=1e-9):
            return scale
    return None


def _has_usual_size(number: float) -> bool:
    return number == 0 or SMALLEST <= abs(number) <= LARGEST

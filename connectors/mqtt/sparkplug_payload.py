"""The payload of Sparkplug B 3.0 (chapter 6.4 of its specification), as far as tags need it. Pure.

Data sets, templates and bytes are not values of a tag; a metric that holds one is marked as such.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import IntEnum

from connectors.mqtt.wire import (
    Content,
    WireError,
    as_bytes,
    as_double,
    as_number,
    as_text,
    bytes_field,
    fields,
    varint_field,
)
from connectors.sdk.messages import Quality, Value

METRICS_MAX = 100_000
TEXT_MAX = 1000
REBIRTH = "Node Control/Rebirth"
_QUALITY = "Quality"
_UNIT = "engUnit"
_UNCERTAIN_FROM, _GOOD_FROM = 64, 192
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class DataType(IntEnum):
    """Data types of a metric (section 6.4.16), as far as we treat them apart."""

    INT8 = 1
    INT16 = 2
    INT32 = 3
    INT64 = 4
    UINT8 = 5
    UINT16 = 6
    UINT32 = 7
    UINT64 = 8
    FLOAT = 9
    DOUBLE = 10
    BOOLEAN = 11
    STRING = 12
    DATE_TIME = 13
    TEXT = 14
    UUID = 15


SIGNED_BITS = {DataType.INT8: 8, DataType.INT16: 16, DataType.INT32: 32, DataType.INT64: 64}
UNSIGNED_BITS = {
    DataType.UINT8: 8,
    DataType.UINT16: 16,
    DataType.UINT32: 32,
    DataType.UINT64: 64,
}
TEXTS = frozenset({DataType.STRING, DataType.TEXT, DataType.UUID})


def type_name(data_type: int | None) -> str | None:
    """The name of a data type as people know it; its number when we do not know it."""
    if data_type is None:
        return None
    return DataType(data_type).name.lower() if data_type in _KNOWN_TYPES else str(data_type)


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """One metric as it came; None where the message does not say.

    Attributes:
        time_us: UTC microseconds.
        raw: the content of the value field; None when it is null or of a kind that we do not read.
        is_readable: False for a data set, a template or bytes.
        quality: the property "Quality", in the words of classic OPC (0 bad, 192 good).
    """

    name: str | None = None
    alias: int | None = None
    time_us: int | None = None
    data_type: int | None = None
    is_historical: bool = False
    is_null: bool = False
    raw: Value = None
    is_readable: bool = True
    quality: int | None = None
    unit: str | None = None

    def value(self, data_type: int | None) -> Value:
        """The value as its type wants it, None when it cannot be of that type.

        Negative numbers travel as if they had no sign.
        """
        raw = self.raw
        if raw is None or data_type not in _KNOWN_TYPES:
            return raw
        return _of_type(raw, DataType(data_type))

    @property
    def grade(self) -> Quality:
        """The quality that the metric claims; good when it claims none."""
        if self.quality is None or self.quality >= _GOOD_FROM:
            return Quality.GOOD if (self.quality or _GOOD_FROM) < _STALE else Quality.BAD
        return Quality.UNCERTAIN if self.quality >= _UNCERTAIN_FROM else Quality.BAD


_STALE = 500
_KNOWN_TYPES = frozenset(int(each) for each in DataType)


@dataclass(frozen=True, slots=True, kw_only=True)
class Payload:
    """One message; None where it does not say.

    Attributes:
        time_us: UTC microseconds.
    """

    metrics: Sequence[Metric] = ()
    time_us: int | None = None
    seq: int | None = None


def decode(data: bytes) -> Payload:
    """Read a payload.

    Raises:
        WireError: the bytes are none.
    """
    metrics: list[Metric] = []
    time_us = seq = None
    for number, content in fields(data):
        if number == 1:
            time_us = as_number(content) * 1000
        elif number == 2:
            if len(metrics) >= METRICS_MAX:
                raise WireError(f"more than {METRICS_MAX} metrics")
            metrics.append(_metric(as_bytes(content)))
        elif number == 3:
            seq = as_number(content)
    return Payload(metrics=metrics, time_us=time_us, seq=seq)


def rebirth_command(now_us: int) -> bytes:
    """The payload of the command by which a node is asked to describe itself again."""
    metric = (
        bytes_field(1, REBIRTH.encode())
        + varint_field(3, now_us // 1000)
        + varint_field(4, DataType.BOOLEAN)
        + varint_field(14, 1)
    )
    return varint_field(1, now_us // 1000) + bytes_field(2, metric)


def _metric(data: bytes) -> Metric:
    found: dict[str, object] = {}
    for number, content in fields(data):
        if number in _PLAIN:
            name, read = _PLAIN[number]
            found[name] = read(content)
        elif number == 3:
            found["time_us"] = as_number(content) * 1000
        elif number == 9:
            found |= _properties(as_bytes(content))
        elif number in _VALUES:
            found["raw"] = _VALUES[number](content)
        elif number in _UNREADABLE:
            found["is_readable"] = False
    return Metric(**found)  # type: ignore[arg-type]  # the table below pairs names with types


def _flag(content: Content) -> bool:
    return as_number(content) != 0


_PLAIN = {
    1: ("name", as_text),
    2: ("alias", as_number),
    4: ("data_type", as_number),
    5: ("is_historical", _flag),
    7: ("is_null", _flag),
}
_VALUES = {10: as_number, 11: as_number, 12: as_double, 13: as_double, 14: _flag, 15: as_text}
_UNREADABLE = (16, 17, 18, 19)


def _properties(data: bytes) -> dict[str, object]:
    """Quality and unit of a property set, in which keys and values stand in two rows."""
    keys: list[str] = []
    values: list[Value] = []
    for number, content in fields(data):
        if number == 1:
            keys.append(as_text(content))
        elif number == 2:
            values.append(_property(as_bytes(content)))
    found: dict[str, object] = {}
    for key, value in zip(keys, values, strict=False):  # a key without a value says nothing
        if key == _QUALITY and isinstance(value, int):
            found["quality"] = value
        elif key == _UNIT and isinstance(value, str):
            found["unit"] = value
    return found


def _property(data: bytes) -> Value:
    value: Value = None
    for number, content in fields(data):
        if number in (3, 4):
            value = as_number(content)
        elif number == 8:
            value = as_text(content)
    return value


def _of_type(raw: bool | int | float | str, data_type: DataType) -> Value:
    if isinstance(raw, str) or data_type in TEXTS:
        return raw if isinstance(raw, str) and data_type in TEXTS else None
    if data_type is DataType.BOOLEAN:
        return raw != 0 if isinstance(raw, int) else None
    if isinstance(raw, bool):
        return None
    if isinstance(raw, float):
        return raw if data_type in (DataType.FLOAT, DataType.DOUBLE) else None
    if data_type in SIGNED_BITS:
        return _signed(raw, SIGNED_BITS[data_type])
    if data_type in UNSIGNED_BITS:
        return raw if raw < 1 << UNSIGNED_BITS[data_type] else None
    return _date_time(raw) if data_type is DataType.DATE_TIME else raw


def _signed(raw: int, bits: int) -> Value:
    """The number with its sign; None when it does not fit in its type.

    Writers extend the sign to 32 or 64 bits, or to none but those of the type.
    """
    low = raw & ((1 << bits) - 1)
    number = low - (1 << bits) if low >> (bits - 1) else low
    fits = raw == low or raw in (number & 0xFFFFFFFF, number & 0xFFFFFFFF_FFFFFFFF)
    return number if fits else None


def _date_time(milliseconds: int) -> Value:
    try:
        return (_EPOCH + timedelta(milliseconds=milliseconds)).isoformat()
    except OverflowError:
        return None

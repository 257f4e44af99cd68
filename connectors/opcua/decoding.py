"""Decoding of publish responses, several times faster than a general decoder. Nearly pure.

The binary encoding is that of OPC 10000-6, 5.2. Only the common shapes are decoded here: data
changes whose values are scalar numbers, truths and texts. Every other value goes to asyncua's
decoder, and so does a whole message whose head is unusual.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from asyncua import ua
from asyncua.common.utils import Buffer
from asyncua.ua.ua_binary import struct_from_binary

from connectors.opcua.notifications import Notification

TICKS_TO_1970 = 116_444_736_000_000_000
TICKS_TO_2200 = TICKS_TO_1970 + 72_583_200_000_000_000
TICKS_PER_MICROSECOND = 10

HAS_VALUE, HAS_STATUS, HAS_SOURCE_TIME, HAS_SERVER_TIME = 0x01, 0x02, 0x04, 0x08
HAS_SOURCE_PICOSECONDS, HAS_SERVER_PICOSECONDS = 0x10, 0x20
BAD_DECODING_ERROR = 0x80070000
STRING = 12
_FORMATS = dict(enumerate("?bBhHiIqQfd", start=1))
"""Fixed-size scalars by the number of their built-in type, from Boolean to Double."""

_HEAD = struct.Struct("<4sqIIBi3s")
_PUBLISH_RESPONSE = b"\x01\x00\x3d\x03"
_DATA_CHANGE = b"\x01\x00\x2b\x03\x01"
_UINT32 = struct.Struct("<I")
_INT32 = struct.Struct("<i")
_MESSAGE = struct.Struct("<BIqi")
_ITEM = struct.Struct("<IBB")


class DecodingError(ValueError):
    """The bytes are no publish response."""


class _Unusual(Exception):
    """A shape that the general decoder has to take."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """One publish response.

    Attributes:
        subscription: the server's number of the subscription.
        sequence: number of the message; with a keep-alive, the number that the next one will have.
        items: reported values in their order.
        is_keep_alive: nothing was reported, the subscription lives.
        ended: status with which the server ended the subscription; None while it lives.
        service_result: status of the response itself.
    """

    subscription: int
    sequence: int
    items: Sequence[Notification]
    is_keep_alive: bool
    ended: int | None = None
    service_result: int = 0


def decode_publication(data: bytes) -> Publication:
    """Decode one publish response, its type id included.

    Raises:
        DecodingError: the bytes cannot be read.
    """
    try:
        return _decode_common(data)
    except (_Unusual, struct.error, IndexError):
        return _decode_any(data)


def microseconds(ticks: int) -> int | None:
    """UTC microseconds of an OPC UA time (100 ns since 1601); None when it means "no time"."""
    if TICKS_TO_1970 < ticks < TICKS_TO_2200:
        return (ticks - TICKS_TO_1970) // TICKS_PER_MICROSECOND
    return None


def _decode_common(data: bytes) -> Publication:
    kind, _, _, result, diagnostics, texts, additional = _HEAD.unpack_from(data)
    usual = kind == _PUBLISH_RESPONSE and diagnostics == 0 and texts <= 0
    if not usual or additional != b"\0\0\0" or result != 0:
        raise _Unusual
    position = _HEAD.size
    (subscription,) = _UINT32.unpack_from(data, position)
    (available,) = _INT32.unpack_from(data, position + 4)
    position += 8 + 4 * max(0, available)
    _, sequence, _, parts = _MESSAGE.unpack_from(data, position)
    position += _MESSAGE.size
    items: list[Notification] = []
    for _ in range(parts):
        if data[position : position + 5] != _DATA_CHANGE:
            raise _Unusual
        (length,) = _INT32.unpack_from(data, position + 5)
        position += 9
        items += _data_change(data, position, position + length)
        position += length
    return Publication(
        subscription=subscription, sequence=sequence, items=items, is_keep_alive=parts <= 0
    )


def _data_change(data: bytes, position: int, end: int) -> Sequence[Notification]:
    (count,) = _INT32.unpack_from(data, position)
    if end > len(data):
        raise _Unusual
    if count <= 0:
        return []
    position += 4
    layout = _layout_at(data, position)
    if layout is not None and position + count * layout.size <= end:
        uniform = layout.uniform(data, position, count)
        if uniform is not None:
            return uniform
    return _one_by_one(data, position, count, end)


class _Layout:
    """The bytes of an item with a given set of fields and a scalar value of fixed size."""

    __slots__ = ("_mask", "_status", "_struct", "_time", "_type", "size")

    def __init__(self, mask: int, variant_type: int) -> None:
        fields = "<IBB" + _FORMATS[variant_type]
        column = 4
        self._status = column if mask & HAS_STATUS else None
        if mask & HAS_STATUS:
            fields, column = fields + "I", column + 1
        self._time = column if mask & HAS_SOURCE_TIME else None
        if mask & HAS_SOURCE_TIME:
            fields += "q"
        if mask & HAS_SOURCE_PICOSECONDS:
            fields += "2x"
        if mask & HAS_SERVER_TIME:
            fields += "8x"
        if mask & HAS_SERVER_PICOSECONDS:
            fields += "2x"
        self._struct = struct.Struct(fields)
        self._mask, self._type = mask, variant_type
        self.size = self._struct.size

    def uniform(self, data: bytes, position: int, count: int) -> Sequence[Notification] | None:
        """All items of a message when every one has this layout, column by column."""
        rows = self._struct.iter_unpack(data[position : position + count * self.size])
        columns = list(zip(*rows, strict=True))
        if columns[1].count(self._mask) != count or columns[2].count(self._type) != count:
            return None
        statuses = columns[self._status] if self._status is not None else (0,) * count
        times = _times(columns[self._time]) if self._time is not None else (None,) * count
        rows_of = zip(columns[0], columns[3], statuses, times, strict=True)
        return list(map(Notification._make, rows_of))

    def one(self, data: bytes, position: int) -> Notification:
        """The item at a position."""
        row = self._struct.unpack_from(data, position)
        return Notification(
            row[0],
            row[3],
            row[self._status] if self._status is not None else 0,
            microseconds(row[self._time]) if self._time is not None else None,
        )


@cache
def _layout(mask: int, variant_type: int) -> _Layout | None:
    known = mask & HAS_VALUE and mask < 0x40 and variant_type in _FORMATS
    return _Layout(mask, variant_type) if known else None


def _layout_at(data: bytes, position: int) -> _Layout | None:
    _, mask, variant_type = _ITEM.unpack_from(data, position)
    return _layout(mask, variant_type)


def _times(ticks: Sequence[int]) -> Sequence[int | None]:
    if min(ticks) > TICKS_TO_1970 and max(ticks) < TICKS_TO_2200:
        return [(each - TICKS_TO_1970) // TICKS_PER_MICROSECOND for each in ticks]
    return [microseconds(each) for each in ticks]


def _one_by_one(data: bytes, position: int, count: int, end: int) -> Sequence[Notification]:
    items = []
    for _ in range(count):
        _, mask, variant_type = _ITEM.unpack_from(data, position)
        layout = _layout(mask, variant_type)
        if layout is not None:
            items.append(layout.one(data, position))
            position += layout.size
        elif mask & HAS_VALUE and mask < 0x40 and variant_type == STRING:
            item, position = _text_item(data, position, mask)
            items.append(item)
        else:
            item, position = _any_item(data, position, end)
            items.append(item)
    if position > end:
        raise _Unusual
    return items


def _text_item(data: bytes, position: int, mask: int) -> tuple[Notification, int]:
    handle, _, _, length = struct.unpack_from("<IBBi", data, position)
    position += 10
    text, is_readable = _text(data[position : position + max(0, length)], length)
    position += max(0, length)
    status, ticks = 0, 0
    if mask & HAS_STATUS:
        (status,) = _UINT32.unpack_from(data, position)
        position += 4
    if mask & HAS_SOURCE_TIME:
        (ticks,) = struct.unpack_from("<q", data, position)
        position += 8
    position += 2 * bool(mask & HAS_SOURCE_PICOSECONDS) + 8 * bool(mask & HAS_SERVER_TIME)
    position += 2 * bool(mask & HAS_SERVER_PICOSECONDS)
    status = status if is_readable else BAD_DECODING_ERROR
    return Notification(handle, text, status, microseconds(ticks)), position


def _text(raw: bytes, length: int) -> tuple[str | None, bool]:
    if length < 0:
        return None, True
    try:
        return raw.decode("utf-8"), len(raw) == length
    except UnicodeDecodeError:
        return None, False


def _any_item(data: bytes, position: int, end: int) -> tuple[Notification, int]:
    buffer = Buffer(data, position, end - position)
    try:
        item = struct_from_binary(ua.MonitoredItemNotification, buffer)
    except Exception as error:  # the library raises whatever its parts raise
        raise DecodingError(f"a value cannot be read: {type(error).__name__}") from error
    return notification_of(item.ClientHandle, item.Value), buffer.cur_pos


def notification_of(handle: int, value: ua.DataValue) -> Notification:
    """The same from asyncua's own object."""
    status = value.StatusCode
    time = value.SourceTimestamp
    return Notification(
        handle,
        value.Value.Value if value.Value is not None else None,
        int(status.value) if status is not None else 0,
        microseconds(ua.datetime_to_win_epoch(time)) if time is not None else None,
    )


def _decode_any(data: bytes) -> Publication:
    """Decode by the library, whatever the message holds."""
    try:
        response = struct_from_binary(ua.PublishResponse, Buffer(data))
        result, message = response.Parameters, response.Parameters.NotificationMessage
        items, ended = decoded_parts(message.NotificationData or [])
    except Exception as error:  # the library raises whatever its parts raise
        raise DecodingError(f"a publish response cannot be read: {type(error).__name__}") from error
    return Publication(
        subscription=int(result.SubscriptionId),
        sequence=int(message.SequenceNumber),
        items=items,
        is_keep_alive=not message.NotificationData,
        ended=ended,
        service_result=int(response.ResponseHeader.ServiceResult.value),
    )


def decoded_parts(parts: Sequence[object]) -> tuple[list[Notification], int | None]:
    """Values, and the status of an ended subscription, from asyncua's own objects."""
    items: list[Notification] = []
    ended = None
    for part in parts:
        if isinstance(part, ua.DataChangeNotification):
            items += [notification_of(i.ClientHandle, i.Value) for i in part.MonitoredItems or []]
        elif isinstance(part, ua.StatusChangeNotification):
            ended = int(part.Status.value)
    return items, ended

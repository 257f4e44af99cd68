"""Decoding of publish responses: the fast way never disagrees with the library's own decoder."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from asyncua import ua
from asyncua.common.utils import Buffer
from asyncua.ua.ua_binary import struct_from_binary, struct_to_binary
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.opcua.decoding import (
    BAD_DECODING_ERROR,
    DecodingError,
    decode_publication,
    decoded_parts,
)

TIME = datetime(2026, 3, 2, 1, 2, 3, 456789, tzinfo=UTC)
TIME_US = 1_772_413_323_456_789
Item = ua.MonitoredItemNotification


def whole(kind: ua.VariantType, bits: int, *, signed: bool) -> st.SearchStrategy[ua.Variant]:
    least = -(1 << (bits - 1)) if signed else 0
    most = (1 << (bits - 1)) - 1 if signed else (1 << bits) - 1
    return st.integers(least, most).map(lambda value: ua.Variant(value, kind))


VARIANTS = st.one_of(
    st.booleans().map(lambda value: ua.Variant(value, ua.VariantType.Boolean)),
    whole(ua.VariantType.SByte, 8, signed=True),
    whole(ua.VariantType.Byte, 8, signed=False),
    whole(ua.VariantType.Int16, 16, signed=True),
    whole(ua.VariantType.UInt16, 16, signed=False),
    whole(ua.VariantType.Int32, 32, signed=True),
    whole(ua.VariantType.UInt32, 32, signed=False),
    whole(ua.VariantType.Int64, 64, signed=True),
    whole(ua.VariantType.UInt64, 64, signed=False),
    st.floats(width=32).map(lambda value: ua.Variant(value, ua.VariantType.Float)),
    st.floats().map(lambda value: ua.Variant(value, ua.VariantType.Double)),
    st.text(max_size=30).map(lambda value: ua.Variant(value, ua.VariantType.String)),
    st.none().map(lambda _: ua.Variant(None, ua.VariantType.String)),
    st.binary(max_size=10).map(lambda value: ua.Variant(value, ua.VariantType.ByteString)),
    st.lists(st.integers(0, 9), max_size=5).map(lambda v: ua.Variant(v, ua.VariantType.Int32)),
    st.text(max_size=9).map(lambda value: ua.Variant(ua.LocalizedText(value))),
    st.just(ua.Variant(TIME, ua.VariantType.DateTime)),
    st.just(ua.Variant(ua.NodeId(3, 4))),  # type: ignore[arg-type]  # plain numbers are enough
    st.just(ua.Variant()),
)
STATUSES = st.one_of(
    st.just(0), st.sampled_from([0x40000000, 0x80340000, 0x480]), st.integers(0, (1 << 32) - 1)
)
TIMES = st.one_of(
    st.none(),
    st.integers(-(10**16), 10**16).map(lambda us: TIME + timedelta(microseconds=us)),
)
VALUES = st.builds(
    lambda variant, status, source, server, has_value: ua.DataValue(
        variant if has_value else None,
        StatusCode=ua.StatusCode(ua.UInt32(status)),
        SourceTimestamp=source,
        ServerTimestamp=server,
    ),
    VARIANTS,
    STATUSES,
    TIMES,
    TIMES,
    st.booleans(),
)


def ua_time() -> ua.DateTime:
    """The time as the library types it."""
    return ua.DateTime.fromtimestamp(TIME.timestamp(), UTC)


def response(values: Sequence[ua.DataValue]) -> bytes:
    items = [Item(ClientHandle=ua.UInt32(n), Value=v) for n, v in enumerate(values)]
    message = ua.PublishResponse()
    message.Parameters.SubscriptionId = ua.UInt32(7)
    message.Parameters.NotificationMessage.SequenceNumber = ua.UInt32(5)
    message.Parameters.NotificationMessage.NotificationData = [
        ua.DataChangeNotification(MonitoredItems=items)
    ]
    return struct_to_binary(message)


def by_library(data: bytes) -> list[Any]:
    answer = struct_from_binary(ua.PublishResponse, Buffer(data))
    return decoded_parts(answer.Parameters.NotificationMessage.NotificationData or [])[0]


@settings(max_examples=150, deadline=None)
@given(st.lists(VALUES, max_size=12))
def test_every_value_is_what_the_library_reads(values: list[ua.DataValue]) -> None:
    data = response(values)
    publication = decode_publication(data)
    assert (publication.subscription, publication.sequence) == (7, 5)
    assert repr(list(publication.items)) == repr(by_library(data))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.floats(allow_nan=False), min_size=1, max_size=40))
def test_a_message_of_equal_items_is_read_column_by_column(numbers: list[float]) -> None:
    values = [
        ua.DataValue(ua.Variant(n, ua.VariantType.Double), SourceTimestamp=ua_time())
        for n in numbers
    ]
    items = decode_publication(response(values)).items
    assert [item.value for item in items] == numbers
    assert {item.source_time for item in items} == {TIME_US}


@settings(max_examples=300, deadline=None)
@given(st.lists(VALUES, max_size=6), st.data())
def test_bytes_damaged_on_the_way_never_give_another_value_than_the_library(
    values: list[ua.DataValue], data: st.DataObject
) -> None:
    whole_message = bytearray(response(values))
    for _ in range(data.draw(st.integers(1, 4))):
        position = data.draw(st.integers(0, len(whole_message) - 1))
        whole_message[position] = data.draw(st.integers(0, 255))
    damaged = bytes(whole_message[: data.draw(st.integers(0, len(whole_message)))])
    try:
        ours = decode_publication(damaged)
    except DecodingError:
        return
    try:
        theirs = by_library(damaged)
    except Exception:  # noqa: BLE001  # the library raises whatever its parts raise
        return
    unreadable = [item.handle for item in ours.items if item.status == BAD_DECODING_ERROR]
    assert repr([i for i in ours.items if i.handle not in unreadable]) == repr(
        [i for i in theirs if i.handle not in unreadable]
    )


def test_the_end_of_a_subscription_carries_its_status() -> None:
    message = ua.PublishResponse()
    message.Parameters.NotificationMessage.NotificationData = [
        ua.StatusChangeNotification(Status=ua.StatusCode(ua.UInt32(ua.StatusCodes.BadTimeout)))
    ]
    assert decode_publication(struct_to_binary(message)).ended == ua.StatusCodes.BadTimeout


def test_items_of_one_size_with_other_fields_are_told_apart() -> None:
    number = ua.Variant(1.5, ua.VariantType.Double)
    source, server = ua.DataValue(number, SourceTimestamp=ua_time()), ua.DataValue(number)
    server.ServerTimestamp = ua_time()
    items = decode_publication(response([source, server])).items
    assert [item.source_time for item in items] == [TIME_US, None]


def test_a_text_that_is_no_text_is_bad_and_the_next_value_is_read() -> None:
    text = ua.DataValue(ua.Variant("abc", ua.VariantType.String))
    number = ua.DataValue(ua.Variant(7, ua.VariantType.Int32))
    data = response([text, number]).replace(b"abc", b"a\xffc")
    items = decode_publication(data).items
    assert [(item.value, item.status) for item in items] == [(None, BAD_DECODING_ERROR), (7, 0)]


@pytest.mark.parametrize("data", [b"", b"\0" * 7, b"HTTP/1.1 400 Bad Request\r\n\r\n"])
def test_what_is_no_publish_response_is_refused(data: bytes) -> None:
    with pytest.raises(DecodingError):
        decode_publication(data)

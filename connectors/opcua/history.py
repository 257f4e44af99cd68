"""Reading what a server kept of its variables (HistoryRead, raw values, OPC 10000-11)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from asyncua import ua

from connectors.opcua.decoding import notification_of
from connectors.opcua.failures import status_name
from connectors.opcua.notifications import Notification
from connectors.opcua.session import OpcuaSession
from connectors.sdk.errors import Refused
from connectors.sdk.steps import Step

VALUES_PER_REQUEST = 1000
MOST_REQUESTS = 1000
"""For one node; a server that hands out continuation points without an end is left."""
_GOOD = 0x80000000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NO_HISTORY = (
    "BadHistoryOperationUnsupported",
    "BadHistoryOperationInvalid",
    "BadServiceUnsupported",
    "BadNotImplemented",
    "BadNotReadable",
    "BadUserAccessDenied",
    "BadNotSupported",
)


async def kept_values(
    session: OpcuaSession, nodes: Mapping[int, ua.NodeId], since_us: int, until_us: int
) -> AsyncIterator[Sequence[Notification]]:
    """The values of `[since_us, until_us)` node by node, ascending, in portions.

    Args:
        nodes: by our own handle.
        since_us: UTC microseconds on the server's clock.
        until_us: UTC microseconds on the server's clock.

    Raises:
        Unavailable: the server does not answer.
        Refused: `history_not_available`, when it keeps history of none of the nodes.
    """
    without: list[str] = []
    for handle, node_id in nodes.items():
        last_us = since_us - 1
        continuation: bytes | None = None
        for _ in range(MOST_REQUESTS):
            result = await _read(session, node_id, since_us, until_us, continuation)
            status = int(result.StatusCode.value)
            if status & _GOOD:
                without.append(status_name(status))
                break
            portion = _ascending(handle, result, last_us, until_us)
            if portion:
                last_us = portion[-1].source_time or last_us
                yield portion
            before, continuation = continuation, result.ContinuationPoint
            if not continuation or continuation == before:
                break
    if nodes and len(without) == len(nodes):
        detail = f"{session.failing.endpoint} keeps no history of these tags ({without[0]})"
        raise Refused("history_not_available", detail, step=Step.REGISTER)


async def _read(
    session: OpcuaSession,
    node_id: ua.NodeId,
    since_us: int,
    until_us: int,
    continuation: bytes | None,
) -> ua.HistoryReadResult:
    details = ua.ReadRawModifiedDetails(
        IsReadModified=False,
        StartTime=_instant(since_us),
        EndTime=_instant(until_us),
        NumValuesPerNode=ua.UInt32(VALUES_PER_REQUEST),
        ReturnBounds=False,
    )
    node = ua.HistoryReadValueId(NodeId=node_id, ContinuationPoint=continuation)
    parameters = ua.HistoryReadParameters(
        HistoryReadDetails=details,
        TimestampsToReturn=ua.TimestampsToReturn.Both,
        ReleaseContinuationPoints=False,
        NodesToRead=[node],
    )
    with session.failing:
        try:
            results = await session.services.history_read(parameters)
        except ua.UaStatusCodeError as error:
            if status_name(error.code) not in _NO_HISTORY:
                raise
            return ua.HistoryReadResult(StatusCode=ua.StatusCode(ua.UInt32(error.code)))
    if len(results) == 1:
        return results[0]
    return ua.HistoryReadResult(StatusCode=ua.StatusCode(ua.UInt32(ua.StatusCodes.BadNoData)))


def _ascending(
    handle: int, result: ua.HistoryReadResult, last_us: int, until_us: int
) -> list[Notification]:
    """New values with a time inside the wanted span; a server may send bounds and repeats."""
    values = getattr(result.HistoryData, "DataValues", None) or ()
    found = [notification_of(handle, value) for value in values]
    timed = [n for n in found if n.source_time is not None and last_us < n.source_time < until_us]
    timed.sort(key=lambda n: n.source_time or 0)
    return timed


def _instant(micros: int) -> datetime:
    return _EPOCH + timedelta(microseconds=micros)

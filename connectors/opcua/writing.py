"""Writing a variable once: in the node's own type, and without a time stamp.

Many controllers refuse a value that brings its own time, and strict servers refuse another integer
type than the node's. Nothing is sent twice; a request without an answer is reported as unknown.
"""

from __future__ import annotations

import struct

from asyncua import ua

from connectors.opcua.config import OpcuaTag
from connectors.opcua.failures import status_name
from connectors.opcua.session import OpcuaSession
from connectors.sdk.capabilities import WriteOutcome, Written
from connectors.sdk.conversion import Lookup
from connectors.sdk.errors import ConfigurationError, ConnectorError, Unavailable
from connectors.sdk.inverse import raw_bool, raw_real, raw_text, raw_whole
from connectors.sdk.messages import Value

LAST_BUILT_IN = 25
_GOOD = 0x80000000
_WHOLE = {
    ua.VariantType.SByte: 8,
    ua.VariantType.Byte: 8,
    ua.VariantType.Int16: 16,
    ua.VariantType.UInt16: 16,
    ua.VariantType.Int32: 32,
    ua.VariantType.UInt32: 32,
    ua.VariantType.Int64: 64,
    ua.VariantType.UInt64: 64,
}
_SIGNED = {
    ua.VariantType.SByte,
    ua.VariantType.Int16,
    ua.VariantType.Int32,
    ua.VariantType.Int64,
}
_FLOAT_LIMIT = struct.unpack(">f", b"\x7f\x7f\xff\xff")[0]


async def read_now(session: OpcuaSession, node_id: ua.NodeId) -> ua.DataValue:
    """The present value of a node with its status.

    Raises:
        Unavailable: the server does not answer.
    """
    with session.failing:
        answers = await session.services.read_attributes([node_id], ua.AttributeIds.Value)
    if len(answers) != 1:
        raise Unavailable("short_reply", f"{session.failing.endpoint} left out a value")
    return answers[0]


async def write_once(
    session: OpcuaSession, node_id: ua.NodeId, tag: OpcuaTag, value: Value, lookup: Lookup
) -> Written:
    """Send one value.

    Args:
        value: as it is read, in the tag's unit.
        lookup: value and quality of another tag of the source.

    Raises:
        ConfigurationError: the value does not fit; nothing was sent.
        Unavailable: there is no connection; nothing was sent.
    """
    kind = await _type_of(session, node_id, tag)
    content = ua.DataValue(ua.Variant(_raw(tag, kind, value, lookup), kind))
    endpoint = session.failing.endpoint
    try:
        with session.failing:
            answers = await session.services.write_attributes([node_id], [content])
    except ConnectorError as error:
        detail = f"{endpoint} did not say whether it took the value: {error.detail}"
        return Written(tag=tag.name, outcome=WriteOutcome.UNKNOWN, reason=error.code, detail=detail)
    status = int(answers[0].value) if len(answers) == 1 else int(ua.StatusCodes.BadNoData)
    if status & _GOOD:
        name = status_name(status)
        detail = f"{endpoint} answered {name}"
        return Written(tag=tag.name, outcome=WriteOutcome.REFUSED, reason=name, detail=detail)
    return Written(tag=tag.name, outcome=WriteOutcome.ACCEPTED)


async def _type_of(session: OpcuaSession, node_id: ua.NodeId, tag: OpcuaTag) -> ua.VariantType:
    """The node's own type: that of its value, else that of its declaration."""
    value = await read_now(session, node_id)
    if value.Value is not None and value.Value.VariantType is not ua.VariantType.Null:
        if value.Value.is_array:
            raise _not_writable(tag, "the variable is a list")
        return value.Value.VariantType
    with session.failing:
        answers = await session.services.read_attributes([node_id], ua.AttributeIds.DataType)
    declared = answers[0].Value.Value if len(answers) == 1 and answers[0].Value else None
    if isinstance(declared, ua.NodeId) and declared.NamespaceIndex == 0:
        number = declared.Identifier
        if isinstance(number, int) and 0 < number <= LAST_BUILT_IN:
            return ua.VariantType(number)
    raise _not_writable(tag, "the server does not say its type")


def _raw(tag: OpcuaTag, kind: ua.VariantType, value: Value, lookup: Lookup) -> object:
    if kind is ua.VariantType.Boolean:
        return raw_bool(tag, value)
    if kind is ua.VariantType.String:
        return raw_text(tag, value)
    if kind in _WHOLE:
        raw = raw_whole(tag, value, lookup)
        bits, signed = _WHOLE[kind], kind in _SIGNED
        least = -(1 << (bits - 1)) if signed else 0
        most = (1 << (bits - 1)) - 1 if signed else (1 << bits) - 1
        if not least <= raw <= most:
            raise _not_writable(tag, f"the variable takes {least} to {most}")
        return raw
    if kind in (ua.VariantType.Float, ua.VariantType.Double):
        real = raw_real(tag, value, lookup)
        if kind is ua.VariantType.Float and abs(real) > _FLOAT_LIMIT:
            raise _not_writable(tag, "the number is too large")
        return real
    raise _not_writable(tag, f"the type {kind.name} cannot be written")


def _not_writable(tag: OpcuaTag, why: str) -> ConfigurationError:
    return ConfigurationError("value_not_possible", f"{tag.name}: {why}", field="value")

"""Calling a method once: with the types of the allow-list, which must be those of the server.

A request without an answer is reported as unknown; nothing is sent twice.
"""

from __future__ import annotations

from collections.abc import Sequence

from asyncua import ua

from connectors.opcua.failures import status_name
from connectors.opcua.methods import OpcuaMethod
from connectors.opcua.node_ids import NodeName, node_name, step_name
from connectors.opcua.session import OpcuaSession
from connectors.opcua.values import plain_value
from connectors.sdk.call_rules import RESULTS_MAX, ArgumentType
from connectors.sdk.capabilities import Argument, Called, WriteOutcome
from connectors.sdk.errors import ConfigurationError, ConnectorError

LARGEST_LIST = 100
_GOOD = 0x80000000
_INPUTS = NodeName(None, "InputArguments")
KINDS = {
    ArgumentType.BOOL: ua.VariantType.Boolean,
    ArgumentType.INT8: ua.VariantType.SByte,
    ArgumentType.UINT8: ua.VariantType.Byte,
    ArgumentType.INT16: ua.VariantType.Int16,
    ArgumentType.UINT16: ua.VariantType.UInt16,
    ArgumentType.INT32: ua.VariantType.Int32,
    ArgumentType.UINT32: ua.VariantType.UInt32,
    ArgumentType.INT64: ua.VariantType.Int64,
    ArgumentType.UINT64: ua.VariantType.UInt64,
    ArgumentType.FLOAT32: ua.VariantType.Float,
    ArgumentType.FLOAT64: ua.VariantType.Double,
    ArgumentType.STRING: ua.VariantType.String,
}


async def call_once(
    session: OpcuaSession, address: OpcuaMethod, arguments: Sequence[Argument], timeout_s: float
) -> Called:
    """Call a method; what stands in the way is found before anything is sent.

    Args:
        timeout_s: real seconds in which the method must have ended; the server is told.

    Raises:
        ConfigurationError: `method_unknown` or `arguments_differ`; nothing was sent.
        Unavailable: the server does not answer; nothing was sent.
    """
    owner, method = await _found(session, address)
    await _compare(session, method, arguments)
    request = ua.CallMethodRequest(
        ObjectId=owner,
        MethodId=method,
        InputArguments=[ua.Variant(each.value, KINDS[each.type]) for each in arguments],
    )
    endpoint = session.failing.endpoint
    try:
        result = await session.call(request, timeout_s)
    except ConnectorError as error:
        detail = f"{endpoint} did not say how the call ended: {error.detail}"
        return Called(outcome=WriteOutcome.UNKNOWN, reason=error.code, detail=detail)
    status = int(result.StatusCode.value)
    if status & _GOOD:
        return Called(
            outcome=WriteOutcome.REFUSED,
            reason=status_name(status),
            detail=_refusal(endpoint, result, arguments),
        )
    return Called(outcome=WriteOutcome.ACCEPTED, results=results_of(result))


def results_of(result: ua.CallMethodResult) -> list[object]:
    """The output arguments as plain values; null for what cannot be shown."""
    return [_plain(each.Value) for each in list(result.OutputArguments or ())[:RESULTS_MAX]]


async def _found(session: OpcuaSession, address: OpcuaMethod) -> tuple[ua.NodeId, ua.NodeId]:
    if address.object is not None:
        owner = session.space.node_id(node_name(address.object))
    else:
        owner = await session.below([step_name(step) for step in address.path or ()])
    if owner is None:
        place = address.object or "/".join(address.path or ())
        raise _unknown(session, f"no object {place}")
    if address.name is not None:
        method = await session.below([step_name(address.name)], owner)
    else:
        method = session.space.node_id(node_name(address.method or ""))
    if method is None:
        raise _unknown(session, f"no method {address.name or address.method}")
    return owner, method


async def _compare(session: OpcuaSession, method: ua.NodeId, arguments: Sequence[Argument]) -> None:
    """A machine whose program was changed must not get arguments of the one before."""
    declared = await session.below([_INPUTS], method)
    if declared is None:
        return
    with session.failing:
        answers = await session.services.read_attributes([declared], ua.AttributeIds.Value)
    value = answers[0].Value.Value if len(answers) == 1 and answers[0].Value else None
    if not isinstance(value, list):
        return
    wanted = [_declared_kind(each) for each in value]
    given = [KINDS[each.type] for each in arguments]
    fits = len(wanted) == len(given) and all(
        kind is None or kind is own for kind, own in zip(wanted, given, strict=True)
    )
    if not fits:
        names = ", ".join("?" if kind is None else kind.name for kind in wanted) or "nothing"
        detail = f"the method takes {names}; correct its arguments under `calls`"
        raise ConfigurationError("arguments_differ", detail, field="arguments")


def _declared_kind(argument: ua.Argument) -> ua.VariantType | None:
    """The built-in type of an argument; None for another type, which the server checks itself."""
    number, is_single = argument.DataType.Identifier, argument.ValueRank < 0
    if argument.DataType.NamespaceIndex != 0 or not isinstance(number, int) or not is_single:
        return None
    kind = ua.VariantType(number) if 0 < number < ua.VariantType.ExtensionObject.value else None
    return kind if kind in KINDS.values() else None


def _refusal(endpoint: str, result: ua.CallMethodResult, arguments: Sequence[Argument]) -> str:
    name = status_name(int(result.StatusCode.value))
    statuses = zip(arguments, result.InputArgumentResults or (), strict=False)
    bad = [
        f"{argument.name}: {status_name(int(status.value))}"
        for argument, status in statuses
        if int(status.value) & _GOOD
    ]
    return f"{endpoint} answered {name}" + (f" ({', '.join(bad)})" if bad else "")


def _plain(value: object) -> object:
    if isinstance(value, list):
        return [_plain(each) for each in value[:LARGEST_LIST]]
    plain, problem = plain_value(value)
    return None if problem is not None else plain


def _unknown(session: OpcuaSession, what: str) -> ConfigurationError:
    detail = f"{session.failing.endpoint} has {what}"
    return ConfigurationError("method_unknown", detail, field="address")

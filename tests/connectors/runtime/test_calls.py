"""The edge calls what its allow-list has, in time, once, and says what is known of it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from connectors.clock import PlantClock, monotonic_s, real_now_us
from connectors.opcua.config import OpcuaSource
from connectors.opcua.connector import OpcuaConnector
from connectors.runtime import calls as module
from connectors.runtime.calls import SourceCaller
from connectors.sdk.call_rules import CallRule, MethodAddress
from connectors.sdk.capabilities import Argument, Called, WriteOutcome
from connectors.sdk.connector import ConnectorContext
from connectors.sdk.errors import ConnectorError, Unavailable
from tests.connectors.modbus.sources import connector as modbus
from tests.connectors.modbus.sources import source, tag

ADDRESS = {"object": "nsu=urn:a;i=1", "method": "nsu=urn:a;i=2"}
NUMBER = {"name": "number", "type": "int16", "values": [1, 2]}


def rule(call: str, **more: Any) -> CallRule:
    document = {"call": call, "address": ADDRESS, "arguments": [NUMBER], "every_s": 0.001, **more}
    return CallRule.model_validate(document)


RULES = {
    each.call: each
    for each in (
        rule("cnc/go", returns={"values": [0]}),
        rule("cnc/seldom", every_s=3600),
        rule("cnc/nowhere", address={"object": "nsu=urn:a;i=1"}),
        rule("press_plc/go"),
        rule("gone/go"),
    )
}
CNC = OpcuaSource.model_validate(
    {
        "id": "cnc",
        "protocol": "opcua",
        "endpoint": "opc.tcp://127.0.0.1:1",
        "security": {"policy": "none", "mode": "none"},
        "allow_insecure": True,
        "tags": [{"name": "clock", "node": "i=2258"}],
    }
)


class Machine(OpcuaConnector):
    """A machine behind no wire: what it answers is set by the test."""

    def __init__(self) -> None:
        context = ConnectorContext(clock=PlantClock.starting_at(real_now_us()))
        super().__init__(CNC, context)
        self.calls: list[tuple[object, ...]] = []
        self.answer: Called | Exception = Called(outcome=WriteOutcome.ACCEPTED, results=[0])
        self.never = False

    async def call(
        self, address: MethodAddress, arguments: Sequence[Argument], timeout_s: float
    ) -> Called:
        self.calls.append(tuple(each.value for each in arguments))
        if self.never:
            await asyncio.Event().wait()
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@pytest.fixture
async def machine() -> Machine:
    return Machine()


@pytest.fixture
async def caller(machine: Machine) -> SourceCaller:
    others = {"cnc": machine, "press_plc": modbus(source(1, [tag("state", 0)]))}
    return SourceCaller(lambda: RULES, others.get)


async def in_time() -> float:
    return monotonic_s() + 10.0


def wish(call: str = "cnc/go", **arguments: object) -> dict[str, object]:
    return {"call": call, "arguments": arguments}


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        (wish("cnc/none"), "call_not_allowed"),
        (wish(number=3), "call_out_of_range"),
        (wish(), "call_out_of_range"),
        (wish(number=1, more=1), "call_out_of_range"),
        (wish("gone/go", number=1), "source_not_running"),
        (wish("press_plc/go", number=1), "call_not_possible"),
        (wish("cnc/nowhere", number=1), "method_missing"),
        ({"call": "cnc/go"}, "request_malformed"),
        ({"call": 1, "arguments": {}}, "request_malformed"),
    ],
)
async def test_what_is_not_allowed_is_neither_claimed_nor_called(
    caller: SourceCaller, machine: Machine, asked: dict[str, object], code: str
) -> None:
    async def claim() -> float:
        raise AssertionError("claimed")

    with pytest.raises(ConnectorError) as error:
        await caller.call(asked, claim)
    assert (error.value.code, machine.calls) == (code, [])


async def test_a_call_is_claimed_first_and_never_made_late(
    caller: SourceCaller, machine: Machine
) -> None:
    async def claim() -> float:
        assert machine.calls == []
        return monotonic_s() + 10.0

    async def late() -> float:
        return monotonic_s() - 0.001

    with pytest.raises(ConnectorError, match="write_expired"):
        await caller.call(wish(number=1), late)
    done = await caller.call(wish(number=2), claim)
    assert (done["outcome"], done["after"]) == ("confirmed", {"results": [0], "state": None})
    assert machine.calls == [(2,)]


async def test_a_method_is_not_called_again_before_its_time(
    caller: SourceCaller, machine: Machine
) -> None:
    await caller.call(wish("cnc/seldom", number=1), in_time)
    with pytest.raises(ConnectorError, match="write_too_soon"):
        await caller.call(wish("cnc/seldom", number=1), in_time)
    assert len(machine.calls) == 1


@pytest.mark.parametrize(
    ("answer", "outcome", "code"),
    [
        (
            Called(outcome=WriteOutcome.ACCEPTED, results=[7]),
            "not_confirmed",
            "call_result_not_expected",
        ),
        (
            Called(outcome=WriteOutcome.REFUSED, reason="BadInvalidState"),
            "refused",
            "BadInvalidState",
        ),
        (Called(outcome=WriteOutcome.UNKNOWN, reason="no_reply"), "unknown", "no_reply"),
        (Unavailable("connection_lost", "gone"), "refused", "connection_lost"),
        (RuntimeError("broken"), "unknown", "call_fault"),
    ],
)
async def test_what_came_of_a_call_is_told_as_it_is_known(
    caller: SourceCaller, machine: Machine, answer: Any, outcome: str, code: str
) -> None:
    machine.answer = answer
    done = await caller.call(wish(number=1), in_time)
    assert (done["outcome"], done["code"], len(machine.calls)) == (outcome, code, 1)


async def test_a_device_that_never_ends_leaves_it_unknown(
    caller: SourceCaller, machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "GRACE_S", -4.95)
    machine.never = True
    done = await caller.call(wish(number=1), in_time)
    assert (done["outcome"], done["code"]) == ("unknown", "call_timeout")

"""Methods and job control of node-opcua, with the types as the OPC Foundation publishes them."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from connectors.opcua.connector import OpcuaConnector
from connectors.opcua.methods import OpcuaMethod
from connectors.sdk.call_rules import ArgumentType
from connectors.sdk.capabilities import Argument, WriteOutcome
from connectors.sdk.errors import ConfigurationError
from tests.peers.opcua_sources import OPEN, device, source
from tests.peers.processes import node_peer

SCRIPT = "node_opcua_jobs_server.js"
PLANT = "urn:plant:machines"
CALLS = {"name": "Calls", "node": f"nsu={PLANT};s=Drill.Calls"}
DRILL = OpcuaMethod(object=f"nsu={PLANT};s=Drill", method=f"nsu={PLANT};s=Drill.SetRecipe")
IN_TIME_S = 5.0


def arguments(**values: Any) -> list[Argument]:
    kinds = {int: ArgumentType.INT16, float: ArgumentType.FLOAT64, str: ArgumentType.STRING}
    return [Argument(name=n, type=kinds[type(value)], value=value) for n, value in values.items()]


def mill(job_order: str) -> OpcuaMethod:
    document = {"path": [f"nsu={PLANT};Mill"], "job_order": job_order}
    return OpcuaMethod.model_validate(document)


async def opened(port: int) -> OpcuaConnector:
    connector = device(source(port, {**OPEN, "tags": [CALLS]}))
    await connector.open()
    return connector


async def count(connector: OpcuaConnector) -> object:
    return (await connector.read_back("Calls")).value


async def test_a_method_of_a_strict_server_is_called_once_in_its_types() -> None:
    async with node_peer(SCRIPT, 0) as peer:
        connector = await opened(peer.port)
        good = await connector.call(DRILL, arguments(number=3, feed=1.25), IN_TIME_S)
        fast = await connector.call(DRILL, arguments(number=3, feed=1.75), IN_TIME_S)
        refused = await connector.call(DRILL, arguments(number=98, feed=1.0), IN_TIME_S)
        assert await count(connector) == 3
        late = await connector.call(DRILL, arguments(number=99, feed=1.0), 0.3)
        with pytest.raises(ConfigurationError, match="arguments_differ"):
            await connector.call(DRILL, arguments(number=3, feed=1), IN_TIME_S)
        assert await count(connector) == 4, "neither repeated nor sent when it does not fit"
        waiting = asyncio.create_task(connector.call(DRILL, arguments(number=99, feed=1.0), 15.0))
        while await count(connector) != 5:
            await asyncio.sleep(0.02)
        peer.process.kill()
        cut = await waiting
        await connector.close()
    assert (good.outcome, good.results) == (WriteOutcome.ACCEPTED, [0])
    assert (fast.outcome, fast.results) == (WriteOutcome.ACCEPTED, [7])
    assert (refused.outcome, refused.reason) == (WriteOutcome.REFUSED, "BadInvalidState")
    assert (late.outcome, late.reason) == (WriteOutcome.UNKNOWN, "no_reply")
    assert (cut.outcome, cut.reason) == (WriteOutcome.UNKNOWN, "connection_lost")


async def test_a_job_is_stored_started_and_answered_in_the_published_types() -> None:
    async with node_peer(SCRIPT, 0) as peer:
        connector = await opened(peer.port)
        job = arguments(job_order="WO-1-10", item="BRKT-100", quantity="500", program=20)
        stored = await connector.call(mill("store"), job, IN_TIME_S)
        started = await connector.call(mill("start"), job[:1], IN_TIME_S)
        said = await connector.call_state(mill("store"), job)
        at_once = arguments(job_order="WO-2-10", item="A", quantity="1")
        both = await connector.call(mill("store_and_start"), at_once, IN_TIME_S)
        none = arguments(job_order="WO-3-10", item="A", quantity="0")
        refused = await connector.call(mill("store_and_start"), none, IN_TIME_S)
        unknown = await connector.call_state(mill("store"), none)
        await connector.close()
    assert [each.outcome for each in (stored, started, both)] == [WriteOutcome.ACCEPTED] * 3
    assert states(stored.state) == ["NotAllowedToStart"]
    assert said == {
        "job_order": "WO-1-10",
        "states": ["Running"],
        "start": "2026-03-02T08:00:00+00:00",
        "end": None,
        "data": {"program": "program=20"},
    }
    assert states(both.state) == ["Running"]
    assert (refused.outcome, refused.reason) == (WriteOutcome.REFUSED, "job_refused_by_machine")
    assert (list(refused.results), unknown) == ([8], None)


def states(said: Mapping[str, object] | None) -> object:
    return None if said is None else said["states"]

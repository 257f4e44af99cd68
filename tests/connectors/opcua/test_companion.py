"""Companion specifications: machines are found by their names, and mean what the tables say."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any, cast

import pytest
import pytest_asyncio
from asyncua import ua

from connectors.clock import PlantClock, monotonic_s, real_now_us
from connectors.opcua.calling import call_once
from connectors.opcua.companion.discovery import MODELS, Instance, instances
from connectors.opcua.companion.euromap77 import JOB_STATES, JOB_STATUSES
from connectors.opcua.companion.job_control import Job, JobReceiver
from connectors.opcua.config import OpcuaSource
from connectors.opcua.connector import OpcuaConnector
from connectors.opcua.methods import OpcuaMethod
from connectors.opcua.node_ids import NodeName
from connectors.opcua.session import OpcuaSession
from connectors.sdk.call_rules import ArgumentType
from connectors.sdk.capabilities import Argument, WriteOutcome
from connectors.sdk.connector import ConnectorContext
from connectors.sdk.errors import ConfigurationError, Refused
from mes.ports import free_port
from tests.connectors.opcua.companion_server import (
    PLANT,
    STARTED,
    UNKNOWN_JOB,
    Machines,
    companion_server,
)

pytestmark = pytest.mark.asyncio(loop_scope="module")


def source(port: int, tags: list[dict[str, Any]]) -> OpcuaSource:
    return OpcuaSource.model_validate(
        {
            "id": "hall",
            "protocol": "opcua",
            "endpoint": f"opc.tcp://127.0.0.1:{port}",
            "security": {"policy": "none", "mode": "none"},
            "allow_insecure": True,
            "publish_ms": 100,
            "tags": tags,
        }
    )


ANY_TAG = [{"name": "clock", "node": "i=2258"}]
Served = tuple[Machines, int]


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def served() -> AsyncIterator[Served]:
    """One server for all tests; it takes seconds to start."""
    port = free_port()
    async with companion_server(port) as machines:
        yield machines, port


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def session(served: Served) -> AsyncIterator[OpcuaSession]:
    """A session that knows the server's own structures."""
    tags = [*ANY_TAG, {"name": "any", "node": "i=2258", "field": "Any"}]
    opened = await OpcuaSession.open(source(served[1], tags), None, real_now_us)
    yield opened
    await opened.close()


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def found(session: OpcuaSession) -> dict[str, Instance]:
    """The machines of the server by the key of their specification."""
    return {each.model.key: each for each in await instances(session)}


async def test_each_machine_is_found_by_the_names_of_its_specification(
    found: dict[str, Instance],
) -> None:
    assert {key: each.path[-1].text for key, each in found.items()} == {
        "machinery": "Lathe 7",
        "packml": "Packer",
        "euromap77": "IMM_1",
    }
    assert found["machinery"].prefix == "Lathe_7"


async def test_the_proposed_tags_are_read_with_their_words_and_numbers(
    served: Served, found: dict[str, Instance]
) -> None:
    tags = [tag for each in found.values() for tag in each.tags()]
    reader = OpcuaConnector(
        source(served[1], tags),
        ConnectorContext(clock=PlantClock.starting_at(real_now_us())),
    )
    await reader.open()
    read = {
        sample.tag: (sample.value, sample.reason) for sample in (await reader.read_all()).samples
    }
    await reader.close()
    assert {name: value for name, (value, _) in read.items()} == {
        "Lathe_7.item_state": "Executing",
        "Lathe_7.operation_mode": "Processing",
        "Packer.state": "Execute",
        "Packer.speed": 40.0,
        "Packer.processed": 120,
        "Packer.defective": 3,
        "IMM_1.machine_mode": "AUTOMATIC",
        "IMM_1.job_status": "JOB_IN_PRODUCTION",
        "IMM_1.job_name": "J-17",
        "IMM_1.parts": 400,
        "IMM_1.bad_parts": 7,
    }, read


async def test_the_proposed_signals_name_our_states(found: dict[str, Instance]) -> None:
    signals = found["machinery"].signals("hall")
    assert signals == {
        "state": {
            "tag": "hall/Lathe_7.item_state",
            "map": {
                "NotAvailable": "off",
                "OutOfService": "down",
                "NotExecuting": "stopped",
                "Executing": "running",
            },
        }
    }
    assert sorted(found["packml"].signals("hall")) == ["scrap", "state", "total"]


async def test_the_state_of_a_packer_is_that_of_the_innermost_machine_that_is_active(
    served: Served, found: dict[str, Instance]
) -> None:
    machines, port = served
    reader = OpcuaConnector(
        source(port, found["packml"].tags()),
        ConnectorContext(clock=PlantClock.starting_at(real_now_us())),
    )
    await reader.open()
    await reader.read_all()
    steps: dict[str, dict[str, str | None]] = {
        "Stopped": {"machine_state": "Stopped", "execute_state": None},
        "Aborted": {"base_state": "Aborted", "machine_state": None},
        "Idle": {"base_state": "Cleared", "machine_state": "Running", "execute_state": "Idle"},
    }
    for expected, changes in steps.items():
        for name, text in changes.items():
            await machines.say(name, text)
        await shows(reader, "Packer.state", expected)
    await reader.close()


async def shows(reader: OpcuaConnector, tag: str, expected: str) -> None:
    """Wait until a tag has a value."""
    end = monotonic_s() + 10.0
    seen: list[object] = []
    while not seen or seen[-1] != expected:
        assert monotonic_s() < end, seen
        seen += [sample.value for sample in await reader.next_samples() if sample.tag == tag]


async def test_every_job_status_has_a_state() -> None:
    assert set(JOB_STATUSES.values()) == set(JOB_STATES)
    assert len({model.key for model in MODELS}) == len(MODELS)


MILL = [NodeName(PLANT, "Mill")]
IN_TIME_S = 5.0


async def test_a_job_is_handed_over_and_its_response_read(
    served: Served, session: OpcuaSession
) -> None:
    machines, _ = served
    receiver = await JobReceiver.find(session, MILL)
    feed = Argument(name="feed", type=ArgumentType.FLOAT32, value=0.25)
    job = Job(job_id="WO-1", item="BRKT-100", quantity="500", parameters=[feed])
    taken = await receiver.store_and_start(job, IN_TIME_S)
    assert (taken.outcome, taken.results) == (WriteOutcome.ACCEPTED, [0])
    (order,) = machines.jobs
    assert order.JobOrderID == "WO-1"
    assert order.MaterialRequirements[0].MaterialDefinitionID == "BRKT-100"
    assert order.MaterialRequirements[0].Quantity == "500"
    (parameter,) = order.JobOrderParameters
    assert (parameter.ID, parameter.Value) == ("feed", ua.Variant(0.25, ua.VariantType.Float))
    (listed,) = await receiver.jobs()
    assert (listed.job_id, listed.states) == ("WO-1", ("Running",))
    said = await receiver.said_of("WO-1", IN_TIME_S)
    assert said is not None
    assert said.as_document() == {
        "job_order": "WO-1",
        "states": ["Running"],
        "start": STARTED.isoformat(),
        "end": None,
        "data": {"good": 12},
    }

    machines.return_status = 8
    refused = await receiver.store_and_start(job, IN_TIME_S)
    machines.return_status = 0
    assert (refused.outcome, refused.reason) == (WriteOutcome.REFUSED, "job_refused_by_machine")
    assert (list(refused.results), len(machines.jobs)) == ([8], 1)


async def test_a_job_is_stored_first_and_started_later(
    served: Served, session: OpcuaSession
) -> None:
    machines, _ = served
    receiver = await JobReceiver.find(session, MILL)
    job = Job(job_id="WO-2", item="BRKT-200", quantity="20")
    assert (await receiver.store(job, IN_TIME_S)).outcome is WriteOutcome.ACCEPTED
    assert machines.states["WO-2"] == "NotAllowedToStart"
    assert (await receiver.start("WO-2", IN_TIME_S)).outcome is WriteOutcome.ACCEPTED
    assert machines.states["WO-2"] == "Running"
    unknown = await receiver.start("WO-3", IN_TIME_S)
    assert (unknown.outcome, list(unknown.results)) == (WriteOutcome.REFUSED, [UNKNOWN_JOB])


async def test_a_machine_that_takes_too_long_leaves_it_unknown(
    served: Served, session: OpcuaSession
) -> None:
    machines, _ = served
    machines.answer_after = asyncio.Event()
    receiver = await JobReceiver.find(session, MILL)
    called = await receiver.store(Job(job_id="WO-4", item="A", quantity="1"), 0.2)
    assert (called.outcome, called.reason) == (WriteOutcome.UNKNOWN, "no_reply")
    machines.answer_after.set()
    machines.answer_after = None


async def test_a_machine_without_job_control_says_so(session: OpcuaSession) -> None:
    for path in ([NodeName(PLANT, "Packer")], [NodeName("urn:other", "Mill")]):
        with pytest.raises(Refused, match="job_control_not_available"):
            await JobReceiver.find(session, path)


def method(**more: Any) -> OpcuaMethod:
    drill = f"nsu={PLANT};Drill"
    return OpcuaMethod.model_validate({"path": [drill], "name": f"nsu={PLANT};SetRecipe", **more})


def recipe(number: object, feed: object, kind: str = "int16") -> list[Argument]:
    return [
        Argument(name="number", type=ArgumentType(kind), value=cast(int, number)),
        Argument(name="feed", type=ArgumentType.FLOAT64, value=cast(float, feed)),
    ]


async def test_a_method_is_called_once_in_the_types_of_the_server(
    served: Served, session: OpcuaSession
) -> None:
    machines, _ = served
    called = await call_once(session, method(), recipe(3, 1.25), IN_TIME_S)
    assert (called.outcome, called.results) == (WriteOutcome.ACCEPTED, [0])
    assert machines.recipes == [(3, 1.25)]
    machines.recipes.clear()


@pytest.mark.parametrize(
    ("address", "arguments", "code"),
    [
        (method(name=f"nsu={PLANT};None"), recipe(3, 1.0), "method_unknown"),
        (method(name="nsu=urn:other;SetRecipe"), recipe(3, 1.0), "method_unknown"),
        (method(path=[f"nsu={PLANT};None"]), recipe(3, 1.0), "method_unknown"),
        (method(), recipe(3, 1.0, kind="int32"), "arguments_differ"),
        (method(), recipe(3, 1.0)[:1], "arguments_differ"),
    ],
)
async def test_what_the_server_does_not_have_is_not_called(
    served: Served,
    session: OpcuaSession,
    address: OpcuaMethod,
    arguments: list[Argument],
    code: str,
) -> None:
    with pytest.raises(ConfigurationError) as error:
        await call_once(session, address, arguments, IN_TIME_S)
    assert (error.value.code, served[0].recipes) == (code, [])

"""Companion specifications: machines are found by their names, and mean what the tables say."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from asyncua import ua

from connectors.clock import PlantClock, monotonic_s, real_now_us
from connectors.opcua.companion.discovery import MODELS, Instance, instances
from connectors.opcua.companion.euromap77 import JOB_STATES, JOB_STATUSES
from connectors.opcua.companion.job_control import Job, JobReceiver
from connectors.opcua.config import OpcuaSource
from connectors.opcua.connector import OpcuaConnector
from connectors.opcua.session import OpcuaSession
from connectors.sdk.capabilities import WriteOutcome
from connectors.sdk.connector import ConnectorContext
from connectors.sdk.errors import Refused
from tests.connectors.opcua.companion_server import STARTED, Machines, companion_server
from tests.connectors.support import free_port

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
    inactive = ua.DataValue(StatusCode=ua.StatusCode(ua.UInt32(ua.StatusCodes.BadStateNotActive)))
    steps: dict[str, dict[str, str | None]] = {
        "Stopped": {"machine_state": "Stopped", "execute_state": None},
        "Aborted": {"base_state": "Aborted", "machine_state": None},
        "Idle": {"base_state": "Cleared", "machine_state": "Running", "execute_state": "Idle"},
    }
    for expected, changes in steps.items():
        for name, text in changes.items():
            value = inactive if text is None else ua.DataValue(ua.Variant(ua.LocalizedText(text)))
            await machines.variables[name].write_value(value)
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


async def test_a_job_is_handed_over_and_its_response_read(
    served: Served, session: OpcuaSession
) -> None:
    machines, _ = served
    receiver = await JobReceiver.find(session, "Mill")
    job = Job(job_id="WO-1", item="BRKT-100", quantity="500", parameters={"feed": 0.2})
    taken = await receiver.store_and_start(job)
    assert taken.outcome is WriteOutcome.ACCEPTED
    (order,) = machines.jobs
    assert order.JobOrderID == "WO-1"
    assert order.MaterialRequirements[0].MaterialDefinitionID == "BRKT-100"
    assert order.MaterialRequirements[0].Quantity == "500"
    assert order.JobOrderParameters[0].ID == "feed"
    (listed,) = await receiver.jobs()
    assert (listed.job_id, listed.states) == ("WO-1", ("Running",))
    response = await receiver.response("WO-1")
    assert response is not None
    assert (response.states, response.start) == (("Running",), STARTED)
    assert response.data == {"good": 12}

    machines.return_status = 8
    refused = await receiver.store_and_start(job)
    machines.return_status = 0
    assert (refused.outcome, refused.return_status) == (WriteOutcome.REFUSED, 8)
    assert len(machines.jobs) == 1


async def test_a_machine_without_job_control_says_so(session: OpcuaSession) -> None:
    with pytest.raises(Refused, match="job_control_not_available"):
        await JobReceiver.find(session, "Packer")

"""The OPC UA connector against a real server."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator, Mapping, Sequence

import pytest
import pytest_asyncio
import structlog.testing
from asyncua import ua

from connectors.clock import PlantClock, monotonic_s, real_now_us
from connectors.opcua import publishing
from connectors.opcua.config import OpcuaSource
from connectors.opcua.connector import OpcuaConnector
from connectors.sdk.capabilities import WriteOutcome
from connectors.sdk.connector import ConnectorContext
from connectors.sdk.errors import Unavailable
from connectors.sdk.frames import Direction
from connectors.sdk.messages import Quality, Sample
from mes.ports import free_port
from tests.connectors.opcua.server import NAMESPACE, SOURCE_TIME, PlantServer, plant_server

pytestmark = pytest.mark.asyncio(loop_scope="module")
TAGS = ("Cnc1.State", "Cnc1.Parts", "Cnc1.Load")


Shared = tuple[PlantServer, int]


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def shared() -> AsyncIterator[Shared]:
    """One server for the tests that do not end it; it takes seconds to start."""
    port = free_port()
    async with plant_server(port) as plant:
        yield plant, port


def source(port: int, *more: Mapping[str, object]) -> OpcuaSource:
    tags: list[Mapping[str, object]] = [
        {"name": node, "node": f"nsu={NAMESPACE};s={node}", "publish_ms": 50} for node in TAGS
    ]
    return OpcuaSource.model_validate(
        {
            "id": "cnc_cell",
            "protocol": "opcua",
            "endpoint": f"opc.tcp://127.0.0.1:{port}",
            "security": {"policy": "none", "mode": "none"},
            "allow_insecure": True,
            "timeout_ms": 2000,
            "tags": [*tags, *more],
        }
    )


def connector(config: OpcuaSource) -> OpcuaConnector:
    return OpcuaConnector(config, ConnectorContext(clock=PlantClock.starting_at(real_now_us())))


def failing(device: OpcuaConnector) -> tuple[int, str | None]:
    """What fails just now."""
    return device.failing


async def collect(
    device: OpcuaConnector, tag: str, wanted: Sequence[object], seconds: float = 5.0
) -> list[Sample]:
    """Samples of one tag until the wanted values were seen."""
    found: list[Sample] = []
    end = monotonic_s() + seconds
    while [sample.value for sample in found][-len(wanted) :] != list(wanted):
        assert monotonic_s() < end, f"only {[sample.value for sample in found]} arrived"
        found += [sample for sample in await device.next_samples() if sample.tag == tag]
    return found


async def listen(device: OpcuaConnector, times: int) -> None:
    for _ in range(times):
        await device.next_samples()


async def test_each_tag_is_read_once_with_quality_and_source_time(shared: Shared) -> None:
    plant, port = shared
    await plant.set("Cnc1.Parts", 101, ua.VariantType.UInt32)
    uncertain = ua.StatusCodes.UncertainLastUsableValue
    await plant.set("Cnc1.Load", 7.5, ua.VariantType.Double, status=uncertain)
    missing = {"name": "gone", "node": f"nsu={NAMESPACE};s=Gone"}
    foreign = {"name": "foreign", "node": "nsu=urn:not:here;s=X"}
    device = connector(source(port, missing, foreign))
    await device.open()
    reading = await device.read_all()
    await device.close()

    samples = {sample.tag: sample for sample in reading.samples}
    assert [sample.tag for sample in reading.samples] == [*TAGS, "gone", "foreign"]
    assert (samples["Cnc1.Parts"].value, samples["Cnc1.Parts"].quality) == (101, Quality.GOOD)
    expected = int(SOURCE_TIME.timestamp()) * 1_000_000 + 456_789
    assert samples["Cnc1.Parts"].source_time == expected
    assert samples["Cnc1.Load"].quality is Quality.UNCERTAIN
    assert samples["Cnc1.Load"].reason == "UncertainLastUsableValue"
    assert samples["gone"].reason == "BadNodeIdUnknown"
    assert samples["foreign"].reason == "namespace_unknown"
    assert reading.failed == 2


async def test_changes_arrive_in_order_and_none_is_lost(shared: Shared) -> None:
    plant, port = shared
    device = connector(source(port))
    await device.open()
    await device.read_all()
    for count in range(200, 260):
        await plant.set("Cnc1.Parts", count, ua.VariantType.UInt32)
    found = await collect(device, "Cnc1.Parts", list(range(200, 260)))
    await device.close()
    assert [sample.value for sample in found][-60:] == list(range(200, 260))


async def test_a_bad_status_is_a_bad_value_and_never_a_number(shared: Shared) -> None:
    plant, port = shared
    device = connector(source(port))
    await device.open()
    await device.read_all()
    failure = ua.StatusCodes.BadSensorFailure
    await plant.set("Cnc1.Load", 3.0, ua.VariantType.Double, status=failure)
    found = await collect(device, "Cnc1.Load", [None])
    await device.close()
    assert (found[-1].value, found[-1].quality) == (None, Quality.BAD)
    assert found[-1].reason == "BadSensorFailure"


async def test_tags_resume_by_namespace_address_after_a_restart_with_shifted_namespaces() -> None:
    port = free_port()
    device = connector(source(port))
    async with plant_server(port):
        await device.open()
        await device.read_all()
    begin = monotonic_s()
    with pytest.raises(Unavailable):
        await listen(device, 30)
    assert monotonic_s() - begin < 5.0
    await device.close()
    await device.close()
    async with plant_server(port, foreign_namespaces=2) as plant:
        await device.open()
        await device.read_all()
        await plant.set("Cnc1.Parts", 777, ua.VariantType.UInt32)
        found = await collect(device, "Cnc1.Parts", [777])
        await device.close()
    assert found[-1].quality is Quality.GOOD


async def test_coverage_follows_the_servers_clock_also_without_changes(
    shared: Shared,
) -> None:
    _, port = shared
    device = connector(source(port))
    await device.open()
    await device.read_all()
    first = device.covered_until
    end = monotonic_s() + 2.5
    while monotonic_s() < end:
        await device.next_samples()
    last = device.covered_until
    await device.close()
    assert first is not None
    assert last is not None
    assert last - first > 1_000_000


async def test_an_absent_server_is_named_with_its_endpoint() -> None:
    port = free_port()
    device = connector(source(port))
    with pytest.raises(Unavailable, match=f"127.0.0.1:{port}"):
        await device.open()
    await device.close()


async def test_a_server_that_accepts_and_says_nothing_is_unavailable_in_time() -> None:
    deaf = socket.create_server(("127.0.0.1", 0))
    port = deaf.getsockname()[1]
    config = source(port).model_copy(update={"timeout_ms": 300})
    device = connector(config)
    with pytest.raises(Unavailable) as caught:
        await device.open()
    assert caught.value.code == "no_reply"
    await device.close()
    deaf.close()


async def test_a_node_that_appears_later_keeps_only_its_own_tag_waiting(shared: Shared) -> None:
    plant, port = shared
    late = {"name": "late", "node": f"nsu={NAMESPACE};s=Late", "publish_ms": 50}
    device = connector(source(port, late))
    await device.open()
    read = {sample.tag: sample for sample in (await device.read_all()).samples}
    assert read["late"].reason == "BadNodeIdUnknown"
    assert all(read[tag].quality is not Quality.BAD for tag in ("Cnc1.State", "Cnc1.Parts"))
    assert failing(device) == (1, "BadNodeIdUnknown")
    await plant.add("Late", 5, ua.VariantType.Int32)
    found = await collect(device, "late", [5], 15.0)
    assert found[-1].quality is Quality.GOOD
    assert failing(device) == (0, None)
    await device.close()


async def test_tags_with_the_same_wish_share_an_item_and_others_have_their_own(
    shared: Shared,
) -> None:
    plant, port = shared
    await plant.set("Cnc1.Parts", 40, ua.VariantType.UInt32)
    node = f"nsu={NAMESPACE};s=Cnc1.Parts"
    scaled = {"name": "scaled", "node": node, "publish_ms": 50, "scale": 10}
    slow = {"name": "slow", "node": node, "publish_ms": 100}
    filtered = {"name": "filtered", "node": node, "filter": {"deadband": 5}, "publish_ms": 50}
    device = connector(source(port, scaled, slow, filtered))
    await device.open()
    read = {sample.tag: sample.value for sample in (await device.read_all()).samples}
    assert [read[tag] for tag in ("Cnc1.Parts", "scaled", "slow", "filtered")] == [40, 400, 40, 40]
    assert device.diagnostics()["items_wanted"] == len(TAGS) + 2
    for count in (42, 44, 46):
        await plant.set("Cnc1.Parts", count, ua.VariantType.UInt32)
    found = await collect(device, "scaled", [420, 440, 460])
    await device.close()
    assert [sample.value for sample in found] == [420, 440, 460]


async def test_the_limit_of_a_small_controller_is_respected(shared: Shared) -> None:
    plant, port = shared
    await plant.state_limit(2)
    device = connector(source(port))
    await device.open()
    reading = await device.read_all()
    assert device.diagnostics()["items_per_call"] == 2
    await plant.state_limit(0)
    await device.close()
    assert reading.failed == 0


async def test_a_written_value_has_the_type_of_the_node_and_brings_no_time(shared: Shared) -> None:
    plant, port = shared
    await plant.let_write("Cnc1.State")
    device = connector(source(port))
    await device.open()
    written = await device.write("Cnc1.State", 4)
    back = await device.read_back("Cnc1.State")
    await device.close()
    stored = await plant.stored("Cnc1.State")
    assert written.outcome is WriteOutcome.ACCEPTED
    assert back.value == 4
    assert stored.Value is not None
    assert stored.Value.VariantType is ua.VariantType.Int32
    assert stored.SourceTimestamp is None


async def test_reading_everything_again_in_between_loses_and_repeats_nothing(
    shared: Shared,
) -> None:
    plant, port = shared
    device = connector(source(port))
    await device.open()
    await device.read_all()
    for count in range(500, 505):
        await plant.set("Cnc1.Parts", count, ua.VariantType.UInt32)
    first = await collect(device, "Cnc1.Parts", [504])
    again = {sample.tag: sample.value for sample in (await device.read_all()).samples}
    await plant.set("Cnc1.Parts", 505, ua.VariantType.UInt32)
    last = await collect(device, "Cnc1.Parts", [505])
    await device.close()
    assert [sample.value for sample in first] == list(range(500, 505))
    assert again["Cnc1.Parts"] == 504
    assert [sample.value for sample in last] == [505]


async def test_services_are_shown_by_name_and_size_and_timed_without_publishing(
    shared: Shared,
) -> None:
    _, port = shared
    device = connector(source(port))
    device.frame_log.watch()
    await device.open()
    await device.read_all()
    await device.close()
    frames, _ = device.frame_log.after(0, 500)
    said = [(frame.direction, frame.text) for frame in frames]
    assert (Direction.SENT, "CreateMonitoredItems") in said
    assert (Direction.RECEIVED, "CreateMonitoredItems: answered") in said
    assert any(text == "Publish" for _, text in said)
    assert all(frame.data == b"" and frame.size for frame in frames)
    counters = device.context.counters.as_dict()
    assert 0 < counters["round_trip_p50_ms"] <= counters["round_trip_p99_ms"]


async def test_an_unforeseen_error_of_the_publishing_ends_the_session_at_once(
    shared: Shared, monkeypatch: pytest.MonkeyPatch
) -> None:
    plant, port = shared
    device = connector(source(port))
    await device.open()
    await device.read_all()

    def stumble(_: bytes) -> None:
        raise ArithmeticError("nobody thought of this")

    with structlog.testing.capture_logs() as logs, monkeypatch.context() as patched:
        patched.setattr(publishing, "decode_publication", stumble)
        await plant.set("Cnc1.Parts", 7, ua.VariantType.UInt32)
        begin = monotonic_s()
        with pytest.raises(Unavailable, match="ArithmeticError: nobody thought of this"):
            await listen(device, 20)
        assert monotonic_s() - begin < 3.0
    await device.close()
    assert [each["event"] for each in logs if each["log_level"] == "error"][:1] == [
        "publishing_fault"
    ]
    await device.open()
    assert (await device.read_all()).failed == 0
    await device.close()

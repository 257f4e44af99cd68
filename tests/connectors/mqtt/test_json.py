"""Plain JSON by way of a real broker."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from connectors.mqtt.connector import MqttConnector
from connectors.sdk.errors import ConnectorError, Unavailable
from connectors.sdk.messages import Quality
from connectors.sdk.steps import Step, StepOutcome
from mes.ports import free_port
from tests.connectors.mqtt.broker import BrokerProcess, broker
from tests.connectors.mqtt.world import (
    certificate,
    connector_of,
    json_source,
    next_of,
    opened,
    publish,
)

PRESS = json.dumps({"values": {"temp": 21.5, "list": [1, 2]}})


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[BrokerProcess]:
    async with broker(tmp_path / "broker") as running:
        yield running


async def test_values_lie_at_their_topic_and_path(server: BrokerProcess) -> None:
    async with opened(json_source(server.port)) as connector:
        await publish(server.port, "plant/press", PRESS)
        await publish(server.port, "plant/count", "12")
        found = await next_of(connector, "temp", "second", "count")
        assert [found[tag].value for tag in ("temp", "second", "count")] == [21.5, 2, 12]
        assert found["temp"].unit == "C"
        assert {sample.quality for sample in found.values()} == {Quality.GOOD}


async def test_every_tag_appears_once_and_one_without_a_message_is_bad(
    server: BrokerProcess,
) -> None:
    await publish(server.port, "plant/press", PRESS, retain=True)
    async with opened(json_source(server.port)) as connector:
        reading = await connector.read_all()
        assert [sample.tag for sample in reading.samples] == ["temp", "second", "count"]
        assert reading.samples[2].reason == "no_message_yet"
        assert reading.failed == 1


async def test_a_retained_message_is_uncertain_unless_its_time_is_within_the_longest_silence(
    server: BrokerProcess,
) -> None:
    await publish(server.port, "plant/count", "12", retain=True)
    at = datetime.now(UTC).isoformat()
    timed = json.dumps({"values": {"temp": 1}, "at": at})
    await publish(server.port, "plant/press", timed, retain=True)
    source = json_source(server.port)
    temp = {**source["tags"][0], "time_path": "at"}
    source["tags"] = [
        {**temp, "max_silence_s": 3600},
        {**temp, "name": "old", "max_silence_s": 0.001},
        {**temp, "name": "endless"},
        source["tags"][2],
    ]
    async with opened(source) as connector:
        found = {sample.tag: sample for sample in (await connector.read_all()).samples}
        assert {tag: (each.value, each.reason) for tag, each in found.items()} == {
            "temp": (1, None),
            "old": (None, "silent"),
            "endless": (1, "retained"),
            "count": (12, "retained"),
        }
        assert found["endless"].quality is Quality.UNCERTAIN
        assert found["temp"].source_time is not None
    async with opened({**source, "trust_retained": True}) as connector:
        qualities = {sample.quality for sample in (await connector.read_all()).samples}
        assert qualities == {Quality.GOOD}


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        ("{}", "path_not_found"),
        ('{"values": 3}', "path_not_found"),
        ('{"values": {"temp": null}}', "no_value"),
        ('{"values": {"temp": {}}}', "type_not_supported"),
        ('{"values": {"temp": NaN}}', "not_a_number"),
        ("no json", "path_not_found"),
        (b"\xff\xfe", "path_not_found"),
        ("[" * 100_000, "path_not_found"),
        ('{"values": {"temp": 500}}', "out_of_range"),
    ],
)
async def test_what_is_no_value_is_bad_with_its_reason_and_never_a_number(
    server: BrokerProcess, payload: str | bytes, reason: str
) -> None:
    source = json_source(server.port)
    source["tags"] = [{**source["tags"][0], "max": 100}]
    async with opened(source) as connector:
        await publish(server.port, "plant/press", payload)
        sample = (await next_of(connector, "temp"))["temp"]
        assert (sample.value, sample.quality, sample.reason) == (None, Quality.BAD, reason)


async def test_a_message_is_its_own_value_and_an_empty_one_is_none(server: BrokerProcess) -> None:
    async with opened(json_source(server.port)) as connector:
        for payload, value in [("12.5", 12.5), ("true", True), ("RUN", "RUN"), ("", None)]:
            await publish(server.port, "plant/count", payload)
            assert (await next_of(connector, "count"))["count"].value == value


async def test_the_sender_says_the_quality(server: BrokerProcess) -> None:
    words = {"192": "good", "64": "uncertain"}
    source = json_source(server.port, quality_path="q", quality_values=words)
    source["tags"] = [{"name": "v", "topic": "t", "path": "v"}]
    async with opened(source) as connector:
        for said, value, quality in [(192, 5, 0), (64, 5, 1), (0, None, 2)]:
            await publish(server.port, "t", json.dumps({"v": 5, "q": said}))
            sample = (await next_of(connector, "v"))["v"]
            assert (sample.value, sample.quality) == (value, Quality(quality))


async def test_a_tag_that_stays_silent_too_long_is_bad_until_it_speaks(
    server: BrokerProcess,
) -> None:
    source = json_source(server.port)
    source["tags"] = [{**source["tags"][2], "max_silence_s": 0.2}]
    async with opened(source) as connector:
        await publish(server.port, "plant/count", "1")
        assert (await next_of(connector, "count"))["count"].value == 1
        assert (await next_of(connector, "count"))["count"].reason == "silent"
        await publish(server.port, "plant/count", "2")
        assert (await next_of(connector, "count"))["count"].value == 2


async def test_tags_that_depend_on_each_other_agree(server: BrokerProcess) -> None:
    tags = [
        {"name": "pv", "topic": "t", "path": "pv", "scale_exponent_from": "dot"},
        {"name": "dot", "topic": "t", "path": "dot"},
    ]
    async with opened(json_source(server.port, tags=tags)) as connector:
        await publish(server.port, "t", '{"pv": 1234, "dot": 1}')
        await next_of(connector, "dot", "pv")
        pv = (await connector.read_all()).samples[0]
        assert (pv.value, pv.quality) == (123.4, Quality.GOOD)


async def test_browsing_shows_every_value_below_a_pattern_and_stops_at_its_limit(
    server: BrokerProcess,
) -> None:
    await publish(server.port, "plant/press", PRESS, retain=True)
    await publish(server.port, "other", "1", retain=True)
    async with opened(json_source(server.port)) as connector:
        found = await connector.browse("plant/**", 10)
        assert [node.path for node in found.nodes] == [
            "plant/press/values.list[0]",
            "plant/press/values.list[1]",
            "plant/press/values.temp",
        ]
        assert found.nodes[2].address == {"topic": "plant/press", "path": "values.temp"}
        assert found.is_complete
        limited = await connector.browse("plant/press/*", 1)
        assert (len(limited.nodes), limited.is_complete) == (1, False)


async def test_a_broker_that_dies_is_an_error_at_once(server: BrokerProcess) -> None:
    async with opened(json_source(server.port)) as connector:
        await connector.read_all()
        await server.stop()
        with pytest.raises(Unavailable, match="connection_lost"):
            await until_lost(connector)


async def test_a_frozen_broker_is_noticed_by_its_keep_alive(server: BrokerProcess) -> None:
    source = json_source(server.port, broker={"keep_alive_s": 2})
    async with opened(source) as connector:
        await connector.read_all()
        server.freeze()
        try:
            with pytest.raises(Unavailable, match="connection_lost"):
                await until_lost(connector)
        finally:
            server.thaw()


async def test_secrets_tls_and_certificates(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cert_file, key_file = certificate(tmp_path)
    tls = {"cert_file": str(cert_file), "key_file": str(key_file)}
    login = {"user": "edge", "password": "s3cret"}
    monkeypatch.setenv("BROKER_PASSWORD", "s3cret")
    ours = {"user": "edge", "password": "env:BROKER_PASSWORD", "tls": {"ca_file": str(cert_file)}}
    async with broker(tmp_path / "b", authorization=login, mqtt={"tls": tls}) as server:
        assert await failure(json_source(server.port, broker=ours)) is None

        unknown = await failure(json_source(server.port, broker={**ours, "tls": {}}))
        assert unknown == ("certificate_not_trusted", Step.CERTIFICATE)

        monkeypatch.setenv("BROKER_PASSWORD", "wrong")
        wrong = await failure(json_source(server.port, broker=ours))
        assert wrong == ("sign_in_refused", Step.SIGN_IN)

        missing = {**ours, "password": "env:NOT_SET"}
        assert await failure(json_source(server.port, broker=missing)) == (
            "secret_missing",
            Step.CONFIGURATION,
        )


async def test_tls_on_a_plain_port_is_said(server: BrokerProcess) -> None:
    code, step = await failure(json_source(server.port, broker={"tls": {}})) or ("", None)
    assert (code, step) == ("tls_failed", Step.CERTIFICATE)


async def test_nobody_at_the_port_is_said() -> None:
    assert await failure(json_source(free_port())) == ("connection_refused", Step.PORT)
    nowhere = json_source(1883, broker={"host": "no-such-host.invalid"})
    assert await failure(nowhere) == ("host_not_found", Step.NAME)


async def test_a_server_that_never_answers_is_given_up() -> None:
    held: list[asyncio.StreamWriter] = []

    async def accept(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        held.append(writer)

    silent = await asyncio.start_server(accept, "127.0.0.1", 0)
    port = silent.sockets[0].getsockname()[1]
    source = json_source(port, broker={"timeout_ms": 300})
    assert await failure(source) == ("no_reply", Step.PROTOCOL)
    for writer in held:
        writer.close()
    silent.close()


async def test_a_connection_test_names_the_step(server: BrokerProcess) -> None:
    await publish(server.port, "plant/press", PRESS, retain=True)
    results = await connector_of(json_source(server.port)).test()
    failed = [result for result in results if result.outcome is StepOutcome.FAILED]
    assert [(result.step, result.message) for result in failed] == [
        (Step.VALUE, "count (no_message_yet)")
    ]


async def until_lost(connector: MqttConnector) -> None:
    """Listen until the connector raises."""
    async with asyncio.timeout(20):
        while True:
            await connector.next_samples()


async def failure(document: dict[str, Any]) -> tuple[str, Step] | None:
    """Code and step of the error at opening; None when it opens."""
    connector = connector_of(document)
    try:
        await connector.open()
    except ConnectorError as error:
        return error.code, error.step
    finally:
        await connector.close()
    return None


async def test_messages_are_shown_by_topic_and_size_and_never_by_their_content(
    server: BrokerProcess,
) -> None:
    connector = connector_of(json_source(server.port))
    connector.frame_log.watch()
    await connector.open()
    await publish(server.port, "plant/count", "12345")
    await next_of(connector, "count")
    await connector.close()
    frames, _ = connector.frame_log.after(0, 100)
    said = [(frame.text, frame.size) for frame in frames]
    assert said[:2] == [("CONNECT", None), ("CONNACK: accepted", None)]
    assert ("PUBLISH plant/count", 5) in said
    assert all(frame.data == b"" for frame in frames)


async def test_a_message_whose_topic_is_no_text_is_counted() -> None:
    """NATS refuses such a topic, other brokers hand it on: one that does, in a few bytes."""
    strange = b"\x30\x05\x00\x02\xff\xfe1"

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(200)
        writer.write(b"\x20\x02\x00\x00")
        subscribe = await reader.read(200)
        writer.write(b"\x90\x04" + subscribe[2:4] + b"\x01\x01" + strange)
        await reader.read()
        writer.close()

    listening = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with listening:
        port = listening.sockets[0].getsockname()[1]
        async with opened(json_source(port)) as connector:
            async with asyncio.timeout(10):
                while not connector.context.counters.skipped:
                    await connector.next_samples()
            assert connector.diagnostics()["unreadable_topics"] == 1

"""Reading and testing one source outside the edge: nothing is stored, nothing is sent."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlsplit

from connectors.clock import monotonic_s, plant_clock
from connectors.runtime.report import ExceptionReport
from connectors.sdk.config import SourceConfig
from connectors.sdk.connector import Connector, ConnectorContext, PollingConnector, PushConnector
from connectors.sdk.errors import ConnectorError, Unavailable
from connectors.sdk.manifest import manifest_of
from connectors.sdk.messages import Quality, Reading, Sample

CONNECT_TIMEOUT_S = 5.0
WHAT_TO_DO = {
    "dns": "check the host name, or write the address in numbers",
    "connect": "check address, port, cable and firewall, and that the device is switched on",
    "protocol": "check the unit number and that the device really speaks this protocol",
    "security": "check security policy, certificate, user and password",
    "address": "check table, address and address_base, or the node id, of the named tags",
    "decode": "check type, order, length and bad_values of the named tags",
    "configuration": "correct the named field in the plant file",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step of a test.

    Attributes:
        detail: what was found.
        advice: what to do; None when the step passed.
    """

    name: str
    passed: bool
    detail: str
    advice: str | None = None


def make_connector(config: SourceConfig) -> Connector:
    """A connector that stands alone. Call it inside a running event loop."""
    context = ConnectorContext(clock=plant_clock())
    return manifest_of(config.protocol).connector_class()(config, context)


async def read_source(config: SourceConfig, seconds: float, show: Callable[[Sample], None]) -> None:
    """Read every tag once, then report changes for `seconds` of real time.

    Raises:
        ConnectorError: the source was not reached, or was lost.
    """
    connector = make_connector(config)
    report = ExceptionReport(config.tag_list)
    end = monotonic_s() + seconds
    try:
        reading = await _open_and_read(connector)
        for sample in report.accept(reading.samples):
            show(sample)
        while (left := end - monotonic_s()) > 0:
            samples = await _next(connector, left)
            for sample in report.accept(samples):
                show(sample)
    finally:
        await connector.close()


async def test_source(config: SourceConfig) -> list[Step]:
    """Go the way from name to value step by step; the last step tells what is wrong, if any."""
    steps: list[Step] = []
    try:
        for host, port in _endpoints(config):
            await _look_up(host, port, steps)
            await _connect(host, port, steps)
        connector = make_connector(config)
        try:
            reading = await _open_and_read(connector)
        finally:
            await connector.close()
        steps.append(Step(name="protocol", passed=True, detail="the source answers"))
        steps += _judge(reading, len(config.tag_list))
    except ConnectorError as error:
        detail = f"{error.code}: {error.detail}"
        advice = WHAT_TO_DO.get(error.step)
        steps.append(Step(name=error.step, passed=False, detail=detail, advice=advice))
    return steps


def iso_time(instant: int | None) -> str | None:
    """An instant as ISO 8601 in UTC with microseconds; None stays None."""
    if instant is None:
        return None
    seconds, micros = divmod(instant, 1_000_000)
    text = datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    return f"{text}.{micros:06d}Z"


def as_line(source: str, sample: Sample) -> dict[str, object]:
    """A sample as `mes source read --json` prints it."""
    return {
        "source": source,
        "tag": sample.tag,
        "value": sample.value,
        "quality": sample.quality.name.lower(),
        "reason": sample.reason,
        "unit": sample.unit,
        "source_time": iso_time(sample.source_time),
        "received_time": iso_time(sample.received_time),
    }


async def _open_and_read(connector: Connector) -> Reading:
    try:
        async with asyncio.timeout(connector.open_timeout_s):
            await connector.open()
        async with asyncio.timeout(connector.read_timeout_s):
            return await connector.read_all()
    except TimeoutError as error:
        detail = f"no answer within {connector.open_timeout_s:g} s"
        raise Unavailable("open_timeout", detail, step="protocol") from error


async def _next(connector: Connector, left_s: float) -> Sequence[Sample]:
    if isinstance(connector, PushConnector):
        try:
            async with asyncio.timeout(left_s):
                return await connector.next_samples()
        except TimeoutError:
            return []
    assert isinstance(connector, PollingConnector)
    period = connector.scan_periods_ms[0]
    pause_s = connector.context.clock.real_seconds(period / 1000)
    await asyncio.sleep(min(pause_s, left_s))
    samples: list[Sample] = []
    for each in connector.scan_periods_ms:
        samples += (await connector.read(each)).samples
    return samples


def _endpoints(config: SourceConfig) -> list[tuple[str, int]]:
    """Host and port of the source; nothing for a source that is a file."""
    link = getattr(config, "link", None)
    if link is not None:
        return [(link.host, link.port)]
    endpoint = getattr(config, "endpoint", None)
    if endpoint is not None:
        parts = urlsplit(endpoint)
        return [(parts.hostname or "", parts.port or 4840)]
    return []


async def _look_up(host: str, port: int, steps: list[Step]) -> None:
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(CONNECT_TIMEOUT_S):
            found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (socket.gaierror, TimeoutError) as error:
        detail = f"the host name {host!r} is not known"
        raise Unavailable("host_not_found", detail, step="dns") from error
    steps.append(Step(name="dns", passed=True, detail=f"{host} is {found[0][4][0]}"))


async def _connect(host: str, port: int, steps: list[Step]) -> None:
    try:
        async with asyncio.timeout(CONNECT_TIMEOUT_S):
            _, writer = await asyncio.open_connection(host, port)
    except ConnectionRefusedError as error:
        detail = f"{host}:{port} refuses connections"
        raise Unavailable("connection_refused", detail) from error
    except (OSError, TimeoutError) as error:
        detail = f"{host}:{port} does not accept a connection"
        raise Unavailable("connect_timeout", detail) from error
    writer.close()
    await writer.wait_closed()
    steps.append(Step(name="connect", passed=True, detail=f"{host}:{port} accepts connections"))


def _judge(reading: Reading, count: int) -> list[Step]:
    bad = [sample for sample in reading.samples if sample.quality is Quality.BAD]
    addresses = [s for s in bad if s.reason and s.reason.startswith(_ADDRESS_REASONS)]
    values = [sample for sample in bad if sample not in addresses]
    steps = [_tags_step("address", addresses, f"all {count} tags answer")]
    if not addresses:
        steps.append(_tags_step("decode", values, f"all {count} tags have a value"))
    return steps


_ADDRESS_REASONS = (
    "illegal_",
    "Bad",
    "no_reply",
    "short_reply",
    "long_reply",
    "node_",
    "namespace_",
)


def _tags_step(name: str, bad: Sequence[Sample], fine: str) -> Step:
    if not bad:
        return Step(name=name, passed=True, detail=fine)
    named = ", ".join(f"{sample.tag} ({sample.reason})" for sample in bad[:10])
    more = f" and {len(bad) - 10} more" if len(bad) > 10 else ""
    return Step(name=name, passed=False, detail=named + more, advice=WHAT_TO_DO[name])

"""Reading and testing one source outside the edge: nothing is stored, nothing is sent."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from connectors.clock import monotonic_s, plant_clock
from connectors.runtime.report import ExceptionReport
from connectors.sdk.capabilities import Browsed, Browsing
from connectors.sdk.config import SourceConfig
from connectors.sdk.connector import Connector, ConnectorContext, PollingConnector, PushConnector
from connectors.sdk.errors import ConfigurationError, Unavailable
from connectors.sdk.messages import Reading, Sample
from connectors.sdk.registry import manifest_of
from connectors.sdk.steps import Step, StepResult

WHAT_TO_DO = {
    Step.CONFIGURATION: "correct the named field in the plant file",
    Step.NAME: "check the host name, or write the address in numbers",
    Step.PORT: "check address, port, cable and firewall, and that the device is switched on",
    Step.PROTOCOL: "check that the device really speaks this protocol on this port",
    Step.UNIT: "check the unit number and the wiring behind the gateway",
    Step.CERTIFICATE: "check security policy and mode, and trust the certificate on both sides",
    Step.SIGN_IN: "check user, password or certificate, and the rights of that user",
    Step.REGISTER: "check the address of the named tags",
    Step.VALUE: "check type, order, length, limits and bad_values of the named tags",
}


def make_connector(config: SourceConfig, folder: Path | None = None) -> Connector:
    """A connector that stands alone. Call it inside a running event loop.

    Args:
        folder: data directory of the edge with its keys and approvals; None keeps nothing.
    """
    context = ConnectorContext(clock=plant_clock(), folder=folder)
    return manifest_of(config.protocol).connector_class()(config, context)


async def read_source(
    config: SourceConfig,
    seconds: float,
    show: Callable[[Sample], None],
    folder: Path | None = None,
) -> None:
    """Read every tag once, then report changes for `seconds` of real time.

    Raises:
        ConnectorError: the source was not reached, or was lost.
    """
    connector = make_connector(config, folder)
    report = ExceptionReport(config.tag_list)
    end = monotonic_s() + seconds
    try:
        reading = await open_and_read(connector)
        for sample in report.accept(reading.samples):
            show(sample)
        while (left := end - monotonic_s()) > 0:
            samples = await next_samples(connector, left)
            for sample in report.accept(samples):
                show(sample)
    finally:
        await connector.close()


async def test_source(
    config: SourceConfig,
    folder: Path | None = None,  # noqa: PT028  # this is no test
) -> Sequence[StepResult]:
    """Go the way from name to value step by step; the failing step tells what is wrong, if any.

    Raises:
        ConnectorError: the connector cannot be made at all.
    """
    return await make_connector(config, folder).test()


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


async def open_and_read(connector: Connector) -> Reading:
    """Open a connector and read every tag once; it stays open.

    Raises:
        ConnectorError: it could not be opened or read within its own time limits.
    """
    await open_in_time(connector)
    return await read_in_time(connector)


async def open_in_time(connector: Connector) -> None:
    """Open a connector.

    Raises:
        ConnectorError: it could not be opened within its own time limit.
    """
    try:
        async with asyncio.timeout(connector.open_timeout_s):
            await connector.open()
    except TimeoutError as error:
        detail = f"no answer within {connector.open_timeout_s:g} s"
        raise Unavailable("open_timeout", detail, step=Step.PROTOCOL) from error


async def read_in_time(connector: Connector) -> Reading:
    """Read every tag of an open connector once.

    Raises:
        ConnectorError: it could not be read within its own time limit.
    """
    try:
        async with asyncio.timeout(connector.read_timeout_s):
            return await connector.read_all()
    except TimeoutError as error:
        detail = f"not all tags were read within {connector.read_timeout_s:g} s"
        raise Unavailable("read_timeout", detail, step=Step.REGISTER) from error


async def browse_in_time(connector: Connector, pattern: str, limit: int) -> Browsed:
    """Open a connector, ask what its source offers, and close it.

    Raises:
        ConnectorError: it could not be opened or browsed within its own time limits, or it
            cannot browse (`browse_not_possible`).
    """
    if not isinstance(connector, Browsing):
        detail = f"a source of {connector.source_config.protocol} cannot say what it offers"
        raise ConfigurationError("browse_not_possible", detail)
    try:
        await open_in_time(connector)
        async with asyncio.timeout(connector.browse_timeout_s):
            return await connector.browse(pattern, limit)
    except TimeoutError as error:
        detail = f"no end of browsing within {connector.browse_timeout_s:g} s; narrow the pattern"
        raise Unavailable("browse_timeout", detail, step=Step.REGISTER) from error
    finally:
        await connector.close()


async def next_samples(connector: Connector, left_s: float) -> Sequence[Sample]:
    """What an open connector brings next, after at most `left_s` real seconds.

    Raises:
        ConnectorError: the source was lost.
    """
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

"""Walks the steps from the name of a device to the values of its tags, up to the one that fails."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from connectors.sdk.errors import ConnectorError, Unavailable
from connectors.sdk.messages import Quality, Reading, Sample
from connectors.sdk.steps import Endpoint, Step, StepOutcome, StepResult

if TYPE_CHECKING:
    from connectors.sdk.connector import Connector

MOST_NAMED_TAGS = 10
CLOSE_S = 1.0
_FOUND = {
    Step.PROTOCOL: "the source answers",
    Step.UNIT: "the unit answers",
    Step.CERTIFICATE: "the certificates are accepted",
    Step.SIGN_IN: "the source lets us in",
}


async def walk(connector: Connector) -> list[StepResult]:
    """The result of every step that the connector can tell apart, in order."""
    found: dict[Step, str] = {}
    try:
        try:
            async with asyncio.timeout(connector.test_timeout_s):
                for endpoint in connector.source_config.endpoints:
                    found[Step.NAME] = await _look_up(endpoint)
                    found[Step.PORT] = await _reach(endpoint)
                await connector.open()
        except TimeoutError as error:
            step = next(s for s in connector.test_steps if s not in found)
            detail = f"no answer within {connector.test_timeout_s:g} s"
            raise Unavailable("no_answer", detail, step=step) from error
        reading = await _read(connector)
    except ConnectorError as error:
        return _up_to(connector, found, error)
    except Exception as error:  # noqa: BLE001  # code of others; a person is told, not stopped
        words = f"{type(error).__name__}: {error}"
        fault = Unavailable("connector_fault", words, step=Step.PROTOCOL)
        return _up_to(connector, found, fault)
    finally:
        await _close(connector)
    return _with_tags(connector, found, reading)


async def _close(connector: Connector) -> None:
    """Let go within `CLOSE_S`; what hangs then is ended with its task and spoils no answer."""
    with suppress(TimeoutError, ConnectorError):
        async with asyncio.timeout(CLOSE_S):
            await connector.close()


async def _look_up(endpoint: Endpoint) -> str:
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(endpoint.host, endpoint.port, type=socket.SOCK_STREAM)
    except (socket.gaierror, UnicodeError) as error:
        detail = f"the host name {endpoint.host!r} is not known"
        raise Unavailable("host_not_found", detail, step=Step.NAME) from error
    return f"{endpoint.host} is {found[0][4][0]}"


async def _reach(endpoint: Endpoint) -> str:
    host, port = endpoint
    try:
        _, writer = await asyncio.open_connection(host, port)
    except ConnectionRefusedError as error:
        raise Unavailable("connection_refused", f"{host}:{port} refuses connections") from error
    except OSError as error:
        detail = f"{host}:{port} cannot be reached: {error.strerror or type(error).__name__}"
        raise Unavailable("connect_failed", detail) from error
    writer.close()
    with suppress(OSError):  # it may hang up by a reset; that it accepted is what counts
        await writer.wait_closed()
    return f"{host}:{port} accepts connections"


async def _read(connector: Connector) -> Reading:
    try:
        async with asyncio.timeout(connector.read_timeout_s):
            return await connector.read_all()
    except TimeoutError as error:
        detail = f"not all tags were read within {connector.read_timeout_s:g} s"
        raise Unavailable("read_timeout", detail, step=Step.REGISTER) from error


def _up_to(connector: Connector, found: dict[Step, str], error: ConnectorError) -> list[StepResult]:
    steps = connector.test_steps
    if error.step not in steps:
        steps = (*(step for step in steps if step in found), error.step)
    position = steps.index(error.step)
    failed = StepResult(
        step=error.step, outcome=StepOutcome.FAILED, message=error.detail, code=error.code
    )
    later = [StepResult(step=s, outcome=StepOutcome.NOT_REACHED) for s in steps[position + 1 :]]
    return [*_passed(steps[:position], found), failed, *later]


def _with_tags(connector: Connector, found: dict[Step, str], reading: Reading) -> list[StepResult]:
    bad = [sample for sample in reading.samples if sample.quality is Quality.BAD]
    marks = connector.register_reasons
    registers = [s for s in bad if (s.reason or "").startswith(marks)] if marks else []
    values = [sample for sample in bad if sample not in registers]
    results = []
    for step in connector.test_steps:
        if step is Step.REGISTER:
            results.append(_tags(step, registers, "every tag has an address that answers"))
        elif step is Step.VALUE:
            results.append(_tags(step, values, "no tag has a value that cannot be used"))
        else:
            results += _passed((step,), found)
    return results


def _passed(steps: Sequence[Step], found: dict[Step, str]) -> list[StepResult]:
    return [
        StepResult(
            step=step, outcome=StepOutcome.PASSED, message=found.get(step) or _FOUND.get(step, "")
        )
        for step in steps
    ]


def _tags(step: Step, bad: Sequence[Sample], fine: str) -> StepResult:
    if not bad:
        return StepResult(step=step, outcome=StepOutcome.PASSED, message=fine)
    named = ", ".join(f"{sample.tag} ({sample.reason})" for sample in bad[:MOST_NAMED_TAGS])
    more = f" and {len(bad) - MOST_NAMED_TAGS} more" if len(bad) > MOST_NAMED_TAGS else ""
    return StepResult(
        step=step, outcome=StepOutcome.FAILED, message=named + more, code=bad[0].reason
    )

"""Silver: it survives losses, hangs and bad moments without a trace."""

from __future__ import annotations

import asyncio
import io
import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import structlog.testing

from connectors.clock import monotonic_s
from connectors.conformance.bench import Bench, Heart, Host, Leftovers
from connectors.sdk.connector import Connector
from connectors.sdk.errors import ConnectorError
from connectors.sdk.messages import LinkState, Quality
from connectors.sdk.steps import StepOutcome

CANCELLED_S = 1.0
BLOCKED_S = 0.05
TRIES = 3
CYCLES = 3
TEST_S = 3.5
ALIVE = {LinkState.UP}
LOST = {LinkState.BACKING_OFF, LinkState.REFUSED, LinkState.CONNECTING}


async def a_loss_is_noticed_and_values_flow_again_without_a_restart(bench: Bench) -> None:
    """Every tag turns bad in time, with a reason and without a number, and good afterwards."""
    rig = bench.rig
    async with bench.hosted() as host:
        await until_good(bench, host)
        await rig.stop()
        await host.until(LOST, rig.noticed_s)
        await until_bad(host)
        await rig.start()
        await host.until(ALIVE, rig.back_s)
        await until_good(bench, host)


async def nothing_is_left_behind(bench: Bench) -> None:
    """No task, thread or open file, after good days and after a loss."""
    connector = bench.connector()
    await once(bench, connector)
    leftovers = Leftovers()
    for _ in range(CYCLES):
        await once(bench, connector)
    await leftovers.none_are_left()
    await bench.rig.stop()
    leftovers = Leftovers()
    for _ in range(CYCLES):
        with suppress(ConnectorError):
            await connector.open()
        await connector.close()
    await leftovers.none_are_left()


async def the_event_loop_is_never_blocked(bench: Bench) -> None:
    """The best of some tries counts: a busy machine makes pauses of its own."""
    pauses = []
    for _ in range(TRIES):
        heart = Heart()
        connector = bench.connector()
        async with heart.beating():
            await connector.open()
        await bench.rig.speak()
        async with heart.beating():
            await bench.read(connector)
            await connector.close()
        pauses.append(heart.longest_s)
    assert min(pauses) <= BLOCKED_S, f"blocked for {min(pauses):.3f} s"


async def no_secret_appears_anywhere(bench: Bench) -> None:
    """Not in logs, errors, diagnostics or a printed configuration, well or ill."""
    secrets = list(bench.rig.secrets.values())
    with listening() as heard:
        connector = bench.connector()
        await once(bench, connector)
        heard.write(json.dumps(connector.diagnostics(), default=str))
        heard.write(repr(connector.source_config) + repr(connector.context))
        await bench.rig.stop()
        for result in await connector.test():
            heard.write(result.message)
        with suppress(ConnectorError):
            await connector.open()
        await connector.close()
    said = heard.getvalue()
    assert not [secret for secret in secrets if secret in said], "a secret was said"


async def a_connection_test_names_the_step_that_fails(bench: Bench) -> None:
    """All is well with the device, and one step fails without it, in time."""
    connector = bench.connector()
    async with bench.opened():
        results = await connector.test()
    assert {result.outcome for result in results} == {StepOutcome.PASSED}, results
    assert [result.step for result in results] == list(connector.test_steps)
    await bench.rig.stop()
    begin = monotonic_s()
    results = await connector.test()
    assert monotonic_s() - begin < max(TEST_S, connector.test_timeout_s + 1)
    failed = [result for result in results if result.outcome is StepOutcome.FAILED]
    assert len(failed) == 1
    assert failed[0].code
    assert failed[0].message


async def a_hang_is_contained_and_a_cancellation_ends_in_a_second(bench: Bench) -> None:
    """Whatever the device does not answer, the host gets its task back."""
    connector = bench.connector()
    await bench.open(connector)
    await bench.rig.freeze()
    try:
        reading = asyncio.create_task(bench.read(connector))
        await asyncio.wait([reading], timeout=0.2)
        begin = monotonic_s()
        reading.cancel()
        await asyncio.wait([reading], timeout=4 * CANCELLED_S)
        assert reading.done()
        assert monotonic_s() - begin < CANCELLED_S
        begin = monotonic_s()
        async with asyncio.timeout(4 * CANCELLED_S):
            await connector.close()
        with suppress(ConnectorError, TimeoutError):
            await bench.open(connector)
        assert monotonic_s() - begin < connector.open_timeout_s + 4 * CANCELLED_S
    finally:
        await bench.rig.thaw()
        await connector.close()


async def a_frozen_device_is_noticed_and_comes_back(bench: Bench) -> None:
    """Connections stand and nothing answers: that looks like a loss, not like success."""
    rig = bench.rig
    async with bench.hosted() as host:
        await until_good(bench, host)
        await rig.freeze()
        try:
            await host.until(LOST, rig.noticed_s)
            await until_bad(host)
        finally:
            await rig.thaw()
        await host.until(ALIVE, rig.back_s + rig.noticed_s)
        await until_good(bench, host)


async def once(bench: Bench, connector: Connector) -> None:
    """One short life: open, read, close."""
    await bench.open(connector)
    await bench.read(connector)
    await connector.close()


async def until_good(bench: Bench, host: Host) -> None:
    """Wait until the link is up and the newest record of every tag is good."""
    await host.until(ALIVE | {LinkState.DEGRADED}, bench.rig.back_s)
    await bench.rig.speak()
    tags = {tag.name for tag in bench.connector().source_config.tag_list}
    async with asyncio.timeout(bench.rig.back_s):
        while True:
            values = await host.last_values()
            if {t for t, (_, quality) in values.items() if quality == Quality.GOOD} == tags:
                return


async def until_bad(host: Host) -> None:
    """After a loss every tag is recorded as bad at once, without a number."""
    values = await host.last_values()
    assert {quality for _, quality in values.values()} == {Quality.BAD}, values
    assert {value for value, _ in values.values()} == {None}
    assert host.runner.status.reason


@contextmanager
def listening() -> Iterator[io.StringIO]:
    """Everything that is logged inside."""
    heard = io.StringIO()
    handler = logging.StreamHandler(heard)
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        with structlog.testing.capture_logs() as events:
            yield heard
        heard.write(repr(events))
    finally:
        root.removeHandler(handler)
        root.setLevel(level)


STORIES = (
    a_loss_is_noticed_and_values_flow_again_without_a_restart,
    nothing_is_left_behind,
    the_event_loop_is_never_blocked,
    no_secret_appears_anywhere,
    a_connection_test_names_the_step_that_fails,
)
FROZEN_STORIES = (
    a_hang_is_contained_and_a_cancellation_ends_in_a_second,
    a_frozen_device_is_noticed_and_comes_back,
)

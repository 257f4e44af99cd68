"""Measures how soon a fault is noticed, how soon data flow after it, and what was recorded."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from connectors.clock import monotonic_s
from connectors.sdk.messages import LinkState, Quality
from tests.connectors.faulty_link import Fault, faulty_link
from tests.connectors.support import until
from tests.peers.opcua_sources import Running, running, source

PATIENCE_S = 40.0


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultTimes:
    """One fault as it was seen.

    Attributes:
        noticed_s: real seconds until every value was bad.
        healed_s: real seconds from the end of the fault until good values came again.
        gaps: holes on record.
        counts: good values of a counter, in the order of their records.
    """

    noticed_s: float
    healed_s: float
    gaps: int
    counts: list[Any]


async def measure_fault(fault: Fault, port: int, folder: Path) -> FaultTimes:
    """Break the link to the server at `port`, wait until it is noticed, and heal it."""
    async with faulty_link(port) as link, running(source(link.port), folder) as run:
        await flows(run)
        assert run.gaps() == []
        begin = monotonic_s()
        link.break_with(fault)
        await until(lambda: run.last("Parts")[4] == Quality.BAD, PATIENCE_S)
        noticed = monotonic_s()
        link.heal()
        await flows(run)
        return FaultTimes(
            noticed_s=noticed - begin,
            healed_s=monotonic_s() - noticed,
            gaps=len(run.gaps()),
            counts=[value for value in run.values("Parts") if value is not None],
        )


async def flows(run: Running) -> None:
    """Wait until values of good quality come in."""
    count = len(run.values("Parts"))
    await until(
        lambda: (
            run.runner.status.state is LinkState.UP
            and len(run.values("Parts")) > count + 2
            and run.last("Parts")[4] == Quality.GOOD
        ),
        PATIENCE_S,
    )

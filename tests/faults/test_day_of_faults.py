"""A day of plant in half an hour, with a fault somewhere at almost any time.

Modbus TCP, RTU and RTU over TCP, OPC UA and MQTT. Every value that arrives as good is the value
that this very register had at that moment; all time in which nobody could look is a gap or bad; a
healthy device keeps its scans while others are sick; after a fault data flow again soon; and the
edge holds no more in the end than after its warm-up. `PROOF_SECONDS` shortens or lengthens the day;
the speed of the plant clock follows.
"""

from __future__ import annotations

import os
from fractions import Fraction
from pathlib import Path
from statistics import median

import pytest

from connectors.clock import monotonic_s
from tests.connectors.support import until
from tests.faults.connections import Span
from tests.faults.day import Day, Rig, rig
from tests.faults.day_judged import (
    BACK_S,
    SHARE_OF_SCANS,
    all_are_well,
    back_after_s,
    blind_times_are_unknown,
    no_value_is_wrong,
    nothing_has_grown,
    share_of_scans,
)
from tests.faults.watched_edge import told

DAY_S = 86_400
SECONDS = int(os.environ.get("PROOF_SECONDS", "1800"))
SPEED = Fraction(DAY_S, SECONDS)
SEED = 20
WELL_S = 45.0
LONGEST_BACK_S = 10.0
"""A refused register is asked again after 4 s; rests after late replies of a line grow."""


@pytest.mark.proof
async def test_a_day_of_faults_gives_no_wrong_value_and_leaves_nothing_behind(
    tmp_path: Path,
) -> None:
    async with rig(tmp_path, SPEED, min(60.0, SECONDS / 30)) as subject:
        await until(lambda: all_are_well(subject, 0.0), WELL_S)
        day = await Day(subject, SEED).pass_by(SECONDS)
        await until(lambda: all_are_well(subject, monotonic_s() - 2.0), WELL_S)
        subject.process.terminate()
        assert await subject.process.wait() == 0
    holdings = told(tmp_path)
    _say(*sorted(subject.done.items()), *holdings[:: len(holdings) // 6])
    shares = _judged_devices(subject, day)
    back = back_after_s(subject)
    _say(shares, *((what, len(all_s), median(all_s), max(all_s)) for what, all_s in back.items()))
    assert min(shares.values()) >= SHARE_OF_SCANS
    assert median(seconds for all_s in back.values() for seconds in all_s) <= BACK_S
    assert max(seconds for all_s in back.values() for seconds in all_s) <= LONGEST_BACK_S
    nothing_has_grown(holdings)


def _judged_devices(subject: Rig, day: Span) -> dict[str, float]:
    """Share of their scans that the devices kept while they were healthy, after all else held."""
    shares = {}
    for connection in subject.connections:
        for device in connection.devices:
            good = no_value_is_wrong(subject, device)
            assert good > SECONDS, device
            blind_times_are_unknown(subject, connection, device)
            share = share_of_scans(subject, connection, device, day)
            shares[f"{connection.kind} {device}"] = round(share, 4)
    return shares


def _say(*lines: object) -> None:
    print(*lines, sep="\n")  # noqa: T201  # figures of a long run

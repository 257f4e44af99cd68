"""The plant clock of a data folder: kept in a file, it never goes back. Standard library only."""

from __future__ import annotations

import json
import os
from fractions import Fraction
from pathlib import Path

from mes.clock import ENVIRONMENT_KEY, PlantClock, real_now_us
from mes.core.refusal import Refusal

FILE = "plant-clock.json"
KEEP_EVERY_S = 2.0
HOUR_US = 3_600_000_000
DAY_US = 24 * HOUR_US
AHEAD_LIMIT_H = 12
"""A fast clock starts so far back that it catches up with real time after this many hours."""
BACK_LIMIT_US = 30 * DAY_US


def begin(data: Path, speed: Fraction) -> PlantClock:
    """The clock of this start: real time at speed 1, the past when it is faster, never earlier
    than it once was. A clock handed down in `MES_CLOCK` is taken as it is.

    Raises:
        Refusal: `clock_goes_back`.
    """
    last = read(data)
    if os.environ.get(ENVIRONMENT_KEY):
        return _handed_down(data, last)
    now = real_now_us()
    if speed <= 1:
        start = now
    elif last is not None:
        start = last
    else:
        start = now - min(int((speed - 1) * AHEAD_LIMIT_H * HOUR_US), BACK_LIMIT_US)
    clock = PlantClock.starting_at(start if last is None else max(start, last), speed)
    keep(data, clock)
    return clock


def _handed_down(data: Path, last: int | None) -> PlantClock:
    clock = PlantClock.from_environment()
    if last is not None and clock.now_us() < last:
        raise Refusal(
            "clock_goes_back",
            f"{ENVIRONMENT_KEY} shows an earlier time than this data folder has seen",
        )
    keep(data, clock)
    return clock


def read(data: Path) -> int | None:
    """The latest plant time this folder has seen (us), None before its first start."""
    try:
        kept = json.loads((data / FILE).read_text(encoding="utf-8"))
        return int(kept["plant_us"])
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None


def keep(data: Path, clock: PlantClock) -> None:
    """Write down the present plant time; a power cut leaves the old or the new file."""
    part = data / f"{FILE}.part"
    with open(part, "w", encoding="utf-8") as handle:
        json.dump({"plant_us": clock.now_us(), "speed": str(clock.speed)}, handle)
        handle.flush()
        os.fsync(handle.fileno())
    part.replace(data / FILE)

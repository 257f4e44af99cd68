"""Small cases for tests: an hour from 08:00 in Korea, instants as minutes of it."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from mes.core.case import CaseError, parse_case
from mes.core.oee import compute

START = datetime(2026, 3, 2, 8, 0, tzinfo=timezone(timedelta(hours=9)))
MINUTE_US = 60_000_000
RUNNING_ALL_HOUR: list[list[object]] = [["2026-03-02T08:00:00+09:00", "running"]]


def at(minutes: float) -> str:
    """The instant so many minutes after 08:00."""
    return (START + timedelta(minutes=minutes)).isoformat()


def case(**fields: Any) -> dict[str, Any]:
    """A case of one hour that runs throughout and makes material A with a cycle of 6 s."""
    return {
        "schema": "oee-case/1",
        "window": [at(0), at(60)],
        "materials": {"A": {"ideal_cycle_s": 6}},
        "states": RUNNING_ALL_HOUR,
        **fields,
    }


def result(**fields: Any) -> dict[str, Any]:
    """The result of `case(**fields)` as JSON data."""
    return compute(parse_case(case(**fields))).to_json()


def minutes(**fields: Any) -> dict[str, float]:
    """Minutes of each class that is not zero, without the window."""
    times: dict[str, int] = result(**fields)["times_us"]
    return {key: us / MINUTE_US for key, us in times.items() if us and key != "window"}


def mistake(**fields: Any) -> CaseError:
    """The mistake that `case(**fields)` has."""
    with pytest.raises(CaseError) as caught:
        parse_case(case(**fields))
    return caught.value

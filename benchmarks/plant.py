"""The plant file of the load: one source and one work unit a device."""

from __future__ import annotations

import json
from collections.abc import Sequence

from benchmarks.tools import DEVICES, TAGS

SITE = "load"
COUNT_TAG = "t01"
STATE_TAG = f"t{TAGS - 1:02d}"
LINES = 5


def source(index: int, port: int) -> dict[str, object]:
    """The source of one device."""
    return {
        "id": f"plc-{index:02d}",
        "protocol": "modbus",
        "link": {"transport": "tcp", "host": "127.0.0.1", "port": port},
        "unit": 1,
        "scan_ms": 1000,
        "tags": [
            {"name": f"t{tag:02d}", "table": "holding", "address": 2 * tag, "type": "float32"}
            for tag in range(TAGS)
        ],
    }


def plant_file(ports: Sequence[int], lines: int = LINES) -> str:
    """The plant file as text; JSON is YAML."""
    units = [_work_unit(index) for index in range(len(ports))]
    document = {
        "schema": "plant/1",
        "site": {
            "id": SITE,
            "name": _named("Load"),
            "time_zone": "Asia/Seoul",
            "day_starts": "08:00",
        },
        "calendars": [
            {
                "id": "two-shift",
                "shifts": [
                    _shift("D", "08:00", "20:00", "12:00", "13:00"),
                    _shift("N", "20:00", "08:00", "00:00", "01:00"),
                ],
            }
        ],
        "reasons": [
            {"code": "meal", "name": _named("Meal"), "class": "break"},
            {"code": "setting", "name": _named("Setting"), "class": "setup"},
        ],
        "items": [{"code": "PART", "name": _named("Part"), "unit": "pcs"}],
        "sources": [source(index, port) for index, port in enumerate(ports)],
        "lines": [
            {
                "id": f"line-{number}",
                "name": _named(f"Line {number}"),
                "calendar": "two-shift",
                "work_units": units[number::lines],
            }
            for number in range(lines)
        ],
    }
    return json.dumps(document, indent=1)


def some_ports(count: int = DEVICES) -> list[int]:
    """Port numbers for a plant that nobody polls."""
    return list(range(20_000, 20_000 + count))


def _work_unit(index: int) -> dict[str, object]:
    plc = f"plc-{index:02d}"
    return {
        "id": f"unit-{index:02d}",
        "name": _named(f"Unit {index}"),
        "default_item": "PART",
        "ideal_cycle_s": {"PART": "0.9"},
        "signals": {
            "state": {
                "tag": f"{plc}/{STATE_TAG}",
                "map": {"1": "stopped", "2": "running", "3": "down"},
            },
            "total": {"tag": f"{plc}/{COUNT_TAG}", "counter": {"mode": "resettable"}},
        },
    }


def _shift(code: str, start: str, end: str, pause: str, until: str) -> dict[str, object]:
    return {
        "code": code,
        "name": _named(code),
        "start": start,
        "end": end,
        "breaks": [{"start": pause, "end": until, "reason": "meal"}],
    }


def _named(name: str) -> dict[str, str]:
    return {"ko": name, "en": name}

"""What people look at through an edge: raw registers in all orders, frames, a file for support."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict

from connectors.modbus.orders import in_all_orders
from connectors.runtime.diagnostics import describe
from connectors.runtime.source_check import iso_time, open_and_read
from connectors.sdk.connector import Connector
from connectors.sdk.errors import ConfigurationError
from connectors.sdk.frames import FrameLogging
from connectors.sdk.messages import Quality

REGISTERS_MAX = 64
FRAMES_MAX = 100
LARGEST_REGISTER = 0xFFFF

Document = Mapping[str, object]
RunningSource = Callable[[str], Connector | None]
MakeConnector = Callable[[Document], Awaitable[Connector]]


async def registers(make: MakeConnector, arguments: Document) -> Document:
    """`{source, table, address, count, display}` -> `{registers, readings}`.

    `registers` are [address, value or null, reason]; `readings` are all ways of reading one, two
    and four of them, from each address on.

    Raises:
        ConnectorError: the device was not reached, or the source is none with registers.
    """
    source, table = arguments.get("source"), arguments.get("table", "holding")
    first, count = _whole(arguments, "address", 0), _whole(arguments, "count", 4)
    display = arguments.get("display")
    if not isinstance(source, dict) or source.get("protocol") != "modbus":
        raise ConfigurationError("registers_not_possible", "only a Modbus source has registers")
    if table not in ("holding", "input") or not 1 <= count <= REGISTERS_MAX:
        detail = f"`table` must be holding or input, `count` 1 to {REGISTERS_MAX}"
        raise ConfigurationError("request_malformed", detail)
    last = min(first + count - 1, LARGEST_REGISTER)
    tags = [
        {"name": str(address), "table": table, "address": address, "type": "uint16"}
        for address in range(first, last + 1)
    ]
    plain = {name: value for name, value in source.items() if name not in ("tags", "readable")}
    connector = await make({**plain, "tags": tags})
    try:
        reading = await open_and_read(connector)
    finally:
        await connector.close()
    found = {
        int(sample.tag): (sample.value if sample.quality is Quality.GOOD else None, sample.reason)
        for sample in reading.samples
    }
    return {
        "registers": [[address, *found.get(address, (None, "not_read"))] for address in found],
        "readings": [
            {
                "address": address,
                "count": width,
                "candidates": [
                    asdict(each)
                    for each in in_all_orders(
                        words, float(display) if isinstance(display, int | float) else None
                    )
                ],
            }
            for width in (1, 2, 4)
            for address in found
            if (words := _words(found, address, width)) is not None
        ],
    }


async def frames(running: RunningSource, arguments: Document) -> Document:
    """`{source, after}` -> `{frames, lost}`: what went over the connection of a running source.

    The first call begins the recording; it ends by itself when nobody asks any more.

    Raises:
        ConfigurationError: `source_not_running` or `frames_not_possible`.
    """
    connector = _running(running, arguments)
    if not isinstance(connector, FrameLogging):
        detail = f"frames of {connector.source_config.protocol} cannot be shown"
        raise ConfigurationError("frames_not_possible", detail)
    log = connector.frame_log
    if log is None:
        return {"frames": [], "lost": 0}
    log.watch()
    found, lost = log.after(_whole(arguments, "after", 0), FRAMES_MAX)
    return {
        "frames": [
            {
                "seq": frame.seq,
                "at": iso_time(frame.at),
                "direction": frame.direction,
                "hex": frame.data.hex(" "),
                "size": frame.size,
            }
            for frame in found
        ],
        "lost": lost,
    }


async def diagnose(running: RunningSource, arguments: Document) -> Document:
    """`{source}` -> a file for support about a running source, without secrets.

    Raises:
        ConfigurationError: `source_not_running`.
    """
    plain: Document = json.loads(json.dumps(describe(_running(running, arguments)), default=str))
    return plain


def _running(running: RunningSource, arguments: Document) -> Connector:
    source = arguments.get("source")
    connector = running(source) if isinstance(source, str) else None
    if connector is None:
        raise ConfigurationError("source_not_running", f"{source!r} does not run on this edge")
    return connector


def _whole(arguments: Document, name: str, default: int) -> int:
    value = arguments.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= 2**53:
        raise ConfigurationError("request_malformed", f"`{name}` must be a whole number from 0")
    return value


def _words(
    found: Mapping[int, tuple[object, str | None]], first: int, count: int
) -> list[int] | None:
    """The registers from `first` on; None when one of them is not known."""
    values = [found.get(address, (None, None))[0] for address in range(first, first + count)]
    return [int(str(v)) for v in values] if all(v is not None for v in values) else None

"""What people look at through an edge: words in all orders, frames, a file for support."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict

from connectors.runtime.diagnostics import describe
from connectors.runtime.source_check import iso_time, open_and_read
from connectors.sdk.capabilities import FrameLogging, RegisterViewing
from connectors.sdk.connector import Connector
from connectors.sdk.errors import ConfigurationError
from connectors.sdk.frames import Frame
from connectors.sdk.messages import Quality, Sample
from connectors.sdk.registry import manifest_of

REGISTERS_MAX = 64
FRAMES_MAX = 100
LARGEST_WORD = 0xFFFF

Document = Mapping[str, object]
RunningSource = Callable[[str], Connector | None]
MakeConnector = Callable[[Document], Awaitable[Connector]]


async def registers(make: MakeConnector, arguments: Document) -> Document:
    """`{source, table, address, count, display}` -> `{registers, readings}`.

    `registers` are [address, value or null, reason, address as manuals write it]; `readings` are
    all ways of reading as many of them as one value may take, from each address on, each with the
    `tag` that reads them so.

    Raises:
        ConnectorError: the device was not reached, or the source is none with registers.
    """
    source, table = arguments.get("source"), arguments.get("table", "holding")
    first, count = _whole(arguments, "address", 0), _whole(arguments, "count", 4)
    display = arguments.get("display")
    if not isinstance(source, dict) or not isinstance(table, str):
        raise ConfigurationError("request_malformed", "`source` and `table` are needed")
    if not 1 <= count <= REGISTERS_MAX:
        raise ConfigurationError("request_malformed", f"`count` must be 1 to {REGISTERS_MAX}")
    viewing = await asyncio.to_thread(register_viewing, source.get("protocol"))
    connector = await make(viewing.register_source(source, table, first, count))
    try:
        reading = await open_and_read(connector)
    finally:
        await connector.close()
    words = {int(sample.tag): _word(sample) for sample in reading.samples}
    shown = float(display) if isinstance(display, int | float) else None
    return {
        "registers": [
            [
                int(sample.tag),
                _word(sample),
                sample.reason if _word(sample) is None else None,
                viewing.register_label(table, int(sample.tag)),
            ]
            for sample in reading.samples
        ],
        "readings": [
            {
                "address": address,
                "count": width,
                "candidates": [
                    {
                        **asdict(each),
                        "tag": dict(viewing.register_tag(source, table, address, each)),
                    }
                    for each in viewing.candidates(found, shown)
                ],
            }
            for width in viewing.register_widths
            for address in words
            if (found := _row(words, address, width)) is not None
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
        "frames": [as_document(frame) for frame in found],
        "lost": lost,
    }


def as_document(frame: Frame) -> Document:
    """A frame for a page or a program; `text` is null where the bytes say all."""
    return {
        "seq": frame.seq,
        "at": iso_time(frame.at),
        "direction": frame.direction,
        "hex": frame.data.hex(" "),
        "size": frame.size,
        "text": frame.text,
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


def register_viewing(protocol: object) -> type[RegisterViewing]:
    """The connector of a protocol, when its devices have registers.

    Raises:
        ConfigurationError: `registers_not_possible`, or the protocol is not known.
    """
    connector = manifest_of(str(protocol)).connector_class()
    if not issubclass(connector, RegisterViewing):
        detail = f"a source of {protocol} has no registers to look at"
        raise ConfigurationError("registers_not_possible", detail, field="protocol")
    return connector


def _word(sample: Sample) -> int | None:
    """The word that a sample brings; None when it brings none."""
    value = sample.value
    if sample.quality is not Quality.GOOD or isinstance(value, bool) or not isinstance(value, int):
        return None
    return value if 0 <= value <= LARGEST_WORD else None


def _row(words: Mapping[int, int | None], first: int, count: int) -> list[int] | None:
    """The words from `first` on; None when one of them is not known."""
    found = [words.get(address) for address in range(first, first + count)]
    known = [word for word in found if word is not None]
    return known if len(known) == count else None

"""`mes source frames`: what goes over the connection of a source, frame by frame."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path

import click

from connectors.clock import monotonic_s
from connectors.runtime.looking import as_document
from connectors.runtime.plant_source import find_source
from connectors.runtime.source_check import (
    make_connector,
    next_samples,
    open_in_time,
    read_in_time,
)
from connectors.sdk.capabilities import FrameLogging
from connectors.sdk.config import SourceConfig
from connectors.sdk.connector import Connector
from connectors.sdk.errors import ConfigurationError, ConnectorError
from connectors.sdk.frames import FRAMES_MAX, Frame
from connectors.sdk.registry import manifest_of

LOOK_S = 0.1


@click.command("frames")
@click.argument("plant", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("source")
@click.option("--for", "seconds", type=click.FloatRange(min=0), default=2.0, help="Real seconds.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@click.option(
    "--data",
    type=click.Path(file_okay=False, path_type=Path),
    help="Data directory of the edge, with its keys and approved certificates.",
)
def frames_command(
    plant: Path, source: str, seconds: float, as_json: bool, data: Path | None
) -> None:
    """Read SOURCE of PLANT and show its frames: bytes, or what they were, without secrets."""

    def show(frame: Frame) -> None:
        found = as_document(frame)
        click.echo(json.dumps(found, ensure_ascii=False) if as_json else _line(frame))

    try:
        asyncio.run(_watch(find_source(plant, source), seconds, show, data))
    except ConnectorError as error:
        raise click.ClickException(f"{error.code}: {error.detail}") from error


async def _watch(
    config: SourceConfig, seconds: float, show: Callable[[Frame], None], folder: Path | None
) -> None:
    if not issubclass(manifest_of(config.protocol).connector_class(), FrameLogging):
        detail = f"frames of {config.protocol} cannot be shown"
        raise ConfigurationError("frames_not_possible", detail)
    connector = make_connector(config, folder)
    assert isinstance(connector, FrameLogging)
    reading = asyncio.create_task(_read(connector, seconds))
    seen = 0
    is_over = False
    while not is_over:
        await asyncio.wait([reading], timeout=LOOK_S)
        is_over = reading.done()
        log = connector.frame_log
        for frame in () if log is None else log.after(seen, FRAMES_MAX)[0]:
            seen = frame.seq
            show(frame)
    await reading


async def _read(connector: Connector, seconds: float) -> None:
    """Read for a while; the connection stays open so that its last frames can be shown."""
    end = monotonic_s() + seconds
    try:
        _begin(connector)
        await open_in_time(connector)
        _begin(connector)
        await read_in_time(connector)
        while (left_s := end - monotonic_s()) > 0:
            _begin(connector)
            await next_samples(connector, left_s)
        await asyncio.sleep(LOOK_S)
    finally:
        await connector.close()


def _begin(connector: Connector) -> None:
    """Record, as far as there is a connection already."""
    log = connector.frame_log if isinstance(connector, FrameLogging) else None
    if log is not None:
        log.watch()


def _line(frame: Frame) -> str:
    at = as_document(frame)["at"]
    size = "" if frame.size is None else f"{frame.size} bytes  "
    return f"{at}  {frame.direction:8}  {size}{frame.text or frame.data.hex(' ')}"

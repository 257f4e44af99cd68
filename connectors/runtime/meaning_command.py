"""`mes source meaning`: what the tags of a source read now, and what that means for a work unit."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import click

from connectors.runtime.plant_source import find_source, signals_of_units
from connectors.runtime.source_check import make_connector, open_and_read
from connectors.sdk.config import SourceConfig
from connectors.sdk.errors import ConnectorError
from connectors.sdk.messages import Quality, Sample

LAMP_STATES = {True: "running", False: "stopped"}


@click.command("meaning")
@click.argument("plant", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("source")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@click.option(
    "--data",
    type=click.Path(file_okay=False, path_type=Path),
    help="Data directory of the edge, with its keys and approved certificates.",
)
def meaning_command(plant: Path, source: str, as_json: bool, data: Path | None) -> None:
    """Read SOURCE of PLANT once and show each signal before and after its mapping."""
    try:
        signals = signals_of_units(plant)
        samples = asyncio.run(_samples(find_source(plant, source), data))
    except ConnectorError as error:
        raise click.ClickException(f"{error.code}: {error.detail}") from error
    for row in _rows(source, signals, samples):
        click.echo(json.dumps(row, ensure_ascii=False) if as_json else _line(row))


async def _samples(config: SourceConfig, folder: Path | None) -> dict[str, Sample]:
    connector = make_connector(config, folder)
    try:
        reading = await open_and_read(connector)
    finally:
        await connector.close()
    return {sample.tag: sample for sample in reading.samples}


def _rows(
    source: str, signals: Mapping[str, Mapping[str, Any]], samples: Mapping[str, Sample]
) -> Iterator[dict[str, object]]:
    for unit, roles in signals.items():
        for role, signal in roles.items():
            path = str(signal.get("tag") or signal.get("lamp") or "") if signal else ""
            of, _, tag = path.partition("/")
            sample = samples.get(tag)
            if of != source or sample is None:
                continue
            yield {
                "work_unit": unit,
                "signal": role,
                "tag": path,
                "before": sample.value,
                "quality": sample.quality.name.lower(),
                "reason": sample.reason,
                "after": _after(signal, sample),
            }


def _after(signal: Mapping[str, Any], sample: Sample) -> object:
    """What the MES makes of a reading; None: unknown, as a bad or unmapped value is."""
    value = sample.value
    if sample.quality is Quality.BAD:
        return None
    if "lamp" in signal:
        return LAMP_STATES.get(bool(value))
    table = signal.get("map")
    if isinstance(table, Mapping):
        plain = int(value) if isinstance(value, bool) else value
        return {str(key): word for key, word in table.items()}.get(str(plain))
    return value


def _line(row: Mapping[str, object]) -> str:
    after = "unknown" if row["after"] is None else row["after"]
    why = f" ({row['reason']})" if row["reason"] else ""
    return f"{row['work_unit']}  {row['signal']}  {row['tag']}  {row['before']}{why} -> {after}"

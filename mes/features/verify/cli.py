"""`mes simulate verify`: does the MES tell what happened, also when things go wrong?"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path

import click
from click.core import ParameterSource

from mes.features.verify.differences import Verdict, Wire
from mes.features.verify.live import verify_live
from mes.features.verify.live_faults import LIVE_KINDS
from mes.features.verify.mishaps import HOUR_US, MINUTE_US, PAST_KINDS, MishapKind, scatter
from mes.features.verify.replay import verify_past
from mes.features.verify.report import as_data, as_text
from mes.features.verify.roster import SEOUL

DAY_US = 24 * HOUR_US
BEGIN = datetime(2026, 3, 2, 8, 0, tzinfo=SEOUL)
"""A Monday at the beginning of its first shift."""
DAYS_MAX = 62
SEEDS_MAX = 20
PER_WEEK_MAX = 20
MINUTES_MAX = 7 * 24 * 60
SPEED_MAX = 60
REAL_MINUTES_MIN = 0.75
"""A shorter run has no room for a fault and for what follows it."""
NO_FAULT = "none"
FAULTS = sorted(PAST_KINDS | LIVE_KINDS)
OF_WIRE = {
    Wire.REPLAY: frozenset({"days", "per_week"}),
    Wire.LIVE: frozenset({"minutes", "speed"}),
}
"""Options that only one of the wires knows."""


@click.command()
@click.option(
    "--data",
    type=click.Path(file_okay=False, path_type=Path),
    required=True,
    help="New folder; everything is kept there, a folder a seed.",
)
@click.option(
    "--wire",
    type=click.Choice([one.value for one in Wire]),
    default=Wire.REPLAY.value,
    show_default=True,
    help="replay: past days through ingest; live: web and edge run and read the simulators.",
)
@click.option(
    "--days",
    type=click.IntRange(2, DAYS_MAX),
    default=31,
    show_default=True,
    help="Past days (replay).",
)
@click.option(
    "--minutes",
    type=click.IntRange(1, MINUTES_MAX),
    default=30,
    show_default=True,
    help="Plant time (live); MINUTES / SPEED real minutes.",
)
@click.option(
    "--speed",
    type=click.IntRange(1, SPEED_MAX),
    default=20,
    show_default=True,
    help="Of the plant clock (live).",
)
@click.option("--seed", "seeds", type=int, multiple=True, default=(7,), show_default=True)
@click.option(
    "--fault",
    "kinds",
    type=click.Choice([*(kind.value for kind in FAULTS), NO_FAULT]),
    multiple=True,
    help="Only these kinds; several times for several. Default: all that the wire can have.",
)
@click.option(
    "--per-week",
    type=click.IntRange(1, PER_WEEK_MAX),
    default=2,
    show_default=True,
    help="How many of each kind strike each source in a week (replay).",
)
@click.option("--all", "whole", is_flag=True, help="Print figures that agree, too.")
@click.option("--json", "as_json", is_flag=True)
@click.pass_context
def verify(
    context: click.Context,
    data: Path,
    wire: str,
    days: int,
    minutes: int,
    speed: int,
    seeds: tuple[int, ...],
    kinds: tuple[str, ...],
    per_week: int,
    whole: bool,
    as_json: bool,
) -> None:
    """Compare the MES with the journal of the simulators while everything goes wrong.

    \b
    replay: the demo plant works through DAYS, its signals arrive as the faults
            leave them, through the same ingest as those of a running edge.
    live:   the demo plant works for MINUTES and is read over Modbus TCP and
            OPC UA by an edge, which is killed now and then, as is the web process.

    Exit 1 when the MES tells anything else than could be known.
    """
    chosen = Wire(wire)
    _check(context, chosen, data, seeds)
    wanted = _wanted(chosen, kinds)
    if chosen is Wire.LIVE:
        if minutes / speed < REAL_MINUTES_MIN:
            raise click.UsageError(f"--minutes has to be {REAL_MINUTES_MIN:g} x --speed at least")
        verdicts = _live(data, seeds, minutes, speed, wanted)
    else:
        verdicts = _past(data, seeds, days, per_week, wanted)
    told = []
    for verdict in verdicts:
        told.append(verdict)
        if not as_json:
            click.echo(as_text(verdict, whole=whole))
    if as_json:
        click.echo(json.dumps([as_data(verdict) for verdict in told], ensure_ascii=False))
    sys.exit(1 if any(verdict.unexplained for verdict in told) else 0)


def _check(context: click.Context, wire: Wire, data: Path, seeds: Sequence[int]) -> None:
    if len(seeds) > SEEDS_MAX:
        raise click.UsageError(f"at most {SEEDS_MAX} seeds")
    if data.exists() and any(data.iterdir()):
        raise click.UsageError(f"{data} is not empty; name a new folder")
    for other, names in OF_WIRE.items():
        for name in sorted(names):
            given = context.get_parameter_source(name) is not ParameterSource.DEFAULT
            if other is not wire and given:
                option = name.replace("_", "-")
                raise click.UsageError(f"--{option} goes with --wire {other}, not with {wire}")


def _wanted(wire: Wire, kinds: Sequence[str]) -> list[MishapKind] | None:
    """The kinds of fault that were asked for; None: all."""
    if not kinds:
        return None
    wanted = [MishapKind(kind) for kind in kinds if kind != NO_FAULT]
    possible = LIVE_KINDS if wire is Wire.LIVE else PAST_KINDS
    for kind in wanted:
        if kind not in possible:
            raise click.UsageError(
                f"--fault {kind} cannot be had with --wire {wire}; "
                f"there are {', '.join(sorted(possible))}"
            )
    return wanted


def _past(
    data: Path, seeds: Sequence[int], days: int, per_week: int, kinds: list[MishapKind] | None
) -> Iterator[Verdict]:
    start = int(BEGIN.timestamp()) * 1_000_000
    end = start + days * DAY_US
    for seed in dict.fromkeys(seeds):
        mishaps = scatter(seed, start, end, per_week=per_week, kinds=kinds)
        folder = data / f"seed-{seed}"
        yield verify_past(folder, seed=seed, start=start, end=end, mishaps=mishaps)


def _live(
    data: Path, seeds: Sequence[int], minutes: int, speed: int, kinds: list[MishapKind] | None
) -> Iterator[Verdict]:
    for seed in dict.fromkeys(seeds):
        yield verify_live(
            data / f"seed-{seed}",
            seed=seed,
            plant_us=minutes * MINUTE_US,
            speed=speed,
            kinds=kinds,
        )

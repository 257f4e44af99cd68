"""`mes simulate verify`: does the MES tell what happened, also when things go wrong?"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import click

from mes.core.instants import format_instant
from mes.features.verify.mishaps import HOUR_US, Mishap, MishapKind, scatter
from mes.features.verify.replay import Difference, Verdict, verify_past

DAY_US = 24 * HOUR_US
BEGIN = datetime(2026, 3, 2, 8, 0, tzinfo=ZoneInfo("Asia/Seoul"))
"""A Monday at the beginning of its first shift."""
DAYS_MAX = 62
SEEDS_MAX = 20
PER_WEEK_MAX = 20


@click.command()
@click.option(
    "--data",
    type=click.Path(file_okay=False, path_type=Path),
    required=True,
    help="New folder; everything is kept there, a folder a seed.",
)
@click.option("--days", type=click.IntRange(2, DAYS_MAX), default=31, show_default=True)
@click.option("--seed", "seeds", type=int, multiple=True, default=(7,), show_default=True)
@click.option(
    "--fault",
    "kinds",
    type=click.Choice([*MishapKind, "none"]),
    multiple=True,
    help="Only these kinds; several times for several. Default: all.",
)
@click.option(
    "--per-week",
    type=click.IntRange(1, PER_WEEK_MAX),
    default=2,
    show_default=True,
    help="How many of each kind strike each source in a week.",
)
@click.option("--all", "whole", is_flag=True, help="Print figures that agree, too.")
@click.option("--json", "as_json", is_flag=True)
def verify(
    data: Path,
    days: int,
    seeds: tuple[int, ...],
    kinds: tuple[str, ...],
    per_week: int,
    whole: bool,
    as_json: bool,
) -> None:
    """Compare the MES with the journal of the simulators over past days full of faults.

    The demo plant works through DAYS, its signals arrive as the faults leave them, through the same
    ingest as those of a running edge. Exit 1 when the MES tells anything else than could be known.
    """
    if len(seeds) > SEEDS_MAX:
        raise click.UsageError(f"at most {SEEDS_MAX} seeds")
    if data.exists() and any(data.iterdir()):
        raise click.UsageError(f"{data} is not empty; name a new folder")
    wanted = None if not kinds else [MishapKind(kind) for kind in kinds if kind != "none"]
    start = int(BEGIN.timestamp()) * 1_000_000
    end = start + days * DAY_US
    verdicts = []
    for seed in dict.fromkeys(seeds):
        mishaps = scatter(seed, start, end, per_week=per_week, kinds=wanted)
        verdict = verify_past(
            data / f"seed-{seed}", seed=seed, start=start, end=end, mishaps=mishaps
        )
        verdicts.append(verdict)
        if not as_json:
            click.echo(as_text(verdict, whole=whole))
    if as_json:
        click.echo(json.dumps([as_data(verdict) for verdict in verdicts], ensure_ascii=False))
    sys.exit(1 if any(verdict.unexplained for verdict in verdicts) else 0)


def as_text(verdict: Verdict, *, whole: bool) -> str:
    """The faults, and the figures that differ from what happened, each with its reason."""
    lines = [f"seed {verdict.seed}: {verdict.readings} readings, {len(verdict.mishaps)} faults"]
    lines += [f"  {_fault(one)}" for one in verdict.mishaps]
    lines += [f"  noticed: {count} {what}" for what, count in verdict.noted.items() if count]
    lines.append(
        f"{'unit':<10} {'figure':<20} {'happened':>14} {'knowable':>14} {'MES':>14}  because of"
    )
    shown = [one for one in verdict.differences if whole or one.why or not one.agrees]
    lines += [_row(one) for one in shown]
    agreed = len(verdict.differences) - len(verdict.unexplained)
    lines.append(
        f"{agreed} of {len(verdict.differences)} figures are what could be known, "
        f"{len(verdict.unexplained)} are not; {verdict.seconds:.0f} s"
    )
    return "\n".join(lines)


def as_data(verdict: Verdict) -> dict[str, object]:
    """The same as JSON data; instants are ISO 8601 in UTC."""
    return {
        "seed": verdict.seed,
        "readings": verdict.readings,
        "seconds": round(verdict.seconds, 1),
        "faults": [
            {
                "kind": one.kind.value,
                "source": one.source,
                "start": format_instant(one.start),
                "end": format_instant(one.end),
            }
            for one in verdict.mishaps
        ],
        "noticed": verdict.noted,
        "figures": [_figure(one) for one in verdict.differences],
        "unexplained": len(verdict.unexplained),
    }


def _figure(one: Difference) -> dict[str, object]:
    return {
        "unit": one.unit,
        "figure": one.figure,
        "happened": one.happened,
        "knowable": one.knowable,
        "mes": one.told,
        "allowed": one.allowed,
        "because_of": one.why,
        "agrees": one.agrees,
    }


def _fault(one: Mishap) -> str:
    begun = datetime.fromtimestamp(one.start / 1e6, UTC).astimezone(BEGIN.tzinfo)
    lasted = (one.end - one.start) / 60e6
    return f"{begun:%m-%d %H:%M:%S} {one.kind.value} of {one.source}, {lasted:.1f} min"


def _row(one: Difference) -> str:
    values: Sequence[float] = (one.happened, one.knowable, one.told)
    numbers = " ".join(f"{value:>14.6f}".rstrip("0").rstrip(".").rjust(14) for value in values)
    mark = "" if one.agrees else "  <-- differs"
    return f"{one.unit:<10} {one.figure:<20} {numbers}  {one.why}{mark}"

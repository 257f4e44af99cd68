"""`mes rebuild`: make the projections again from the facts and prove them equal."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path

import click

from mes import clock
from mes.core.refusal import Refusal
from mes.features.ingest.rebuild import rebuild as rebuild_projections
from mes.features.production.master_loading import masters
from mes.features.publishing.settling import differing as differing_figures
from mes.features.storage.opening import opened


@click.command()
@click.option(
    "--data", type=click.Path(file_okay=False, exists=True, path_type=Path), required=True
)
@click.option("--check", is_flag=True, help="Change nothing, only compare.")
@click.option("--work-unit", "codes", multiple=True, help="Only this work unit.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def rebuild(data: Path, check: bool, codes: tuple[str, ...], as_json: bool) -> None:
    """Make states, runs, quantities and sums again from the facts.

    Exit status 1 when they differ from what was kept. Published figures are never changed; those
    that the facts no longer give are listed.
    """
    with opened(data) as database:
        with database.reading() as session:
            unknown = sorted(set(codes) - set(masters(session).work_unit_ids))
        if unknown:
            raise Refusal("unknown_work_unit", f"no work unit {', '.join(unknown)}", status=404)
        found = rebuild_projections(
            database, clock.plant_now_us(), check=check, codes=codes or None
        )
        with database.reading() as session:
            differing = differing_figures(session, clock.plant_now_us(), codes or None)
    if as_json:
        click.echo(json.dumps({**asdict(found), "published_differing": differing}))
    else:
        for one in found.differences:
            click.echo(f"{one.work_unit} {one.projection}: only {one.side}: {one.row}")
        verdict = "equal" if found.count == 0 else f"{found.count} differences"
        click.echo(f"{found.work_units} work units, {found.rows} rows rebuilt: {verdict}")
        for name in differing:
            click.echo(f"published figure no longer equal to the facts: {name}")
    if found.count:
        sys.exit(1)

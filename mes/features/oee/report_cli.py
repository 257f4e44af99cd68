"""`mes report`: figures of a plant as text or JSON, and the case files behind them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path

import click

from mes.clock import plant_now_us
from mes.core.case import case_to_json
from mes.core.oee import compute
from mes.features.oee.case_text import result_text
from mes.features.oee.periods import PeriodKind
from mes.features.oee.places import Level, LineRule
from mes.features.oee.queries import unit_at, unit_by_code
from mes.features.oee.rollup_answer import Answer, Request, answer
from mes.features.oee.rollup_csv import csv_text
from mes.features.oee.rollup_query import Group
from mes.features.oee.service import unit_case
from mes.features.oee.windows import policy_argument, window_of
from mes.features.production.master_loading import masters
from mes.features.publishing.standing import figure_standing
from mes.features.storage.opening import opened

OPTIONS = ("from", "to", "day", "shift", "policy")


def _of(values: Iterable[StrEnum]) -> click.Choice[str]:
    return click.Choice([one.value for one in values])


@click.group()
def report() -> None:
    """Print a report of a plant."""


@report.command("oee")
@click.option("--data", type=click.Path(file_okay=False, path_type=Path), required=True)
@click.option("--work-unit", "codes", multiple=True, help="Default: all; may be repeated.")
@click.option("--from", "start", help="ISO 8601 with offset; default: the current shift.")
@click.option("--to", "end", help="ISO 8601 with offset; default: now.")
@click.option("--day", help="Production day YYYY-MM-DD instead of --from and --to.")
@click.option("--shift", help="Shift code of that day.")
@click.option("--policy", help="KPI profile; default: the site's.")
@click.option("--json", "as_json", is_flag=True, help="One result a line, with its case file.")
@click.option("--level", type=_of(Level), help="Roll-up: default machine.")
@click.option("--id", "place", help="Roll-up: code of one place of the level; default: all.")
@click.option("--period", type=_of(PeriodKind), help="Roll-up: default day.")
@click.option("--group", type=_of(Group), help="Roll-up: by item, order, ...")
@click.option(
    "--rule",
    type=_of(LineRule),
    help="Roll-up: instead of the line's.",
)
def oee_command(
    data: Path,
    codes: tuple[str, ...],
    start: str | None,
    end: str | None,
    day: str | None,
    shift: str | None,
    policy: str | None,
    as_json: bool,
    level: str | None,
    place: str | None,
    period: str | None,
    group: str | None,
    rule: str | None,
) -> None:
    """OEE of work units over a shift, a day or any window.

    With --level, --period or --group it is a roll-up of whole periods as CSV, or with --json one
    figure a line; --from and --to are then production days (YYYY-MM-DD), both included.
    """
    given = dict(zip(OPTIONS, (start, end, day, shift, policy), strict=True))
    arguments = {name: value for name, value in given.items() if value is not None}
    with opened(data) as database, database.reading() as session:
        known = masters(session)
        if level or period or group:
            request = Request(
                level=Level(level or Level.MACHINE),
                id=place or next(iter(codes), None),
                period=PeriodKind(period or PeriodKind.DAY),
                first=start or day,
                last=end or day,
                group=Group(group or Group.NONE),
                policy=policy_argument(arguments, known),
                rule=None if rule is None else LineRule(rule),
                short=not as_json,
            )
            _print(answer(session, request, plant_now_us()), as_json=as_json)
            return
        wanted = [unit_by_code(known, code) for code in codes] or list(known.work_units.values())
        for unit in wanted:
            at = unit_at(session, unit.code, plant_now_us())
            window = window_of(arguments, unit.plan, at.as_of)
            case = unit_case(session, at, window, policy=policy_argument(arguments, known))
            result = compute(case)
            standing = figure_standing(session, at, window, result)
            if as_json:
                printed = {
                    "work_unit": unit.code,
                    **result.to_json(),
                    "publication": standing.to_json(),
                    "case_file": case_to_json(case),
                }
                click.echo(json.dumps(printed, ensure_ascii=False))
            else:
                click.echo(result_text(unit.code, case, result))
                click.echo(f"  {'state':<28} {standing.text}\n")


def _print(found: Answer, *, as_json: bool) -> None:
    if not as_json:
        click.echo(csv_text(found), nl=False)
        return
    for item in found.items:
        click.echo(json.dumps(item, ensure_ascii=False))

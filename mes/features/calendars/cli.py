"""`mes calendar list|days|holidays`."""

from __future__ import annotations

import getpass
import json
import uuid
from pathlib import Path
from typing import Any

import click
from sqlalchemy.orm import Session

from mes.clock import plant_now_us
from mes.core.refusal import Refusal
from mes.features.calendars import queries, service
from mes.features.calendars.checks import Past
from mes.features.calendars.holiday_lookup import public_holidays
from mes.features.calendars.schemas import DAYS_MAX
from mes.features.commands.context import Context
from mes.features.storage.opening import opened

DATA = click.option(
    "--data", type=click.Path(file_okay=False, path_type=Path), required=True, help="Data folder."
)
JSON = click.option("--json", "as_json", is_flag=True, help="Answer for programs.")
DAY = click.DateTime(formats=["%Y-%m-%d"])


@click.group()
def calendar() -> None:
    """List calendars, show their days, add public holidays."""


@calendar.command("list")
@DATA
@JSON
def list_command(data: Path, as_json: bool) -> None:
    """List the calendars and the lines that have them."""
    with opened(data) as database, database.reading() as session:
        found = queries.calendars(session, plant_now_us())
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False))
        return
    for one in found:
        lines = ", ".join(line["line"] for line in one["lines"]) or "no line"
        since = one["patterns"][-1]["valid_from"] if one["patterns"] else "always scheduled"
        click.echo(f"{one['calendar']}\t{lines}\tpattern since {since}")


@calendar.command("days")
@DATA
@JSON
@click.argument("code")
@click.option("--from", "first", type=DAY, help="First production day; default: this month.")
@click.option("--to", "last", type=DAY, help="Last production day; default: the month's last.")
def days_command(data: Path, as_json: bool, code: str, first: Any, last: Any) -> None:
    """Show the production days of calendar CODE: shifts, crews, holidays, stops."""
    begin = None if first is None else first.date()
    end = None if last is None else last.date()
    if end is not None and (begin is None or not 0 <= (end - begin).days < DAYS_MAX):
        raise click.UsageError(f"give --to with --from and after it, at most {DAYS_MAX} days")
    with opened(data) as database, database.reading() as session:
        found = queries.days(session, code, begin, end, plant_now_us())
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False))
        return
    for day in found["items"]:
        click.echo(f"{day['day']} {day['weekday']}  {_words(day)}")


@calendar.command("holidays")
@DATA
@JSON
@click.option("--country", required=True, help="Two letters such as KR.")
@click.option("--year", type=int, required=True)
@click.option("--calendar", "codes", multiple=True, help="May be given several times; default all.")
@click.option("--past-reason", help="Why days that are over change too; default: they do not.")
def holidays_command(
    data: Path,
    as_json: bool,
    country: str,
    year: int,
    codes: tuple[str, ...],
    past_reason: str | None,
) -> None:
    """Put the public holidays of a year into calendars; what people changed stays as it is."""
    found = public_holidays(country, year)
    past = Past(reason=past_reason, allowed=True)
    done: dict[str, service.Seeded] = {}
    with opened(data) as database, database.transaction() as session:
        for code in codes or _all(session):
            done[code] = service.seed_holidays(
                session, _context(), code, country.upper(), found, past=past
            )
    if as_json:
        answer = {
            code: {"added": one.added, "kept": one.kept, "past": one.past}
            for code, one in done.items()
        }
        click.echo(json.dumps(answer))
        return
    names = {one.date.isoformat(): f"{one.ko} / {one.en}" for one in found}
    for code, one in done.items():
        for on in one.added:
            click.echo(f"{code}: {on} {names[on]}")
        click.echo(
            f"{code}: {len(one.added)} added, {len(one.kept)} left as they are, "
            f"{len(one.past)} are over and left out"
        )


def _all(session: Session) -> list[str]:
    codes = [one["calendar"] for one in queries.calendars(session, plant_now_us())]
    if not codes:
        raise Refusal("calendar_unknown", "there is no calendar; describe one in the plant file")
    return codes


def _context() -> Context:
    now = plant_now_us()
    who = {"kind": "command_line", "id": 0, "label": getpass.getuser()}
    return Context(command_id=str(uuid.uuid4()), actor=who, at=now, now=now)


def _words(day: dict[str, Any]) -> str:
    parts = []
    if day["holiday"]:
        parts.append("holiday " + ((day["holiday"]["name"] or {}).get("en") or ""))
    for shift in day["shifts"]:
        crew = f" crew {shift['crew']}" if shift["crew"] else ""
        extra = " (overtime)" if shift["exception"] else ""
        times = f"{shift['start'][11:16]}-{shift['end'][11:16]}"
        parts.append(f"{shift['code']} {times}{crew}{extra}".strip())
    parts += [f"stop {one['start'][11:16]}-{one['end'][11:16]}" for one in day["stops"]]
    return ", ".join(parts) or "off"

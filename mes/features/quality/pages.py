"""Results of quality checks: what waits, run charts, the list with its files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from apiflask import APIBlueprint
from flask import Response, render_template, request
from sqlalchemy.orm import Session

from mes.clock import plant_now_us
from mes.core.exact import parse_number
from mes.core.instants import US_PER_S, parse_instant
from mes.core.quality import Kind as ValueKind
from mes.core.quality import Verdict
from mes.features.oee.windows import day_argument
from mes.features.production.master_loading import masters
from mes.features.production.masters import Masters
from mes.features.quality import words
from mes.features.quality.access import CHECKERS, EDITORS
from mes.features.quality.plans import listed_plans
from mes.features.quality.queries import (
    Asked,
    all_results,
    due_checks,
    find_plan,
    recent_values,
    results,
)
from mes.features.quality.run_chart import RunChart, run_chart
from mes.features.reports.grid import Column, Grid, Kind, Value
from mes.features.reports.lists import list_answer, list_grid
from mes.features.screens.floor.choosing import Speaker, lines_of
from mes.features.screens.language import select_language
from mes.features.screens.report.words import _
from mes.features.screens.routes import held
from mes.features.screens.site import read_site
from mes.web.roles import ActorKind, maybe_actor, require
from mes.web.wiring import reading

pages = APIBlueprint("quality_pages", __name__, enable_openapi=False)

FIELDS = ("plan", "work_unit", "item", "verdict", "first", "last", "before")
DAYS = 7
"""How far back the list reaches where no day is asked for."""
CHARTED_PLANS = 3
"""Of how many plans charts are drawn where none is chosen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditions:
    """What the address asks for, and what it means."""

    asked: Mapping[str, str]
    first: date
    last: date
    wanted: Asked

    def address(self, page: str, **more: object) -> str:
        """The same conditions for another page."""
        kept = {name: self.asked[name] for name in ("plan", "work_unit", "item", "verdict")}
        days = {"first": self.first.isoformat(), "last": self.last.isoformat()}
        given = {**kept, **days, **more}
        return f"{page}?{urlencode({name: value for name, value in given.items() if value})}"


@pages.get("/quality")
@require()
def quality() -> str:
    """What waits, run charts, and results with filter and files."""
    now = plant_now_us()
    who = maybe_actor()
    with reading() as session:
        known = masters(session)
        given = conditions(known, now)
        found = results(session, given.wanted)
        plans = [one.plan for one in listed_plans(session)]
        return render_template(
            "quality.html",
            given=given,
            plans=[(plan.code, plan.names) for plan in plans],
            units=[(unit.code, unit.names) for unit in known.active_work_units()],
            materials=sorted((m.code, m.names) for m in known.materials.values()),
            waiting=due_checks(session, now),
            charts=list(_charts(session, known, given, found["items"])),
            items=found["items"],
            older=given.address("/quality", before=found["next"]) if found["next"] else None,
            csv=given.address("/quality.csv"),
            excel=given.address("/quality.xlsx"),
            may_void=who is not None and who.has(*CHECKERS),
            may_edit=who is not None and who.kind is ActorKind.ACCOUNT and who.has(*EDITORS),
            say=_speaker(),
            words=words,
        )


@pages.get("/quality.<any(csv, xlsx):kind>")
@require()
def quality_file(kind: str) -> Response:
    """The results that the page lists, a row for each value."""
    now = plant_now_us()
    speaker = _speaker()
    with reading() as session:
        given = conditions(masters(session), now)
        grid = results_grid(all_results(session, given.wanted), speaker)
    day = datetime.fromtimestamp(now / US_PER_S, speaker.zone).date()
    return list_answer(kind, grid, str(speaker.zone), day)


def results_grid(items: Iterable[Mapping[str, Any]], speaker: Speaker) -> Grid:
    """Results as a grid; numbers of measurements stay numbers."""
    columns = [
        Column(key="at", label=_("Checked at"), kind=Kind.TIME),
        Column(key="machine", label=_("Machine")),
        Column(key="job", label=_("Job")),
        Column(key="item", label=_("Item")),
        Column(key="plan", label=_("Check plan")),
        Column(key="version", label=_("Version"), kind=Kind.NUMBER),
        Column(key="occasion", label=_("Occasion")),
        Column(key="pieces", label=_("Pieces then"), kind=Kind.NUMBER),
        Column(key="characteristic", label=_("Characteristic")),
        Column(key="number", label=_("Value"), kind=Kind.NUMBER),
        Column(key="unit", label=_("Unit")),
        Column(key="text", label=_("Finding")),
        Column(key="lower", label=_("Lower limit")),
        Column(key="upper", label=_("Upper limit")),
        Column(key="verdict", label=_("Judgement")),
        Column(key="follow_up", label=_("Follow-up")),
        Column(key="note", label=_("Note")),
        Column(key="who", label=_("Checked by")),
        Column(key="voided", label=_("Taken back")),
    ]
    rows: Iterator[list[Value]] = (
        [
            parse_instant(one["at"]),
            speaker.named(one["work_unit_name"], one["work_unit"]),
            one["job_order"],
            one["item"],
            speaker.named(one["plan_name"], one["plan"]),
            one["version"],
            words.occasion_word(one["occasion"]),
            parse_number(one["pieces"]),
            speaker.named(value["name"], value["key"]),
            parse_number(value["value"]) if value["kind"] == ValueKind.NUMBER else None,
            value.get("unit"),
            None if value["kind"] == ValueKind.NUMBER else words.value_text(value),
            value.get("lower"),
            value.get("upper"),
            words.verdict_word(value["verdict"]),
            words.follow_up_word(one["follow_up"]),
            one["note"],
            one["who"],
            _("Yes") if one["voided"] else None,
        ]
        for one in items
        for value in one["values"]
    )
    return list_grid("quality", _("Quality checks"), columns, rows)


def conditions(known: Masters, now: int) -> Conditions:
    """What the address of the present request asks for."""
    asked = {name: request.args.get(name, "").strip()[:80] for name in FIELDS}
    lines = lines_of(known)
    plan = lines[0].plan if lines else None
    epoch_day = date(1970, 1, 1) + timedelta(microseconds=now)
    today = plan.production_day(now) if plan else epoch_day
    last = day_argument(asked["last"], "last") if asked["last"] else today
    first = day_argument(asked["first"], "first") if asked["first"] else last - timedelta(days=DAYS)
    last = max(first, last)
    before = asked["before"]
    wanted = Asked(
        start=None if plan is None else plan.day_reach(first)[0],
        end=None if plan is None else plan.day_reach(last)[1],
        work_unit=asked["work_unit"] if asked["work_unit"] in known.work_unit_ids else None,
        item=asked["item"] if asked["item"] in known.material_ids else None,
        plan=asked["plan"] or None,
        verdict=Verdict(asked["verdict"]) if asked["verdict"] in set(Verdict) else None,
        before=int(before) if before.isascii() and before.isdigit() and len(before) < 19 else None,
    )
    return Conditions(asked=asked, first=first, last=last, wanted=wanted)


def _charts(
    session: Session, known: Masters, given: Conditions, items: Iterable[Mapping[str, Any]]
) -> Iterator[tuple[Mapping[str, str], RunChart]]:
    """Name of the plan and chart of each numeric characteristic that has values."""
    wanted = given.wanted
    codes = [wanted.plan] if wanted.plan else list(dict.fromkeys(one["plan"] for one in items))
    for code in codes[:CHARTED_PLANS]:
        plan = find_plan(session, code)
        recent = recent_values(
            session,
            plan,
            known.work_unit_ids.get(wanted.work_unit or ""),
            known.material_ids.get(wanted.item or ""),
            wanted.end,
        )
        for one in plan.characteristics:
            if recent.get(one.key):
                yield plan.names, run_chart(one.to_json(), recent[one.key])


def _speaker() -> Speaker:
    zone = ZoneInfo(read_site(held().database).zone)
    return Speaker(zone=zone, language=select_language())

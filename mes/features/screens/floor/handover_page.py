"""A8, the handover of a shift: prefilled, signed by two leads, printed on one A4 page."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from zoneinfo import ZoneInfo

from flask import redirect, render_template, request
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from mes.clock import plant_now_us
from mes.core.handover import HandoverState, Topic
from mes.features.commands.subjects import STOP
from mes.features.handover.queries import handover_view
from mes.features.handover.routes import OPENERS, WRITERS
from mes.features.handover.waiting import LEADS
from mes.features.people.queries import names
from mes.features.production.plan import Plan
from mes.features.publishing.periods import Period
from mes.features.reasons.queries import reasons
from mes.features.screens.floor import words
from mes.features.screens.floor.choosing import (
    Speaker,
    before,
    choose,
    first_line,
    lines_of,
    present,
)
from mes.features.screens.language import select_language
from mes.features.screens.routes import held, screens
from mes.web.roles import Role, maybe_actor

__all__ = ["screens"]

STILL_US = 2 * 3600 * 1_000_000
"""So long after its end the page opens on the shift that is being handed over."""
ONE_TAP_MAX = 5
PRINTED_STOPS_MAX = 8
PRINTED_ENTRIES_MAX = 12
LARGE_LINES_MAX = 16
"""So many lines fit on one printed page in large type."""
SMALL_LINES_MAX = 30
"""So many lines fill one printed page in small type nearly; what is left is ruled."""
HAND_LINES_MAX = 6
"""Ruled lines for what is written by hand."""
LINE_LETTERS = 60
Shown = dict[str, Any]


@screens.get("/handover")
def handovers() -> Response:
    """The handover of the first line."""
    with held().database.reading() as session:
        return redirect(f"/lines/{first_line(session)}/handover", 303)


@screens.get("/lines/<line>/handover")
def handover(line: str) -> str:
    """The handover of a shift of a line."""
    asked = {name: request.args.get(name, "")[:80] for name in ("day", "shift")}
    now = plant_now_us()
    who = maybe_actor()
    with held().database.reading() as session:
        chosen = choose(session, line, asked["day"], asked["shift"], now, default=being_handed)
        period = chosen.period
        day, shift = period.day.isoformat(), period.shift or None
        reader = None if who is None else who.to_json()
        shown = handover_view(session, line, day, shift, now, reader)
        people = names(session)
        choices = _one_tap(session, shown["stops"], now)
    writes = who is not None and who.has(*WRITERS)
    leads = who is not None and who.has(*LEADS)
    crew = shown["crew"]
    lines = _lines(shown)
    return render_template(
        "handover.html",
        line=chosen.line,
        lines=lines_of(chosen.known),
        h=shown,
        closed=shown["state"] == HandoverState.CLOSED,
        before=chosen.address("/handover", chosen.before),
        after=chosen.address("/handover", chosen.after),
        hours=chosen.address("", period),
        people=people,
        crew={one["badge"] for one in (crew or {}).get("people", shown["crew_seen"])},
        choices=choices,
        topics=[(topic.value, words.topic_word(topic)) for topic in Topic],
        may_write=writes,
        may_lead=leads,
        may_sign=who is not None and who.has(Role.SUPERVISOR, Role.MANAGER),
        may_reopen=who is not None and who.has(*OPENERS),
        printed_stops=PRINTED_STOPS_MAX,
        printed_entries=PRINTED_ENTRIES_MAX,
        is_large=lines <= LARGE_LINES_MAX,
        hand_lines=hand_lines(lines),
        changed={(one["work_unit"], one["field"]): one for one in seen_changes(shown["changes"])},
        say=Speaker(zone=ZoneInfo(chosen.line.site.time_zone), language=select_language()),
        words=words,
    )


def being_handed(plan: Plan, now_us: int) -> Period:
    """The shift that is handed over now: the one that runs, else shortly the one before."""
    running = present(plan, now_us)
    if now_us - running.span.start < STILL_US:
        return before(plan, running) or running
    return running


def hand_lines(lines: int) -> int:
    """How many ruled lines for handwriting one printed page has room for beside its own lines."""
    most = LARGE_LINES_MAX if lines <= LARGE_LINES_MAX else SMALL_LINES_MAX
    return max(0, min(HAND_LINES_MAX, most - lines))


def seen_changes(changes: Iterable[Shown]) -> list[Shown]:
    """Of figures that differ from those of a signature: those that read differently."""

    def read(one: Shown, when: str) -> str:
        return words.ratio(one[when]) if one["field"] == "oee" else words.amount(one[when])

    return [one for one in changes if read(one, "then") != read(one, "now")]


def _lines(shown: Shown) -> int:
    """About how many lines are printed that differ from shift to shift."""
    lists = ("work_units", "stops", "jobs", "calls", "reopened")
    signed = [one["note"] for name in ("handed_over", "taken_over") if (one := shown[name])]
    words = [*(one["text"] for one in shown["entries"]), *signed]
    told: int = sum(2 + text.count("\n") + len(text) // LINE_LETTERS for text in words)
    facts: int = sum(len(shown[name]) for name in lists)
    return facts + told


def _one_tap(session: Session, stops: list[Shown], now: int) -> dict[str, list[Shown]]:
    """By work unit: the reasons that are used most there."""
    units = {stop["work_unit"] for stop in stops}
    return {
        unit: [one for one in reasons(session, STOP, unit, now) if one["selectable"]][:ONE_TAP_MAX]
        for unit in sorted(units)
    }

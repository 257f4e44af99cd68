"""Calls for help: those that wait, their history, and what they took."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from statistics import median
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from flask import render_template, request
from sqlalchemy.orm import Session

from mes.clock import plant_now_us
from mes.core.calls import CallKind
from mes.features.calls.queries import LIMIT_MAX, Asked, calls
from mes.features.calls.routes import PEOPLE
from mes.features.oee.windows import day_argument
from mes.features.production.master_loading import masters
from mes.features.production.masters import Masters
from mes.features.screens.floor import words
from mes.features.screens.floor.choosing import Speaker, lines_of
from mes.features.screens.language import select_language
from mes.features.screens.routes import held, screens
from mes.features.screens.site import read_site
from mes.web.roles import maybe_actor

__all__ = ["screens"]

FIELDS = ("state", "kind", "line", "first", "last", "before")
DAYS = 7
"""How far back the list reaches where no day is asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditions:
    """What the address asks for, and what it means."""

    asked: Mapping[str, str]
    first: date
    last: date
    wanted: Asked

    def address(self, page: str, **more: object) -> str:
        """The same conditions for another page."""
        kept = {
            "state": self.asked["state"],
            "kind": self.asked["kind"],
            "line": self.asked["line"],
            "first": self.first.isoformat(),
            "last": self.last.isoformat(),
            **more,
        }
        return f"{page}?{urlencode({name: value for name, value in kept.items() if value})}"


@screens.get("/calls")
def call_list() -> str:
    """Calls that are open, and their history with filter and export."""
    now = plant_now_us()
    who = maybe_actor()
    with held().database.reading() as session:
        known = masters(session)
        given = conditions(known, now)
        found = calls(session, given.wanted, now)
        waiting = calls(session, Asked(only_open=True), now)["items"]
    items = found["items"]
    return render_template(
        "calls.html",
        given=given,
        lines=lines_of(known),
        kinds=[(kind.value, words.call_word(kind)) for kind in CallKind],
        waiting=sorted(waiting, key=lambda call: (call["state"] != "open", call["raised_at"])),
        items=items,
        older=given.address("/calls", before=found["next"]) if found["next"] else None,
        csv=given.address("/calls.csv"),
        excel=given.address("/calls.xlsx"),
        sums=_sums(items),
        may_answer=who is not None and who.has(*PEOPLE),
        now=now,
        say=_speaker(),
        words=words,
    )


def asked_calls(session: Session, given: Conditions, now: int) -> Iterator[Mapping[str, Any]]:
    """All calls that the conditions ask for, latest first, whatever page was looked at."""
    wanted: Asked | None = replace(given.wanted, before=None, limit=LIMIT_MAX)
    while wanted is not None:
        found = calls(session, wanted, now)
        yield from found["items"]
        wanted = replace(wanted, before=found["next"]) if found["next"] else None


def _speaker() -> Speaker:
    zone = ZoneInfo(read_site(held().database).zone)
    return Speaker(zone=zone, language=select_language())


def conditions(known: Masters, now: int) -> Conditions:
    """What the address of the present request asks for."""
    asked = {name: request.args.get(name, "").strip()[:80] for name in FIELDS}
    first, last = _days(known, asked, now)
    wanted = _wanted(known, asked, first, last)
    return Conditions(asked=asked, first=first, last=last, wanted=wanted)


def _days(known: Masters, asked: dict[str, str], now: int) -> tuple[date, date]:
    """First and last production day that are asked for."""
    lines = lines_of(known)
    epoch_day = date(1970, 1, 1) + timedelta(microseconds=now)
    today = lines[0].plan.production_day(now) if lines else epoch_day
    last = day_argument(asked["last"], "last") if asked["last"] else today
    first = day_argument(asked["first"], "first") if asked["first"] else last - timedelta(days=DAYS)
    return first, max(first, last)


def _wanted(known: Masters, asked: dict[str, str], first: date, last: date) -> Asked:
    lines = lines_of(known)
    plan = lines[0].plan if lines else None
    before = asked["before"]
    return Asked(
        only_open=asked["state"] == "open",
        kind=CallKind(asked["kind"]) if asked["kind"] in set(CallKind) else None,
        line=asked["line"] if asked["line"] in known.line_ids else None,
        start=None if plan is None else plan.day_reach(first)[0],
        end=None if plan is None else plan.day_reach(last)[1],
        before=int(before) if before.isascii() and before.isdigit() and len(before) < 19 else None,
    )


def _sums(items: list[dict[str, Any]]) -> dict[str, Any]:
    """How many calls the list holds, how long they took, how many reached a level."""
    response = [one["response_s"] for one in items if one["response_s"] is not None]
    repair = [one["repair_s"] for one in items if one["repair_s"] is not None]
    return {
        "count": len(items),
        "response_s": median(response) if response else None,
        "repair_s": median(repair) if repair else None,
        "escalated": sum(1 for one in items if one["level"]),
    }

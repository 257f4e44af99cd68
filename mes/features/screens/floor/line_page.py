"""A2, the view of a line: its machines now and in a shift, and the shift hour by hour."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from flask import redirect, render_template, request
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from mes.clock import plant_now_us
from mes.core.classes import TimeClass
from mes.features.downtime.queries import stops
from mes.features.handover.figures import UnitShift, line_result, shift_figures
from mes.features.line_hours.queries import line_hours
from mes.features.line_hours.routes import COMMENTERS
from mes.features.production.lines import LineRule, key_machine, rule_of, units_of_line
from mes.features.production.queries import tiles
from mes.features.screens.floor import words
from mes.features.screens.floor.choosing import Chosen, Speaker, choose, first_line, lines_of
from mes.features.screens.floor.strip import HEIGHT, WIDTH, bars_of
from mes.features.screens.language import select_language
from mes.features.screens.report.words import _
from mes.features.screens.routes import held, screens
from mes.web.roles import maybe_actor

__all__ = ["screens"]

_STOPS = (TimeClass.UNPLANNED_STOP, TimeClass.MINOR_STOP)
Shown = dict[str, Any]


@screens.get("/lines")
def lines() -> Response:
    """The view of the first line."""
    with held().database.reading() as session:
        return redirect(f"/lines/{first_line(session)}", 303)


@screens.get("/lines/<line>")
def line_view(line: str) -> str:
    """A line: its machines, and its shift hour by hour with comments."""
    asked = {name: request.args.get(name, "")[:80] for name in ("day", "shift", "work_unit")}
    now = plant_now_us()
    who = maybe_actor()
    with held().database.reading() as session:
        chosen = choose(session, line, asked["day"], asked["shift"], now)
        figures = shift_figures(session, chosen.known, chosen.line, chosen.period, now)
        present = tiles(session, [one.unit.id for one in figures], now) if figures else []
        hours = _hours(session, chosen, asked["work_unit"] or None, now) if figures else None
        unexplained = _unexplained(session, chosen, figures, now)
    speaker = Speaker(zone=ZoneInfo(chosen.line.site.time_zone), language=select_language())
    span = chosen.period.span
    result = line_result(chosen.known, chosen.line, figures)
    return render_template(
        "line.html",
        line=chosen.line,
        lines=lines_of(chosen.known),
        day=chosen.period.day.isoformat(),
        shift=chosen.period.shift,
        shift_name=speaker.named(chosen.line.shift_names.get(chosen.period.shift)),
        window=(speaker.clock(span.start), speaker.clock(span.end)),
        running=span.start <= now < span.end,
        begun=span.start <= now,
        before=chosen.address("", chosen.before),
        after=chosen.address("", chosen.after),
        handover=chosen.address("/handover", chosen.period),
        rule=_rule(chosen, speaker),
        oee=words.ratio(None if result is None else _float(result.kpis["oee"])),
        tiles=present,
        rows=_rows(chosen, figures, present, unexplained, speaker),
        hours=hours,
        units=[one.unit for one in figures],
        may_comment=who is not None and who.has(*COMMENTERS),
        width=WIDTH,
        height=HEIGHT,
        now_x=_now_x(span.start, span.end, now),
        say=speaker,
        words=words,
    )


def _hours(session: Session, chosen: Chosen, work_unit: str | None, now: int) -> Shown:
    period = chosen.period
    shift = period.shift or None
    return line_hours(session, chosen.line.code, period.day.isoformat(), shift, work_unit, now)


def _unexplained(
    session: Session, chosen: Chosen, figures: list[UnitShift], now: int
) -> dict[str, int]:
    """By work unit: how much of the shift needs a reason, by the rule of tile and list."""
    span = chosen.period.span
    end = min(span.end, now)
    if end <= span.start:
        return {}
    return {
        code: sum(
            one["unexplained_us"]
            for one in stops(session, code, span.start, end, now, needing=True)
        )
        for code in (one.unit.code for one in figures)
    }


def _rows(
    chosen: Chosen,
    figures: list[UnitShift],
    present: list[Shown],
    unexplained: Mapping[str, int],
    speaker: Speaker,
) -> list[Shown]:
    now = {tile["work_unit"]: tile for tile in present}
    counted = {unit.id for unit in units_of_line(chosen.known, chosen.line, None)}
    return [
        _row(chosen, one, now[one.unit.code], counted, unexplained.get(one.unit.code, 0), speaker)
        for one in figures
    ]


def _row(
    chosen: Chosen,
    one: UnitShift,
    tile: Shown,
    counted: set[int],
    open_us: int,
    speaker: Speaker,
) -> Shown:
    unit, times = one.unit, one.result.figures.times_us
    good, scrap, _rework = one.amounts
    return {
        "code": unit.code,
        "name": speaker.named(unit.names, unit.code),
        "counts": unit.id in counted and len(counted) < len(chosen.line.work_unit_ids),
        "tile": tile,
        "bars": bars_of(one.segments, chosen.period.span, unit.site.policy),
        "good": words.amount(good),
        "scrap": words.amount(scrap),
        "plan": words.number(_float(one.plan)),
        "gap": words.number(_gap(one), sign=True),
        "direction": words.direction(_gap(one)),
        "oee": words.ratio(_float(one.result.kpis["oee"])),
        "stops": words.minutes(sum(times.get(kind, 0) for kind in _STOPS)),
        "waiting": words.minutes(times.get(TimeClass.WAITING, 0)),
        "open": words.minutes(open_us) if open_us else None,
        "losses": [
            (words.reason_word(chosen.known, speaker, loss.reason), words.minutes(loss.us))
            for loss in one.losses[:2]
            if loss.reason and loss.us >= words.US_PER_MIN
        ],
    }


def _gap(one: UnitShift) -> float | None:
    return None if one.plan is None else float(one.amounts[0] - one.plan)


def _rule(chosen: Chosen, speaker: Speaker) -> str:
    """Which machines the figure of the line is made of, in words."""
    rule, key = rule_of(chosen.line), key_machine(chosen.known, chosen.line)
    if rule is LineRule.SUM or key is None:
        return _("by all its machines, weighted by planned time")
    if rule is LineRule.LAST:
        return _("by its last machine")
    return _("by %(name)s, which paces the line", name=speaker.named(key.names, key.code))


def _now_x(start: int, end: int, now: int) -> str | None:
    return f"{(now - start) / (end - start) * WIDTH:.2f}" if start < now < end else None


def _float(value: Any) -> float | None:
    return None if value is None else float(value)

"""Bars, columns and strips of the report as widths and heights; all start at zero."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

from mes.core.classes import TimeClass
from mes.core.instants import US_PER_S
from mes.features.oee.bins import Bin
from mes.features.screens.report import words
from mes.features.screens.report.ladder import Loss, LossKind, Rung
from mes.features.screens.report.page import ReportPage
from mes.features.screens.report.periods import OF_DAYS, PeriodKind
from mes.features.screens.report.words import _

Shown = dict[str, object]
ReasonName = Callable[[str], str]
POINTS_SHOWN_MAX = 8
LOSSES_NAMED_MAX = 5
_STRIP_HEIGHT = 64
_STRIP_SHARE = {"running": 0.3, "setup": 0.8, "minor": 0.62, "brk": 0.08, "off": 0.08}
_HOUR_US = 3600 * US_PER_S


def share(part: Fraction) -> str:
    """A share of 1 as percent for a style, kept between 0 and 100."""
    return f"{float(min(max(part, Fraction(0)), Fraction(1)) * 100):.3f}"


def direction(delta: Fraction | None) -> str:
    """Class of a signed text: better, worse, neither."""
    shown = 0 if delta is None else round(delta * 1000)
    return "" if shown == 0 else "up" if shown > 0 else "dn"


def clock(at: int, zone: str) -> str:
    """HH:MM in the plant's zone."""
    return _local(at, zone).strftime("%H:%M")


def day_and_clock(at: int, zone: str) -> str:
    """MM-DD HH:MM in the plant's zone."""
    return _local(at, zone).strftime("%m-%d %H:%M")


def shown_steps(page: ReportPage, reason_name: ReasonName) -> list[Shown]:
    """The waterfall: every rung on the scale of the shift time."""
    scale = max((step.us for step in page.steps), default=Fraction(0)) or Fraction(1)
    return [
        {
            "kind": step.rung.value,
            "label": words.rung_word(step.rung),
            "iso": words.RUNG_ISO[step.rung],
            "minutes": words.minutes(step.us),
            "width": share(step.us / scale),
            "lost": words.minutes(-step.lost_us, sign=True) if step.losses else None,
            "losses": [
                {"look": _bar_look(loss), "width": share(loss.us / scale)}
                for loss in step.losses
                if loss.us > 0
            ],
            "words": _step_words(step.rung, step.losses, reason_name),
        }
        for step in page.steps
    ]


def shown_points(page: ReportPage, reason_name: ReasonName) -> list[tuple[str, str]]:
    """The points that are missing to 100 %, by cause."""
    pbt_us = page.result.figures.pbt_us
    if not pbt_us:
        return []
    return [
        (words.loss_word(loss, reason_name), words.percent(loss.us / pbt_us))
        for loss in page.losses[:POINTS_SHOWN_MAX]
        if loss.us
    ]


_BIN_LABELS = {
    PeriodKind.WEEK: "%m-%d",
    PeriodKind.MONTH: "%d",
    PeriodKind.QUARTER: "%m",
    PeriodKind.YEAR: "%m",
}
"""How a column is named; the heading names year and month."""


def shown_bins(page: ReportPage, zone: str, why: Callable[[int, int], str]) -> Shown:
    """Plan and good per hour or day; `why` explains a column."""
    bins = page.bins
    if not bins:
        return {"bins": []}
    top = max((value for one in bins for value in (one.plan, one.good) if value), default=None)
    past = [one for one in bins if one.good is not None]
    good = sum((one.good or Fraction(0) for one in past), Fraction(0))
    plan = sum((one.plan or Fraction(0) for one in past), Fraction(0))
    kind = page.period.kind
    weekly = kind in OF_DAYS and kind is not PeriodKind.DAY
    monthly = kind in (PeriodKind.QUARTER, PeriodKind.YEAR)
    return {
        "bins_title": _("Plan and good per month")
        if monthly
        else _("Plan and good per day")
        if weekly
        else _("Plan and good per hour"),
        "bins_total": _("good %(a)s / plan %(b)s", a=words.pieces(good), b=words.whole(plan)),
        "bins": [
            {
                **_bin(one, top, zone, _BIN_LABELS.get(kind, "%H")),
                "why": None if one.good is None else why(one.start, one.end),
            }
            for one in bins
        ],
    }


def shown_strip(page: ReportPage, zone: str) -> Shown:
    """The states of the period and how many minutes each class lasted."""
    if not page.strip:
        return {"strip": []}
    span = page.period.span
    return {
        "strip": [
            {
                "kind": bar.kind,
                "x": f"{bar.left * 1000:.2f}",
                "width": f"{max(bar.width * 1000, 0.6):.2f}",
                "height": f"{_STRIP_HEIGHT * _STRIP_SHARE.get(bar.kind, 1):.1f}",
                "y": f"{_STRIP_HEIGHT * (1 - _STRIP_SHARE.get(bar.kind, 1)):.1f}",
            }
            for bar in page.strip
        ],
        "hours": _hours(span.start, span.end, zone),
        "legend": _legend(page),
        "window_minutes": words.minutes(page.result.figures.window_us),
    }


def _step_words(rung: Rung, losses: tuple[Loss, ...], reason_name: ReasonName) -> str:
    if rung is Rung.SHIFT:
        return _("scheduled time of the period")
    named = [
        f"{words.loss_word(loss, reason_name)} {words.minutes(loss.us)}"
        for loss in losses[:LOSSES_NAMED_MAX]
    ]
    rest = sum((loss.us for loss in losses[LOSSES_NAMED_MAX:]), Fraction(0))
    if rest:
        named.append(_("other %(n)s", n=words.minutes(rest)))
    return " · ".join(named) or _("nothing lost")


def _bar_look(loss: Loss) -> str:
    if loss.kind is LossKind.UNCLASSIFIED:
        return "unexpl"
    if loss.kind is LossKind.MINOR:
        return "stopped"
    look = words.loss_look(loss)[0]
    return look.removeprefix("is-") if look.startswith("is-") else "plain"


def _bin(one: Bin, top: Fraction | None, zone: str, form: str) -> Shown:
    local = _local(one.start, zone)
    behind = one.plan and one.good is not None and one.good < one.plan * Fraction(4, 5)
    return {
        "kind": "off" if not one.planned else "bad" if behind else "",
        "height": share(one.good / top if one.good and top else Fraction(0)),
        "plan_height": share(one.plan / top) if one.plan and top else None,
        "label": local.strftime(form),
        "plan": words.whole(one.plan) if one.planned else words.NONE,
        "good": words.pieces(one.good),
        "gap": words.whole(one.gap, sign=True) if one.planned else words.NONE,
        "direction": direction(one.gap) if one.planned else "",
    }


def _hours(start: int, end: int, zone: str) -> list[tuple[str, str]]:
    step = _HOUR_US if end - start <= 13 * _HOUR_US else 2 * _HOUR_US
    offset = _local(start, zone).utcoffset() or timedelta(0)
    offset_us = int(offset.total_seconds()) * US_PER_S
    first = -(-(start + offset_us) // step) * step - offset_us
    return [
        (f"{(at - start) / (end - start) * 100:.2f}", _local(at, zone).strftime("%H"))
        for at in range(first, end + 1, step)
    ]


def _legend(page: ReportPage) -> list[tuple[str, str, str, str]]:
    looks = {
        TimeClass.RUNNING: ("is-running", "run"),
        TimeClass.SETUP: ("is-setup", "setup"),
        TimeClass.UNPLANNED_STOP: ("is-down", "down"),
        TimeClass.MINOR_STOP: ("is-stopped", "stop"),
        TimeClass.WAITING: ("is-waiting", "wait"),
        TimeClass.NO_ORDER: ("is-off", "off"),
        TimeClass.UNKNOWN: ("is-unknown", "nodata"),
        TimeClass.BREAK: ("plain", "lock"),
        TimeClass.PLANNED_STOP: ("plain", "lock"),
        TimeClass.NOT_SCHEDULED: ("plain", "lock"),
    }
    times = page.result.figures.times_us
    return [
        (*look, words.class_word(kind), words.minutes(times[kind]))
        for kind, look in looks.items()
        if times[kind]
    ]


def _local(at: int, zone: str) -> datetime:
    return datetime.fromtimestamp(at / US_PER_S, ZoneInfo(zone))

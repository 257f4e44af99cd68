"""Words and printed numbers of the report. The only place where its figures are rounded."""

from __future__ import annotations

from collections.abc import Callable
from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction

from flask_babel import gettext

from mes.core.classes import TimeClass
from mes.core.exact import Number
from mes.core.flags import Flag
from mes.core.instants import US_PER_S
from mes.features.screens.report.ladder import Factor, Loss, LossKind, Rung

US_PER_MIN = 60 * US_PER_S
NONE = "–"
"""What stands for a missing value; never 0."""
MINUS = "−"


def _(text: str, **values: object) -> str:
    return str(gettext(text, **values))


def fixed(value: Number | Fraction | None, places: int, *, sign: bool = False) -> str:
    """A number with that many decimals and thousands separators; minus is U+2212."""
    if value is None:
        return NONE
    exact = Fraction(value)
    number = (Decimal(exact.numerator) / Decimal(exact.denominator)).quantize(
        Decimal(1).scaleb(-places), rounding=ROUND_HALF_EVEN
    )
    text = f"{abs(number):,.{places}f}"
    if sign:
        return f"±{text}" if number == 0 else (MINUS if number < 0 else "+") + text
    return MINUS + text if number < 0 else text


def percent(value: Fraction | None, *, sign: bool = False) -> str:
    """A ratio as percent with one decimal, without the sign of percent."""
    return fixed(None if value is None else value * 100, 1, sign=sign)


def minutes(us: Fraction | int | None, *, sign: bool = False) -> str:
    """Microseconds as minutes with one decimal."""
    return fixed(None if us is None else Fraction(us) / US_PER_MIN, 1, sign=sign)


def pieces(value: Number | Fraction | None, *, sign: bool = False) -> str:
    """Pieces as a whole number, or with up to three decimals where they are not whole."""
    if value is None or Fraction(value).denominator == 1:
        return fixed(value, 0, sign=sign)
    return fixed(value, 3, sign=sign)


def minute_unit() -> str:
    """Minutes as a unit."""
    return _("min")


def piece_unit() -> str:
    """Pieces as a unit."""
    return _("pcs")


def whole(value: Fraction | None, *, sign: bool = False) -> str:
    """Rounded to a whole number: targets, which are rarely whole."""
    return fixed(value, 0, sign=sign)


def class_word(time_class: TimeClass) -> str:
    """A time class on screens."""
    return {
        TimeClass.RUNNING: _("Running"),
        TimeClass.BREAK: _("Break"),
        TimeClass.PLANNED_STOP: _("Planned stop"),
        TimeClass.NOT_SCHEDULED: _("Not scheduled"),
        TimeClass.UNKNOWN: _("No data"),
        TimeClass.UNPLANNED_STOP: _("Unplanned stop"),
        TimeClass.MINOR_STOP: _("Minor stops"),
        TimeClass.SETUP: _("Setup"),
        TimeClass.WAITING: _("Waiting"),
        TimeClass.NO_ORDER: _("No order"),
    }[time_class]


def kpi_words() -> dict[str, str]:
    """OEE and its factors, in the order of its product."""
    return {
        "oee": _("Overall equipment effectiveness OEE"),
        "availability": _("Availability"),
        "effectiveness": _("Performance"),
        "quality_ratio": _("Quality ratio"),
    }


def period_word(kind: str) -> str:
    """A kind of period, by its key."""
    return {
        "hour": _("Hour"),
        "shift": _("Shift"),
        "day": _("Day"),
        "week": _("Week"),
        "month": _("Month"),
        "quarter": _("Quarter"),
        "year": _("Year"),
    }.get(kind, kind)


def rung_word(rung: Rung) -> str:
    """A rung of the ladder."""
    return {
        Rung.SHIFT: _("Shift time"),
        Rung.LOADING: _("Loading time"),
        Rung.OPERATING: _("Operating time"),
        Rung.NET: _("Net operating time"),
        Rung.VALUE: _("Value adding time"),
    }[rung]


RUNG_ISO = {
    Rung.SHIFT: "POT",
    Rung.LOADING: "PBT",
    Rung.OPERATING: "APT",
    Rung.NET: "PRI × PQ",
    Rung.VALUE: "PRI × GQ",
}
"""What ISO 22400-2 calls a rung; the last two are sums over the items."""


def factor_word(factor: Factor) -> str:
    """The factor a loss lowers."""
    return {
        Factor.OUTSIDE: _("Outside"),
        Factor.AVAILABILITY: _("Availability"),
        Factor.EFFECTIVENESS: _("Performance"),
        Factor.QUALITY: _("Quality ratio"),
    }[factor]


def loss_word(loss: Loss, reason_name: Callable[[str], str]) -> str:
    """A loss by its cause."""
    if loss.kind is LossKind.SPEED:
        return _("Speed loss") if loss.us >= 0 else _("Faster than the rate")
    if loss.kind is LossKind.REJECTS:
        return _("Rejects, %(n)s", n=pieces(loss.count))
    if loss.kind is LossKind.MINOR and loss.count is not None:
        return _("Minor stops, %(n)s", n=pieces(loss.count))
    if loss.kind is LossKind.UNCLASSIFIED:
        return _("Unclassified")
    if loss.reason is not None:
        return reason_name(loss.reason)
    return class_word(loss.time_class) if loss.time_class else NONE


def flag_word(flag: Flag) -> str:
    """What a flag warns of."""
    return {
        Flag.EFFECTIVENESS_ABOVE_1: _("Faster than the ideal rate: check the rate"),
        Flag.PROVISIONAL_STOP: _("An open stop may still grow"),
        Flag.ESTIMATED_QUANTITY: _("Some pieces are estimated over a gap"),
        Flag.COUNTER_RESET: _("A counter was reset"),
        Flag.COUNTER_SUSPECT: _("A count is suspect: left out, or more rejects than pieces"),
        Flag.RATE_MISSING: _("An item has no ideal rate"),
    }[flag]


def cause_word(cause: str | None) -> str:
    """Why a KPI has no value."""
    return {
        "no_planned_time": _("no planned time"),
        "no_run_time": _("no running time"),
        "no_quantity": _("nothing was made"),
        "rate_missing": _("no ideal rate is known"),
    }.get(cause or "", cause or "")


def loss_look(loss: Loss) -> tuple[str, str]:
    """Class and icon of a loss: state colours only for machine states, all else plain."""
    looks = {
        "down": ("is-down", "down"),
        "setup": ("is-setup", "setup"),
        "waiting": ("is-waiting", "wait"),
        "stopped": ("is-stopped", "stop"),
        "off": ("is-off", "off"),
        "unknown": ("is-unknown", "nodata"),
    }
    if loss.kind is LossKind.SPEED:
        return "plain", "clock"
    if loss.kind is LossKind.REJECTS:
        return "plain", "reject"
    if loss.kind is LossKind.UNCLASSIFIED:
        return "is-stopped", "nodata"
    if loss.kind is LossKind.MINOR:
        return "plain", "stop"
    if loss.time_class in (TimeClass.SETUP, TimeClass.WAITING, TimeClass.UNKNOWN):
        return looks[loss.time_class.value]
    if loss.time_class in (TimeClass.BREAK, TimeClass.PLANNED_STOP, TimeClass.NO_ORDER):
        return "plain", "lock"
    return looks.get(loss.state.value if loss.state else "", ("plain", "stop"))

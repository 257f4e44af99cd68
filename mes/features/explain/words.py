"""Words of the explain page. Times are shown to the microsecond, nothing is rounded in tables."""

from __future__ import annotations

from datetime import datetime
from fractions import Fraction
from zoneinfo import ZoneInfo

from mes.core.case_model import CounterMode
from mes.core.classes import MachineState
from mes.core.derive.increments import CounterRule
from mes.core.exact import Number, decimal_text
from mes.core.explain import Rule
from mes.core.formulas import Measure, Term
from mes.core.instants import US_PER_S
from mes.core.pieces import Bucket
from mes.core.policies import Part
from mes.features.screens.report import words
from mes.features.screens.report.words import _

NONE = words.NONE
US_PER_H = 3600 * US_PER_S


def moment(at: int | None, zone: str) -> str:
    """MM-DD HH:MM:SS in the plant's zone, with the part of a second where there is one."""
    if at is None:
        return NONE
    seconds, rest = divmod(at, US_PER_S)
    local = datetime.fromtimestamp(seconds, ZoneInfo(zone)).strftime("%m-%d %H:%M:%S")
    return f"{local}.{rest:06d}".rstrip("0") if rest else local


def clock(at: int, zone: str) -> str:
    """HH:MM:SS in the plant's zone."""
    return datetime.fromtimestamp(at // US_PER_S, ZoneInfo(zone)).strftime("%H:%M:%S")


def seconds(us: int | Fraction) -> str:
    """Microseconds as seconds with all their digits."""
    return decimal_text(Fraction(us, US_PER_S))


def number(value: Number | None) -> str:
    """A number with all its digits."""
    return NONE if value is None else decimal_text(value).replace("-", words.MINUS)


def rule_word(rule: Rule) -> str:
    """Why an interval has its class, by the precedence of the contract."""
    return {
        Rule.OUTSIDE_SHIFTS: _("No shift covers it."),
        Rule.PLANNED_BREAK: _("Break of the calendar: it comes before what the machine did."),
        Rule.PLANNED_STOP: _("Planned stop: it comes before what the machine did."),
        Rule.NOT_KNOWN: _("The state is not known; a reason changes nothing."),
        Rule.REASON: _("The class of the reason wins over the state."),
        Rule.STATE: _("No reason with a class: the state decides."),
        Rule.SHORT_STOP: _("The whole stop is not longer than the limit for minor stops."),
        Rule.NO_ORDER: _("It stood without a reason while no order was loaded."),
        Rule.RUNNING: _("It ran; a reason changes nothing."),
        Rule.RUNNING_ADDS: _("It ran outside the plan, and the profile lets that count."),
        Rule.RUNNING_EXCLUDED: _("It ran outside the plan, and the profile leaves that out."),
    }[rule]


def part_word(part: Part) -> str:
    """Where the profile puts the time of a class."""
    return {
        Part.OUTSIDE: _("outside the loading time"),
        Part.AVAILABILITY: _("loss of availability"),
        Part.EFFECTIVENESS: _("operating time"),
    }[part]


def state_word(state: MachineState) -> str:
    """A state of the machine."""
    return {
        MachineState.RUNNING: _("Running"),
        MachineState.STOPPED: _("Stopped"),
        MachineState.DOWN: _("Down"),
        MachineState.SETUP: _("Setup"),
        MachineState.WAITING: _("Waiting"),
        MachineState.OFF: _("Power off"),
        MachineState.UNKNOWN: _("No data"),
    }[state]


def quality_word(quality: int) -> str:
    """Quality of a reading."""
    return {0: _("good"), 1: _("uncertain"), 2: _("bad")}.get(quality, str(quality))


def kind_word(kind: str) -> str:
    """What kind of statement or event it is."""
    return {
        "whole": _("reason for a stop"),
        "part": _("reason for a part"),
        "declare": _("state declared"),
        "revert": _("taken back"),
        "start": _("started"),
        "pause": _("paused"),
        "resume": _("resumed"),
        "complete": _("completed"),
        "cancel": _("cancelled"),
    }.get(kind, kind)


def role_word(role: str) -> str:
    """What a tag means for the machine."""
    return {
        "state": _("state"),
        "lamp": _("run lamp"),
        "fault": _("fault"),
        "total": _("all pieces"),
        "good": _("good pieces"),
        "scrap": _("rejects"),
    }.get(role, role)


def mode_word(rule: CounterRule) -> str:
    """How a counter is read."""
    text = {
        CounterMode.ROLLOVER: _("rolls over at %(n)s", n=number(rule.modulus)),
        CounterMode.RESETTABLE: _("may be reset"),
        CounterMode.ABSOLUTE: _("only grows"),
        CounterMode.PULSE: _("one per pulse"),
    }[rule.mode]
    if rule.max_per_s is None:
        return text
    limit = _("at most %(n)s a second", n=number(rule.max_per_s))
    return f"{text}, {limit}"


def bucket_word(bucket: Bucket) -> str:
    """Where pieces were booked."""
    return {
        Bucket.NORMAL: _("in known time of the plan"),
        Bucket.UNKNOWN: _("while the state was not known"),
        Bucket.OUTSIDE_PLAN: _("while it ran outside the plan"),
    }[bucket]


def symbol_word(symbol: str) -> str:
    """What a term of a formula means."""
    return {
        "Σ(ideal time × GQ)": _("ideal time of the good pieces"),
        "Σ(ideal time × PQ)": _("ideal time of all pieces"),
        "window": _("length of the window"),
        "POT": _("planned operation time"),
        "PBT": _("planned busy time, the loading time"),
        "AUBT": _("busy time"),
        "AUPT": _("processing time: run time and setup"),
        "APT": _("run time, the operating time"),
        "AUST": _("setup time"),
        "ADET": _("other losses of availability"),
        "ADOT": _("time without an order"),
        "AOET": _("time with an order loaded"),
        "ΣTBF": _("operation between failures"),
        "ΣTTF": _("production up to failures"),
        "ΣTTR": _("time of failure"),
        "FE": _("failures"),
        "RE": _("failures that ended"),
        "PQ": _("all pieces"),
        "GQ": _("good pieces"),
        "SQ": _("rejects"),
        "RQ": _("reworked pieces"),
        "E": _("Performance"),
        "QR": _("Quality ratio"),
    }.get(symbol, symbol)


def term_short(term: Term) -> str:
    """A term as it stands in the filled-in formula."""
    if term.value is None:
        return NONE
    if term.measure is Measure.MICROSECONDS:
        return f"{words.minutes(term.value)} {_('min')}"
    if term.measure is Measure.RATIO:
        return f"{words.percent(term.value)} %"
    return words.pieces(term.value)


def term_exact(term: Term) -> str:
    """A term with all its digits and its unit."""
    if term.value is None:
        return NONE
    if term.measure is Measure.MICROSECONDS:
        return f"{seconds(term.value)} {_('s')}"
    return number(term.value)


def value_word(value: Fraction | None, unit: str) -> str:
    """The value of a KPI with its unit."""
    if value is None:
        return NONE
    if unit == "1":
        return f"{words.percent(value)} %"
    return f"{words.fixed(value, 2)} {unit}"


def cause_word(cause: str | None) -> str:
    """Why a KPI has no value."""
    return {
        "no_processing_time": _("no processing time"),
        "no_busy_time": _("no busy time"),
        "no_window": _("the window has no length"),
        "no_operation_time": _("no shift is planned"),
        "no_order_time": _("no order was loaded"),
        "orders_unknown": _("times of orders were not kept then"),
        "no_failure": _("no failure was observed"),
        "no_restoration": _("no failure ended"),
        "failures_unknown": _("no reason is marked as a failure"),
    }.get(cause or "", words.cause_word(cause))

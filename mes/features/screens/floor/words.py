"""Words and printed numbers of the pages of the floor."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from mes.core.calls import CallKind, CallState
from mes.core.classes import TimeClass
from mes.core.handover import HandoverState, Topic
from mes.features.production.masters import Masters
from mes.features.screens.floor.choosing import Speaker
from mes.features.screens.report.words import NONE, _, class_word, fixed, percent, pieces, whole
from mes.web.pages import ROLE_NAMES
from mes.web.roles import Role

STATE_ICONS = {
    "running": "run",
    "setup": "setup",
    "waiting": "wait",
    "stopped": "stop",
    "down": "down",
    "off": "off",
    "unknown": "nodata",
}
US_PER_MIN = 60_000_000


def state_word(state: str) -> str:
    """A machine state on screens."""
    return {
        "running": _("Running"),
        "setup": _("Setup"),
        "waiting": _("Waiting"),
        "stopped": _("Stopped"),
        "down": _("Down"),
        "off": _("Power off"),
        "unknown": _("No data"),
    }.get(state, state)


def topic_word(topic: str) -> str:
    """What an entry of a handover is about."""
    return {
        Topic.NOTE: _("General"),
        Topic.SAFETY: _("Safety"),
        Topic.QUALITY: _("Quality"),
        Topic.MACHINE: _("Machine"),
        Topic.MATERIAL: _("Material"),
    }[Topic(topic)]


def handover_word(state: str) -> str:
    """Where a handover stands."""
    return {
        HandoverState.DRAFT: _("Draft"),
        HandoverState.HANDED_OVER: _("Handed over, not taken over yet"),
        HandoverState.CLOSED: _("Taken over, closed"),
    }[HandoverState(state)]


def call_word(kind: str) -> str:
    """What help is called for."""
    return {
        CallKind.MATERIAL: _("Material"),
        CallKind.MAINTENANCE: _("Maintenance"),
        CallKind.QUALITY: _("Quality check"),
        CallKind.LEAD: _("Line leader"),
    }[CallKind(kind)]


def call_state_word(state: str) -> str:
    """Where a call stands."""
    return {
        CallState.OPEN: _("Nobody answers yet"),
        CallState.ACKNOWLEDGED: _("Acknowledged"),
        CallState.RESOLVED: _("Resolved"),
        CallState.CANCELLED: _("Cancelled"),
    }[CallState(state)]


def role_word(role: str) -> str:
    """A role on screens."""
    return str(ROLE_NAMES[Role(role)]) if role in set(Role) else role


def reason_word(known: Masters, speaker: Speaker, code: str) -> str:
    """A reason by its name; one that is not known any more by its code."""
    found = known.reasons.get(code)
    return code if found is None else speaker.named(found.names, code)


def lost_word(speaker: Speaker, loss: Mapping[str, Any]) -> str:
    """A loss by its reason, else by its class."""
    reason = loss["reason"]
    if reason is not None:
        return speaker.named(reason["name"], reason["code"])
    if loss["class"] == TimeClass.UNPLANNED_STOP:
        return _("No reason yet")
    return class_word(TimeClass(loss["class"]))


def number(value: float | int | None, *, sign: bool = False) -> str:
    """A number rounded to a whole one, with separators."""
    return whole(None if value is None else Fraction(value), sign=sign)


def amount(value: Any) -> str:
    """Pieces as JSON has them: a number, or text where digits matter."""
    return pieces(None if value is None else Fraction(str(value)))


def ratio(value: float | None) -> str:
    """A ratio as percent with one decimal."""
    return percent(None if value is None else Fraction(value))


def minutes(us: int | None) -> str:
    """Whole minutes of microseconds, rounded down as timers are."""
    return NONE if us is None else fixed(us // US_PER_MIN, 0)


def seconds_as_minutes(length_s: float | None) -> str:
    """Seconds as minutes with one decimal."""
    return fixed(None if length_s is None else Fraction(length_s) / 60, 1)


def direction(value: float | None) -> str:
    """Class of a signed text: better, worse, neither."""
    shown = 0 if value is None else round(value)
    return "" if shown == 0 else "up" if shown > 0 else "dn"

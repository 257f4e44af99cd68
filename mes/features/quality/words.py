"""Words of the pages of quality checks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mes.core.check_due import Occasion
from mes.core.quality import FollowUp, Kind, Verdict
from mes.features.screens.report.words import NONE, _


def occasion_word(occasion: str) -> str:
    """Why a check is made."""
    return {
        Occasion.RECHECK: _("Check again"),
        Occasion.LAST: _("Last piece"),
        Occasion.FIRST: _("First piece"),
        Occasion.MIDDLE: _("Middle piece"),
        Occasion.PIECES: _("By count"),
        Occasion.TIME: _("By time"),
        Occasion.EXTRA: _("Extra check"),
    }[Occasion(occasion)]


def follow_up_word(follow_up: str | None) -> str:
    """What was done about a value out of range."""
    if follow_up is None:
        return ""
    return {
        FollowUp.MACHINE_ADJUSTED: _("Machine adjusted"),
        FollowUp.TOOL_CHANGED: _("Tool or die changed"),
        FollowUp.PARTS_SORTED: _("Parts sorted out"),
        FollowUp.PARTS_HELD: _("Parts held back"),
        FollowUp.LEAD_CALLED: _("Line leader called"),
        FollowUp.OTHER: _("Something else"),
    }[FollowUp(follow_up)]


def verdict_word(verdict: str | None) -> str:
    """The judgement of a check."""
    if verdict is None:
        return NONE
    return _("In range") if verdict == Verdict.PASS else _("Out of range")


def kind_word(kind: str) -> str:
    """What is written down of a characteristic."""
    return {
        Kind.NUMBER: _("Measured value"),
        Kind.PASS_FAIL: _("Pass or fail"),
        Kind.TEXT: _("Free text"),
    }[Kind(kind)]


def value_text(value: Mapping[str, Any]) -> str:
    """A value with its unit."""
    if value["kind"] == Kind.PASS_FAIL:
        return _("Pass") if value["value"] == Verdict.PASS else _("Fail")
    return f"{value['value']} {value.get('unit') or ''}".strip()


def range_text(value: Mapping[str, Any]) -> str:
    """The limits of a characteristic; empty: it has none."""
    lower, upper = value.get("lower"), value.get("upper")
    if lower is not None and upper is not None:
        return f"{lower} – {upper}"
    if upper is not None:
        return f"≤ {upper}"
    return "" if lower is None else f"≥ {lower}"

"""The OEE case: model, reading and writing under one name."""

from __future__ import annotations

from mes.core.case_checks import normalised
from mes.core.case_error import CaseError
from mes.core.case_json import load_json, parse_case
from mes.core.case_model import (
    Case,
    Counter,
    CounterMode,
    CounterRole,
    Material,
    PlannedSpan,
    Quantity,
    Run,
    Span,
    StateChange,
    StatedInterval,
    effective_window,
)
from mes.core.case_write import case_to_json

__all__ = [
    "Case",
    "CaseError",
    "Counter",
    "CounterMode",
    "CounterRole",
    "Material",
    "PlannedSpan",
    "Quantity",
    "Run",
    "Span",
    "StateChange",
    "StatedInterval",
    "case_to_json",
    "effective_window",
    "load_json",
    "normalised",
    "parse_case",
]

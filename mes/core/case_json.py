"""Reading and writing an OEE case as JSON (contract section 1)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from decimal import Decimal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from mes.core.case_checks import normalised
from mes.core.case_error import CaseError
from mes.core.case_fields import (
    Fields,
    at_least_zero,
    choice,
    entries,
    instant,
    name,
    number,
    optional_name,
    positive,
    read_fields,
    row,
    span,
)
from mes.core.case_model import (
    DEFAULT_MINOR_STOP_LIMIT_US,
    SCHEMA,
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
)
from mes.core.classes import MachineState, ReasonClass
from mes.core.exact import Number
from mes.core.instants import US_PER_S
from mes.core.policies import parse_policy

CASE_FIELDS = (
    "schema",
    "time_zone",
    "window",
    "as_of",
    "policy",
    "minor_stop_limit_s",
    "shifts",
    "planned",
    "reasons",
    "failures",
    "materials",
    "runs",
    "states",
    "intervals",
    "quantities",
    "counters",
)
"""The fields that a figure depends on."""

MATERIAL_FIELDS = ("ideal_cycle_s", "pieces_per_cycle")
RUN_FIELDS = ("start", "end", "material", "order")
QUANTITY_NUMBERS = ("good", "scrap", "rework", "startup_scrap")
QUANTITY_FIELDS = ("at", "material", "estimated", *QUANTITY_NUMBERS)
COUNTER_FIELDS = ("role", "mode", "modulus", "max_per_s", "readings")

REMARK_FIELDS = (
    "expect",
    "id",
    "name",
    "title",
    "description",
    "note",
    "comment",
    "source",
    "work_unit",
)
"""Fields that may stand beside them and change nothing; any other is a mistake."""


def load_json(text: str) -> object:
    """Parse JSON without losing a digit: whole numbers are `int`, others `Decimal`.

    Raises:
        CaseError: not JSON, or one key of an object with two different values.
    """
    try:
        return json.loads(
            text,
            parse_int=_integer,
            parse_float=_decimal,
            parse_constant=_refuse_constant,
            object_pairs_hook=_unique_keys,
        )
    except RecursionError:
        raise CaseError("(file)", "is nested too deeply") from None
    except ValueError as error:
        raise CaseError("(file)", f"is not JSON: {error}") from None


def _integer(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise ValueError(f"{text[:40]}... is too long a number") from None


def _decimal(text: str) -> Decimal:
    try:
        return Decimal(text)
    except ArithmeticError:
        raise ValueError(f"{text[:40]} is too long a number") from None


def _refuse_constant(text: str) -> object:
    raise ValueError(f"{text} is not a number")


def _unique_keys(pairs: list[tuple[str, object]]) -> dict[str, object]:
    known: dict[str, object] = {}
    for key, value in pairs:
        if known.setdefault(key, value) != value:
            raise CaseError(key, "stands twice with different values")
    return known


def parse_case(data: object) -> Case:
    """Read a case from parsed JSON.

    Args:
        data: what `load_json` or any JSON reader gave; floats are taken at their shortest text.

    Returns:
        The case in canonical form: lists sorted, equal repeats once.

    Raises:
        CaseError: the first mistake, with field and reason.
    """
    if not isinstance(data, dict):
        raise CaseError("(file)", "is not a JSON object")
    fields = read_fields(data, "", (*CASE_FIELDS, *REMARK_FIELDS))
    if fields.get("schema") != SCHEMA:
        raise CaseError("schema", f"is not {SCHEMA!r}")
    if "window" not in fields:
        raise CaseError("window", "is missing")
    window = Span(*span(fields["window"], "window"))
    as_of = instant(fields["as_of"], "as_of") if "as_of" in fields else window.end
    return normalised(
        Case(
            window=window,
            as_of=as_of,
            policy=parse_policy(fields.get("policy")),
            minor_stop_limit_us=_limit_us(fields),
            shifts=_shifts(fields),
            planned=tuple(_planned(fields)),
            reasons=_reasons(fields),
            failures=_failures(fields),
            materials=_materials(fields),
            runs=_runs(fields),
            states=tuple(_states(fields)),
            intervals=tuple(_intervals(fields)),
            quantities=tuple(_quantities(fields)),
            counters=tuple(_counters(fields)),
            time_zone=_time_zone(fields),
        )
    )


def _time_zone(fields: Fields) -> str:
    zone = name(fields.get("time_zone", "UTC"), "time_zone")
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise CaseError("time_zone", f"unknown time zone {zone!r}; write an IANA name") from None
    return zone


def _limit_us(fields: Fields) -> int:
    if "minor_stop_limit_s" not in fields:
        return DEFAULT_MINOR_STOP_LIMIT_US
    limit_s = at_least_zero(fields["minor_stop_limit_s"], "minor_stop_limit_s")
    return int(limit_s * US_PER_S // 1)


def _shifts(fields: Fields) -> tuple[Span, ...] | None:
    if "shifts" not in fields:
        return None
    return tuple(Span(*span(entry, at)) for at, entry in entries(fields, "shifts"))


def _planned(fields: Fields) -> Iterable[PlannedSpan]:
    for at, entry in entries(fields, "planned"):
        start, end, reason = row(entry, at, "[start, end, reason]", required=2, length=3)
        yield PlannedSpan(
            start=instant(start, f"{at}[0]"),
            end=instant(end, f"{at}[1]"),
            reason=optional_name(reason, f"{at}[2]"),
        )


def _reasons(fields: Fields) -> dict[str, ReasonClass]:
    return {
        reason: ReasonClass(choice(value, f"reasons.{reason}", ReasonClass, "class"))
        for reason, value in _object(fields, "reasons").items()
    }


def _failures(fields: Fields) -> frozenset[str] | None:
    if "failures" not in fields:
        return None
    classes = _reasons(fields)
    failures = {}
    for at, entry in entries(fields, "failures"):
        reason = name(entry, at)
        if classes.get(reason) is not ReasonClass.UNPLANNED_STOP:
            raise CaseError(at, f"{reason!r} is not a listed reason of class unplanned_stop")
        failures[reason] = at
    return frozenset(failures)


def _materials(fields: Fields) -> dict[str, Material]:
    return {
        code: _material(value, f"materials.{code}")
        for code, value in _object(fields, "materials").items()
    }


def _object(fields: Fields, field: str) -> Mapping[str, object]:
    value = fields.get(field, {})
    if not isinstance(value, dict):
        raise CaseError(field, "is not an object")
    for key in value:
        name(key, f"a name in {field}")
    return value


def _material(value: object, at: str) -> Material:
    fields = read_fields(value, at, MATERIAL_FIELDS)
    cycle = fields.get("ideal_cycle_s")
    return Material(
        ideal_cycle_s=None if cycle is None else positive(cycle, f"{at}.ideal_cycle_s"),
        pieces_per_cycle=positive(fields.get("pieces_per_cycle", 1), f"{at}.pieces_per_cycle"),
    )


def _runs(fields: Fields) -> tuple[Run, ...] | None:
    if "runs" not in fields:
        return None
    return tuple(_run(entry, at) for at, entry in entries(fields, "runs"))


def _run(entry: object, at: str) -> Run:
    fields = read_fields(entry, at, RUN_FIELDS)
    return Run(
        start=instant(fields.get("start"), f"{at}.start"),
        end=instant(fields["end"], f"{at}.end") if "end" in fields else None,
        material=optional_name(fields.get("material"), f"{at}.material"),
        order=optional_name(fields.get("order"), f"{at}.order"),
    )


def _states(fields: Fields) -> Iterable[StateChange]:
    for at, entry in entries(fields, "states"):
        moment, state, reason = row(entry, at, "[instant, state, reason]", required=2, length=3)
        yield StateChange(
            at=instant(moment, f"{at}[0]"),
            state=MachineState(choice(state, f"{at}[1]", MachineState, "state")),
            reason=optional_name(reason, f"{at}[2]"),
        )


def _intervals(fields: Fields) -> Iterable[StatedInterval]:
    for at, entry in entries(fields, "intervals"):
        start, end, state, reason = row(
            entry, at, "[start, end, state, reason]", required=3, length=4
        )
        yield StatedInterval(
            start=instant(start, f"{at}[0]"),
            end=instant(end, f"{at}[1]"),
            state=MachineState(choice(state, f"{at}[2]", MachineState, "state")),
            reason=optional_name(reason, f"{at}[3]"),
        )


def _quantities(fields: Fields) -> Iterable[Quantity]:
    for at, entry in entries(fields, "quantities"):
        given = read_fields(entry, at, QUANTITY_FIELDS)
        estimated = given.get("estimated", False)
        if not isinstance(estimated, bool):
            raise CaseError(f"{at}.estimated", "is neither true nor false")
        yield Quantity(
            at=instant(given.get("at"), f"{at}.at"),
            material=optional_name(given.get("material"), f"{at}.material"),
            estimated=estimated,
            **{key: number(given.get(key, 0), f"{at}.{key}") for key in QUANTITY_NUMBERS},
        )


def _counters(fields: Fields) -> Iterable[Counter]:
    for at, entry in entries(fields, "counters"):
        given = read_fields(entry, at, COUNTER_FIELDS)
        mode = CounterMode(choice(given.get("mode"), f"{at}.mode", CounterMode, "mode"))
        modulus = given.get("modulus")
        if mode is CounterMode.ROLLOVER and modulus is None:
            raise CaseError(f"{at}.modulus", "is missing; a rollover counter needs it")
        max_per_s = given.get("max_per_s")
        yield Counter(
            role=CounterRole(choice(given.get("role"), f"{at}.role", CounterRole, "role")),
            mode=mode,
            modulus=None if modulus is None else positive(modulus, f"{at}.modulus"),
            max_per_s=(None if max_per_s is None else at_least_zero(max_per_s, f"{at}.max_per_s")),
            readings=tuple(_readings(given, at, mode)),
        )


def _readings(counter: Fields, counter_at: str, mode: CounterMode) -> Iterable[tuple[int, Number]]:
    if "readings" not in counter:
        raise CaseError(f"{counter_at}.readings", "is missing")
    for at, entry in entries(counter, "readings", counter_at):
        moment, value = row(entry, at, "[instant, value]", required=2, length=2)
        if mode is CounterMode.PULSE and isinstance(value, bool):
            value = int(value)
        yield instant(moment, f"{at}[0]"), number(value, f"{at}[1]")

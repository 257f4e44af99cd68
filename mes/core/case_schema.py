"""JSON Schemas of the OEE case and its result, made from the tables of the parser and the kernel.

They describe the structure. What only the whole can tell (an end before its start, two states at
one instant) is said by `parse_case` alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from mes.core import case_json
from mes.core.case_model import SCHEMA as CASE
from mes.core.case_model import CounterMode, CounterRole
from mes.core.classes import MachineState, ReasonClass
from mes.core.flags import Flag
from mes.core.kpis import KPIS, Cause
from mes.core.oee import SCHEMA as RESULT
from mes.core.oee import TIME_ORDER
from mes.core.policies import POLICY_KEYS, PROFILES

Schema = dict[str, object]

DIALECT = "https://json-schema.org/draft/2020-12/schema"
ISO_TIMES = ("POT", "PBT", "AUBT", "AUPT", "APT", "AUST", "ADET", "ADOT")
AMOUNTS = ("PQ", "GQ", "SQ", "RQ")

_NULL: Schema = {"type": "null"}
_ANYTHING: Schema = {}
_NAME: Schema = {"type": "string", "minLength": 1}
_NAME_OR_NULL: Schema = {"anyOf": [_NAME, _NULL]}
_INSTANT: Schema = {
    "type": "string",
    "pattern": "^.{8,}[Tt ].*([Zz]|[+-][0-9]{2}(:?[0-9]{2})?.*)$",
    "description": "ISO 8601 with an offset or Z",
}
_NUMBER: Schema = {
    "anyOf": [
        {"type": "number"},
        {"type": "string", "pattern": "^[+-]?([0-9]+\\.?[0-9]*|\\.[0-9]+)([eE][+-]?[0-9]{1,3})?$"},
    ],
    "description": "a number, or its decimal digits as text",
}
_SPAN = {"type": "array", "prefixItems": [_INSTANT, _INSTANT], "minItems": 2, "maxItems": 2}
_COUNT_US: Schema = {"type": "integer", "minimum": 0}
_RATIO: Schema = {"type": ["number", "null"]}
_AMOUNT: Schema = {"type": ["number", "string"]}


def case_schema() -> Schema:
    """The JSON Schema of a case file (`oee-case/1`)."""
    return {
        "$schema": DIALECT,
        "title": CASE,
        **_object(
            {
                "schema": {"const": CASE},
                "time_zone": _NAME,
                "window": _SPAN,
                "as_of": _INSTANT,
                "policy": _policy(),
                "minor_stop_limit_s": _NUMBER,
                "shifts": _list(_SPAN),
                "planned": _list(_row(2, _INSTANT, _INSTANT, _NAME_OR_NULL)),
                "reasons": _map(_one_of(ReasonClass)),
                "failures": _list(_NAME),
                "materials": _map(_object({"ideal_cycle_s": _NUMBER, "pieces_per_cycle": _NUMBER})),
                "runs": _list(_run()),
                "states": _list(_row(2, _INSTANT, _one_of(MachineState), _NAME_OR_NULL)),
                "intervals": _list(
                    _row(3, _INSTANT, _INSTANT, _one_of(MachineState), _NAME_OR_NULL)
                ),
                "quantities": _list(_quantity()),
                "counters": _list(_counter()),
                **dict.fromkeys(case_json.REMARK_FIELDS, _ANYTHING),
            },
            required=("schema", "window"),
        ),
    }


def result_schema() -> Schema:
    """The JSON Schema of a result (`oee-result/1`); further fields may be added to it."""
    kpis = tuple(kpi.key for kpi in KPIS)
    times = ("window", *map(str, TIME_ORDER))
    return {
        "$schema": DIALECT,
        "title": RESULT,
        **_complete(
            {
                "schema": {"const": RESULT},
                "policy": _complete({"name": _NAME, "version": {"type": "integer", "minimum": 1}}),
                "times_us": _complete(dict.fromkeys(times, _COUNT_US)),
                "iso_us": _complete(dict.fromkeys(ISO_TIMES, _COUNT_US)),
                "quantities": _complete(dict.fromkeys((*AMOUNTS, "startup_scrap"), _AMOUNT)),
                "excluded": _complete(dict.fromkeys(AMOUNTS, _AMOUNT)),
                "kpis": _complete(dict.fromkeys(kpis, _RATIO)),
                "causes": {
                    "type": "object",
                    "properties": dict.fromkeys(kpis, _one_of(Cause)),
                },
                "coverage": _RATIO,
                "flags": {"type": "array", "items": _one_of(Flag), "uniqueItems": True},
            }
        ),
    }


def _policy() -> Schema:
    values = {key: _one_of(allowed) for key, allowed in POLICY_KEYS.items()}
    keys: dict[str, Schema] = {
        "name": _NAME,
        "version": {"type": "integer", "minimum": 1},
        **values,
    }
    written = {"type": "object", "properties": keys, "additionalProperties": False}
    return {"anyOf": [_one_of(PROFILES), written]}


def _run() -> Schema:
    fields: dict[str, Schema] = {
        "start": _INSTANT,
        "end": _INSTANT,
        "material": _NAME,
        "order": _NAME,
    }
    return _object(fields, required=("start",))


def _quantity() -> Schema:
    numbers = dict.fromkeys(case_json.QUANTITY_NUMBERS, _NUMBER)
    fields: dict[str, Schema] = {
        "at": _INSTANT,
        "material": _NAME,
        **numbers,
        "estimated": {"type": "boolean"},
    }
    return _object(fields, required=("at",))


def _counter() -> Schema:
    reading: Schema = {"anyOf": [_NUMBER, {"type": "boolean"}]}
    fields: dict[str, Schema] = {
        "role": _one_of(CounterRole),
        "mode": _one_of(CounterMode),
        "modulus": _NUMBER,
        "max_per_s": _NUMBER,
        "readings": {"type": "array", "items": _row(2, _INSTANT, reading)},
    }
    return _object(fields, required=("role", "mode", "readings"))


def _object(fields: Mapping[str, Schema], required: tuple[str, ...] = ()) -> Schema:
    """An object that knows its fields; null stands for an absent one."""
    properties = {
        key: schema if key in required or not schema else {"anyOf": [schema, _NULL]}
        for key, schema in fields.items()
    }
    return {
        "type": "object",
        "properties": properties,
        "required": list(required),
        "additionalProperties": False,
    }


def _complete(fields: Mapping[str, Schema]) -> Schema:
    return {"type": "object", "properties": dict(fields), "required": list(fields)}


def _map(values: Schema) -> Schema:
    return {"type": "object", "additionalProperties": values}


def _list(items: Schema) -> Schema:
    return {"type": "array", "items": items}


def _row(required: int, *items: Schema) -> Schema:
    return {
        "type": "array",
        "prefixItems": list(items),
        "minItems": required,
        "maxItems": len(items),
    }


def _one_of(names: Iterable[str]) -> Schema:
    return {"enum": [str(name) for name in names]}

"""The schemas of case and result describe exactly what parser and kernel know."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mes.core import case_json
from mes.core.case import CaseError, case_to_json, load_json, parse_case
from mes.core.case_schema import case_schema, result_schema
from mes.core.kpis import KPIS
from mes.core.oee import compute
from mes.core.policies import POLICY_FIELDS
from tests.core.cases import at, case
from tests.core.structure import violations

FILES = sorted((Path(__file__).parent.parent / "cases").glob("*.json"))


def fields_of(*path: str) -> set[str]:
    """The fields that the case schema knows in an object, found through lists and alternatives."""
    schema: Any = case_schema()
    for step in path:
        schema = _object_in(schema["properties"][step])
    return set(schema["properties"])


def _object_in(schema: Any) -> Any:
    if "anyOf" in schema:
        inner = (one for one in schema["anyOf"] if {"anyOf", "items", "properties"} & set(one))
        return _object_in(next(inner, schema["anyOf"][0]))
    if "items" in schema:
        return _object_in(schema["items"])
    other = schema.get("additionalProperties")
    return other if isinstance(other, dict) else schema


def test_the_case_schema_has_every_field_that_the_parser_knows_and_no_other() -> None:
    assert fields_of() == {*case_json.CASE_FIELDS, *case_json.REMARK_FIELDS}
    assert fields_of("policy") == set(POLICY_FIELDS)
    assert fields_of("materials") == set(case_json.MATERIAL_FIELDS)
    assert fields_of("runs") == set(case_json.RUN_FIELDS)
    assert fields_of("quantities") == set(case_json.QUANTITY_FIELDS)
    assert fields_of("counters") == set(case_json.COUNTER_FIELDS)


def test_the_result_schema_has_every_field_that_the_kernel_gives() -> None:
    properties: Any = result_schema()["properties"]
    result = compute(parse_case(case())).to_json()
    assert set(properties) == set(result)
    for part in ("policy", "times_us", "iso_us", "quantities", "excluded", "kpis"):
        assert set(properties[part]["properties"]) == set(result[part]), part  # type: ignore[call-overload]  # JSON data
    assert set(properties["causes"]["properties"]) == {kpi.key for kpi in KPIS}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_every_example_and_its_result_fit_their_schemas(file: Path) -> None:
    read = load_json(file.read_text("utf-8"))
    parsed = parse_case(read)
    written = json.loads(json.dumps(case_to_json(parsed)))
    result = json.loads(json.dumps(compute(parsed).to_json()))
    assert list(violations(read, case_schema())) == []
    assert list(violations(written, case_schema())) == []
    assert list(violations(result, result_schema())) == []


@pytest.mark.parametrize(
    "fields",
    [
        {"colour": "red"},
        {"window": [at(0)]},
        {"as_of": "2026-03-02T08:00:00"},
        {"policy": "nakajima"},
        {"policy": {"setup": "effectiveness"}},
        {"policy": {"version": True}},
        {"reasons": {"lunch": "running"}},
        {"materials": {"A": {"cycle": 1}}},
        {"materials": {"A": {"ideal_cycle_s": True}}},
        {"runs": [{"end": at(1)}]},
        {"states": [[at(0), "walking"]]},
        {"states": [[at(0), "running", "a", "b"]]},
        {"intervals": [[at(0), at(1)]]},
        {"quantities": [{"at": at(0), "good": "many"}]},
        {"quantities": [{"at": at(0), "estimated": 1}]},
        {"counters": [{"role": "all", "mode": "absolute", "readings": []}]},
        {"counters": [{"role": "total", "mode": "absolute"}]},
    ],
    ids=str,
)
def test_what_the_schema_refuses_the_parser_refuses_too(fields: dict[str, Any]) -> None:
    assert list(violations(case(**fields), case_schema()))
    with pytest.raises(CaseError):
        parse_case(case(**fields))


def test_null_stands_for_an_absent_field_in_both() -> None:
    absent = dict.fromkeys(set(case_json.CASE_FIELDS) - {"schema", "window", "states"})
    assert list(violations(case(**absent), case_schema())) == []
    parse_case(case(**absent))

"""The worked examples and the examples of the contract, each with the result it must have."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mes.core.case import case_to_json, load_json, parse_case
from mes.core.oee import compute

FILES = sorted((Path(__file__).parent.parent / "cases").glob("*.json"))


def approximately(expected: object) -> object:
    """The same structure with every number compared within 1e-12."""
    if isinstance(expected, dict):
        return {key: approximately(value) for key, value in expected.items()}
    return pytest.approx(expected, rel=0, abs=1e-12) if isinstance(expected, float) else expected


def expected_of(file: Path) -> dict[str, Any]:
    expected: dict[str, Any] = json.loads(file.read_text("utf-8"))["expect"]
    return expected


def part_of(result: dict[str, Any], expected: dict[str, Any]) -> dict[str, Any]:
    """The fields of a result that an expectation speaks of."""
    return {
        key: {name: result[key][name] for name in value} if isinstance(value, dict) else result[key]
        for key, value in expected.items()
    }


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_case_file_gives_the_result_it_expects(file: Path) -> None:
    computed = compute(parse_case(load_json(file.read_text("utf-8")))).to_json()
    expected = expected_of(file)
    assert part_of(computed, expected) == approximately(expected)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_case_written_and_read_again_is_the_same_case(file: Path) -> None:
    case = parse_case(load_json(file.read_text("utf-8")))
    assert parse_case(load_json(json.dumps(case_to_json(case)))) == case


def test_all_worked_examples_are_there() -> None:
    names = {file.stem.split("-")[0] for file in FILES}
    examples = {"w1", "w2", "w3", "w4", "w5", "w6", "w11a", "w11b", "w11c", "w11d"}
    examples |= {"w12a", "w12b", "w12c", "w13", "w15", "w16a", "w16b", "w16c", "w19", "w20"}
    assert names == examples | {"w21", "w25", "contract"}


def test_dropping_speed_from_the_product_as_a_published_package_does_is_wrong() -> None:
    file = next(file for file in FILES if file.stem.startswith("w20"))
    oee = compute(parse_case(load_json(file.read_text("utf-8")))).kpis["oee"]
    assert oee is not None
    assert float(oee) == 0.144
    assert float(oee) != pytest.approx(0.864)

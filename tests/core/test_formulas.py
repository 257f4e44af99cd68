"""A formula is filled in with the numbers of its result, and gives the result."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from hypothesis import given, settings

from mes.core.case import parse_case
from mes.core.formulas import Measure, Term, filled, kpi_of
from mes.core.kpis import KPIS
from mes.core.oee import compute
from tests.core.strategies import cases


@settings(max_examples=60, deadline=None, derandomize=True)
@given(cases())
def test_every_formula_of_the_table_computes_its_own_value(data: dict[str, Any]) -> None:
    result = compute(parse_case(data))
    for kpi in KPIS:
        found = filled(result, kpi)
        assert found.value == result.kpis[kpi.key]
        if found.value is None or any(term.value is None for term in found.terms):
            continue
        if kpi.key == "nee" and not found.value:
            continue  # 0 by definition where nothing good was made
        assert _evaluated(found.parts, kpi.unit) == found.value, kpi.key


def test_every_formula_is_made_of_known_terms_only() -> None:
    result = compute(
        parse_case(
            {
                "schema": "oee-case/1",
                "window": ["2026-01-01T00:00:00Z", "2026-01-01T01:00:00Z"],
                "states": [["2026-01-01T00:00:00Z", "running"]],
            }
        )
    )
    for kpi in KPIS:
        texts = [part for part in filled(result, kpi).parts if isinstance(part, str)]
        assert not any(letter.isalpha() for text in texts for letter in text), kpi.formula


def test_a_key_without_a_kpi_has_no_formula() -> None:
    assert kpi_of("oee") is not None
    assert kpi_of("nothing") is None


def _evaluated(parts: tuple[str | Term, ...], unit: str) -> Fraction:
    """The value of the printed formula with exact numbers in place of its terms."""
    hours = Fraction(3_600_000_000) if unit in ("1/h", "h") else Fraction(1)

    def number(term: Term) -> str:
        assert term.value is not None
        value = term.value / hours if term.measure is Measure.MICROSECONDS else term.value
        return f"Fraction({value.numerator}, {value.denominator})"

    text = "".join(part if isinstance(part, str) else number(part) for part in parts)
    value: Fraction = eval(text.replace("×", "*"), {"Fraction": Fraction})
    return value

"""Characteristics and the judgement of what was measured."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mes.core.quality import (
    CHARACTERISTICS_MAX,
    Characteristic,
    Kind,
    Verdict,
    characteristic_from,
    judged,
    measure_of,
    mistakes_of,
    verdict_of,
)

NAMES = {"ko": "외경", "en": "Outer diameter"}
DIAMETER = Characteristic(
    key="c1",
    names=NAMES,
    kind=Kind.NUMBER,
    unit="mm",
    target=Decimal("12.00"),
    lower=Decimal("11.95"),
    upper=Decimal("12.05"),
    decimals=2,
)
LOOK = Characteristic(key="c2", names=NAMES, kind=Kind.PASS_FAIL)
REMARK = Characteristic(key="c3", names=NAMES, kind=Kind.TEXT, required=False)
PLAN = (DIAMETER, LOOK, REMARK)


def verdicts(**values: object) -> dict[str, Verdict | None]:
    found, mistakes = judged(PLAN, values)
    assert mistakes == {}
    return {one.key: one.verdict for one in found}


def test_the_limits_belong_to_the_range() -> None:
    for text, verdict in (
        ("11.95", "pass"),
        ("12.05", "pass"),
        ("12.050000", "pass"),
        ("12.050001", "fail"),
        ("11.949999", "fail"),
        ("-12", "fail"),
    ):
        assert verdicts(c1=text, c2="pass")["c1"] == verdict, text


def test_a_limit_that_is_missing_leaves_its_side_open() -> None:
    only_upper = replace(DIAMETER, lower=None, target=None)
    found, _ = judged([only_upper], {"c1": "-1000000"})
    assert found[0].verdict is Verdict.PASS


def test_one_value_out_of_range_fails_the_check_and_text_is_not_judged() -> None:
    found, _ = judged(PLAN, {"c1": "12", "c2": "fail", "c3": "긁힘"})
    assert verdict_of(found) is Verdict.FAIL
    assert [one.verdict for one in found] == [Verdict.PASS, Verdict.FAIL, None]
    found, _ = judged(PLAN, {"c1": "12", "c2": "pass"})
    assert verdict_of(found) is Verdict.PASS


def test_required_values_unknown_keys_and_worst_values_are_told_by_key() -> None:
    def wrong(**values: object) -> set[str]:
        return set(judged(PLAN, values)[1])

    assert wrong() == {"c1", "c2"}
    assert wrong(c1="  ", c2="pass") == {"c1"}
    assert wrong(c1="12", c2="pass", c9="1") == {"c9"}
    for value in ("NaN", "inf", "1e99", "12.0000001", "1" * 13, "<script>", "1" * 10_000, "--1"):
        assert wrong(c1=value, c2="pass") == {"c1"}, value
    others: list[object] = [float("nan"), float("inf"), True, [], {}]
    for other in others:
        assert wrong(c1=other, c2="pass") == {"c1"}, other
    assert wrong(c1="12", c2="maybe") == {"c2"}
    assert wrong(c1="12", c2="pass", c3="x" * 501) == {"c3"}
    assert wrong(c1="12", c2="pass", c3="a\x00b") == {"c3"}
    assert set(judged([REMARK], {})[1]) == {"values"}, "an empty check is none"


def test_full_width_digits_and_signs_are_read_as_people_mean_them() -> None:
    assert measure_of("１２．０５") == Decimal("12.05")
    assert measure_of(" \u22120.5 ") == Decimal("-0.5")
    assert measure_of(12) == Decimal(12)
    assert measure_of(0.1) == Decimal("0.1")


@given(st.decimals(-(10**11), 10**11, places=6))
def test_a_measurement_keeps_its_value_exactly(value: Decimal) -> None:
    assert measure_of(format(value, "f")) == value


def test_a_characteristic_is_stored_and_read_back() -> None:
    for one in PLAN:
        assert characteristic_from(one.to_json()) == one
    assert DIAMETER.to_json()["lower"] == "11.95"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"names": {"ko": "", "en": "x"}}, "0.ko"),
        ({"names": {"ko": "가", "en": "a\nb"}}, "0.en"),
        ({"unit": "x" * 21}, "0.unit"),
        ({"decimals": 7}, "0.decimals"),
        ({"lower": Decimal(13)}, "0.upper"),
        ({"target": Decimal(13)}, "0.target"),
    ],
)
def test_what_is_wrong_with_a_plan_is_told_by_field(change: dict[str, object], field: str) -> None:
    assert list(mistakes_of([replace(DIAMETER, **change)])) == [field]  # type: ignore[arg-type]  # fields by name
    assert mistakes_of(PLAN) == {}


def test_a_plan_has_at_least_one_characteristic_and_a_most() -> None:
    assert list(mistakes_of([])) == ["characteristics"]
    assert "characteristics" in mistakes_of([LOOK] * (CHARACTERISTICS_MAX + 1))

"""The ladder of times: rungs end in the kernel's OEE, and losses fill what is missing."""

from __future__ import annotations

import json
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given

from mes.core.case import Case, load_json, parse_case
from mes.core.classes import TimeClass
from mes.core.oee import OeeResult, classify, result_of, tally
from mes.core.policies import PROFILES
from mes.features.screens.report.ladder import (
    Factor,
    LossKind,
    Rung,
    Step,
    ladder,
    losses_of,
    unclassified_us,
)
from tests.core.strategies import cases

FILES = sorted((Path(__file__).parents[2] / "cases").glob("*.json"))


def steps_of(case: Case, policy_name: str = "tpm") -> tuple[OeeResult, tuple[Step, ...]]:
    """Result and rungs of a case under a profile."""
    policy = PROFILES[policy_name]
    result = result_of(tally(case), policy)
    return result, ladder(result, classify(case))


def case_of(**parts: object) -> Case:
    return parse_case(load_json(json.dumps({"schema": "oee-case/1", **parts})))


def check(case: Case, policy_name: str) -> None:
    result, steps = steps_of(case, policy_name)
    by_rung = {step.rung: step for step in steps}
    for above, below in pairwise(steps):
        assert above.us - below.lost_us == below.us, (policy_name, below.rung)
    pbt, value = by_rung[Rung.LOADING].us, by_rung[Rung.VALUE].us
    assert result.kpis["oee"] == (value / pbt if pbt else None)
    assert sum((loss.us for loss in losses_of(steps)), Fraction(0)) == pbt - value
    assert Factor.OUTSIDE not in {loss.factor for loss in losses_of(steps)}


@pytest.mark.parametrize("policy_name", sorted(PROFILES))
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_rung_is_the_one_above_less_its_losses(path: Path, policy_name: str) -> None:
    check(parse_case(load_json(path.read_text(encoding="utf-8"))), policy_name)


@given(cases())
def test_the_rungs_of_any_case_end_in_its_oee(data: dict[str, Any]) -> None:
    case = parse_case(data)
    for policy_name in PROFILES:
        check(case, policy_name)


SHIFT = {
    "time_zone": "UTC",
    "window": ["2026-03-11T08:00:00Z", "2026-03-11T10:00:00Z"],
    "materials": {"A": {"ideal_cycle_s": 2}},
    "reasons": {"jam": "unplanned_stop", "lunch": "break"},
    "states": [
        ["2026-03-11T08:00:00Z", "running"],
        ["2026-03-11T08:30:00Z", "stopped"],
        ["2026-03-11T08:40:00Z", "running"],
        ["2026-03-11T09:00:00Z", "down", "jam"],
        ["2026-03-11T09:20:00Z", "running"],
        ["2026-03-11T09:30:00Z", "stopped"],
        ["2026-03-11T09:31:00Z", "running"],
    ],
    "quantities": [{"at": "2026-03-11T09:59:00Z", "material": "A", "good": 2000, "scrap": 50}],
}


def test_a_stop_without_a_reason_is_a_row_of_its_own() -> None:
    case = case_of(**SHIFT)
    _, steps = steps_of(case)
    kinds = {loss.kind: loss for loss in losses_of(steps)}
    assert kinds[LossKind.UNCLASSIFIED].us == 600_000_000
    assert unclassified_us(classify(case), PROFILES["tpm"]) == 600_000_000
    assert kinds[LossKind.MINOR].us == 60_000_000
    assert kinds[LossKind.MINOR].count == 1
    assert kinds[LossKind.REJECTS].count == 50
    named = [loss for loss in losses_of(steps) if loss.reason == "jam"]
    assert [loss.us for loss in named] == [1_200_000_000]


def test_losses_come_largest_first() -> None:
    _, steps = steps_of(case_of(**SHIFT))
    sizes = [loss.us for loss in losses_of(steps)]
    assert sizes == sorted(sizes, reverse=True)


def test_a_machine_faster_than_its_rate_shows_a_gain_and_nothing_is_clamped() -> None:
    fast = {**SHIFT, "quantities": [{"at": "2026-03-11T09:59:00Z", "good": 4000, "material": "A"}]}
    result, steps = steps_of(case_of(**fast))
    speed = next(loss for loss in losses_of(steps) if loss.kind is LossKind.SPEED)
    assert speed.us < 0
    assert result.kpis["oee"] == steps[-1].us / steps[1].us


def test_a_break_within_a_stop_is_the_break_and_not_the_reason_of_the_stop() -> None:
    lunch = [["2026-03-11T09:05:00Z", "2026-03-11T09:15:00Z", "lunch"]]
    _, steps = steps_of(case_of(**SHIFT | {"planned": lunch}))
    taken = {(loss.time_class, loss.reason): loss.us for step in steps for loss in step.losses}
    assert taken[TimeClass.BREAK, None] == 600_000_000
    assert taken[TimeClass.UNPLANNED_STOP, "jam"] == 600_000_000

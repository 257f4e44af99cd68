"""Plan and good per column."""

from __future__ import annotations

import json
from fractions import Fraction

from mes.core.case import Case, Material, Span, load_json, parse_case
from mes.core.instants import parse_instant
from mes.features.oee.bins import bins_of, planned_time

HOUR = 3_600_000_000
START = parse_instant("2026-03-11T08:00:00Z")


def case_of(**parts: object) -> Case:
    base = {
        "schema": "oee-case/1",
        "time_zone": "UTC",
        "window": ["2026-03-11T08:00:00Z", "2026-03-11T12:00:00Z"],
        "materials": {"A": {"ideal_cycle_s": 2}, "B": {"ideal_cycle_s": 4}},
        "reasons": {"rest": "break"},
    }
    return parse_case(load_json(json.dumps({**base, **parts})))


def hours(count: int) -> list[Span]:
    return [Span(START + n * HOUR, START + (n + 1) * HOUR) for n in range(count)]


def run(material: str, start: str, end: str | None) -> dict[str, object]:
    return {"start": start, "end": end, "material": material, "order": "WO"}


def test_the_plan_is_planned_time_at_the_rate_of_the_loaded_order() -> None:
    case = case_of(
        runs=[
            run("A", "2026-03-11T08:00:00Z", "2026-03-11T08:30:00Z"),
            run("B", "2026-03-11T08:30:00Z", None),
        ],
        planned=[["2026-03-11T09:00:00Z", "2026-03-11T09:30:00Z", "rest"]],
    )
    plans = [one.plan for one in bins_of(case, hours(3), None)]
    assert plans == [900 + 450, 450, 900]


def test_without_an_order_the_default_item_gives_the_rate() -> None:
    case = case_of(runs=[])
    assert [one.plan for one in bins_of(case, hours(1), Material(ideal_cycle_s=3))] == [1200]
    assert [one.plan for one in bins_of(case, hours(1), None)] == [None]


def test_the_hour_that_runs_is_planned_so_far_and_the_future_has_no_actual() -> None:
    case = case_of(
        as_of="2026-03-11T09:30:00Z",
        runs=[run("A", "2026-03-11T08:00:00Z", None)],
        quantities=[
            {"at": "2026-03-11T08:10:00Z", "material": "A", "good": 700},
            {"at": "2026-03-11T09:10:00Z", "material": "A", "good": 1000},
        ],
    )
    first, second, third = bins_of(case, hours(3), None)
    assert [first.plan, first.good, first.gap] == [1800, 700, -1100]
    assert [second.plan, second.good, second.gap] == [900, 1000, 100]
    assert [third.plan, third.good, third.gap] == [1800, None, None]


def test_sums_given_from_outside_are_taken() -> None:
    bins = bins_of(case_of(runs=[]), hours(2), None, [Fraction(3), Fraction(4)])
    assert [one.good for one in bins] == [3, 4]


def test_planned_time_leaves_breaks_and_unscheduled_time_out() -> None:
    case = case_of(
        shifts=[["2026-03-11T08:00:00Z", "2026-03-11T10:00:00Z"]],
        planned=[
            ["2026-03-11T07:00:00Z", "2026-03-11T08:15:00Z", "rest"],
            ["2026-03-11T09:00:00Z", "2026-03-11T09:10:00Z", "rest"],
        ],
    )
    minute = HOUR // 60
    assert planned_time(case) == [
        Span(START + 15 * minute, START + 60 * minute),
        Span(START + 70 * minute, START + 120 * minute),
    ]
    assert [one.planned for one in bins_of(case, hours(3), None)] == [True, True, False]

"""Failures of real signals: the flag of the reason reaches cases, roll-ups and MTBF."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from mes.core.case import case_to_json, parse_case
from mes.core.case_model import Span
from mes.core.oee import compute, result_of
from mes.core.tally import Failures
from mes.db import Database
from mes.features.oee.queries import unit_at
from mes.features.oee.service import unit_case, unit_tally
from tests.features.production.plant import DAY_START, HOUR, MINUTE, PLANT, Feed, apply_plant

HOURS = 72
FAILING = PLANT.replace(
    "en: Jam}, class: unplanned_stop}", "en: Jam}, class: unplanned_stop, failure: true}"
)


def feed(database: Database) -> None:
    """press-1 fails for twelve minutes each hour, on the hour, and stops once more for six."""
    lines = Feed(database)
    for hour in range(HOURS):
        at = hour * HOUR
        lines.value(at, "fault", 7)
        lines.value(at, "state", 3)
        lines.value(at + 12 * MINUTE, "fault", 0)
        lines.value(at + 12 * MINUTE, "state", 2)
        lines.value(at + 30 * MINUTE, "state", 1)
        lines.value(at + 36 * MINUTE, "state", 2)
    lines.send(covered=HOURS * HOUR)


def test_a_fault_code_whose_reason_is_a_failure_counts_over_facts_and_over_roll_ups(
    database: Database,
) -> None:
    assert FAILING != PLANT
    apply_plant(database, FAILING)
    feed(database)
    with database.reading() as session:
        given = unit_at(session, "press-1", DAY_START + HOURS * HOUR)
        morning = Span(DAY_START, DAY_START + 4 * HOUR)
        case = unit_case(session, given, morning)
        days = Span(DAY_START, DAY_START + 48 * HOUR)
        stored = unit_tally(session, given, days)
        whole = unit_case(session, given, days)
    made = compute(parse_case(case_to_json(case)))
    assert made.figures.failures == Failures(count=4, restored=4, us=48 * MINUTE)
    assert (made.kpis["mttr_h"], made.kpis["mtbf_h"]) == (Fraction(12, 60), Fraction(42, 60))
    direct = compute(whole)
    assert direct.figures.failures is not None
    assert (direct.figures.failures.count, direct.figures.failures.restored) == (48, 48)
    assert stored.failures == direct.figures.failures
    assert stored.loaded_us == direct.figures.loaded_us
    assert result_of(stored, whole.policy).kpis == direct.kpis


def test_without_the_flag_the_same_stops_are_no_failures(database: Database) -> None:
    apply_plant(database)
    feed(database)
    with database.reading() as session:
        given = unit_at(session, "press-1", DAY_START + HOURS * HOUR)
        case = unit_case(session, given, Span(DAY_START, DAY_START + 4 * HOUR))
    assert compute(case).figures.failures == Failures()
    assert compute(replace(case, failures=None)).causes["mtbf_h"] == "failures_unknown"

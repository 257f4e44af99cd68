"""Properties of the kernel under any mess of input; those of single rules stand in `rules`."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from mes.core.case import case_to_json, load_json, parse_case
from mes.core.oee import Tally, compute, result_of, tally
from tests.core import oracle
from tests.core.cases import MINUTE_US, at
from tests.core.oracle import Mess
from tests.core.strategies import cases, messes, to_case, working_messes

PROPERTY = settings(max_examples=100, deadline=None, derandomize=True)


@PROPERTY
@given(messes() | working_messes())
def test_times_and_the_provisional_flag_equal_a_minute_by_minute_reading(mess: Mess) -> None:
    made = compute(parse_case(to_case(mess))).to_json()
    found = [oracle.final_class(mess, minute, -12) for minute in mess.minutes]
    expected = Counter(name for name, _, _ in found)
    times: Any = made["times_us"]
    minutes = {key: us / MINUTE_US for key, us in times.items() if us and key != "window"}
    assert minutes == expected
    provisional = any(provisional for _, provisional, _ in found)
    flags: Any = made["flags"]
    assert ("provisional_stop" in flags) == provisional


@PROPERTY
@given(messes() | working_messes(), st.lists(st.integers(-3, 35), unique=True, max_size=12))
def test_pieces_count_where_a_minute_by_minute_reading_says_so(
    mess: Mess, instants: list[int]
) -> None:
    bookings = [{"at": at(minute), "good": 1} for minute in instants]
    made = compute(parse_case({**to_case(mess), "quantities": bookings})).figures
    inside = [
        oracle.final_class(mess, minute, -12) for minute in instants if minute in mess.minutes
    ]
    left_out = sum(
        name == "unknown" or (outside_plan and not mess.adds) for name, _, outside_plan in inside
    )
    assert made.excluded.total == left_out
    assert made.counted.total == len(inside) - left_out


@PROPERTY
@given(cases())
def test_a_case_survives_being_written_and_read(data: dict[str, Any]) -> None:
    case = parse_case(data)
    assert parse_case(load_json(json.dumps(case_to_json(case)))) == case


@PROPERTY
@given(cases())
def test_a_tally_survives_being_stored_and_gives_the_same_result(data: dict[str, Any]) -> None:
    case = parse_case(data)
    stored = Tally.from_json(json.loads(json.dumps(tally(case).to_json())))
    assert stored == tally(case)
    assert result_of(stored, case.policy) == compute(case)


@PROPERTY
@given(cases())
def test_the_times_of_iso_are_always_fully_accounted(data: dict[str, Any]) -> None:
    figures = compute(parse_case(data)).figures
    assert figures.pbt_us == figures.aubt_us + figures.adot_us
    assert figures.pbt_us <= figures.window_us
    assert min(figures.adet_us, figures.adot_us, figures.aust_us, figures.apt_us) >= 0


@PROPERTY
@given(cases())
def test_a_kpi_is_null_exactly_when_a_cause_is_named(data: dict[str, Any]) -> None:
    made: Any = compute(parse_case(data)).to_json()
    assert {key for key, value in made["kpis"].items() if value is None} == made["causes"].keys()
    assert (made["kpis"]["oee"] is None) == (made["iso_us"]["PBT"] == 0)

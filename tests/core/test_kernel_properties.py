"""Properties of the kernel under any mess of input (rules R1, R4, R8, R12, R34)."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from itertools import pairwise
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from mes.core.case import Span, case_to_json, effective_window, load_json, parse_case
from mes.core.oee import Tally, classify, compute, result_of, sum_of, tally
from mes.core.policies import PROFILES
from tests.core import oracle
from tests.core.cases import MINUTE_US, at
from tests.core.oracle import Mess
from tests.core.strategies import cases, messes, to_case

PROPERTY = settings(max_examples=100, deadline=None, derandomize=True)


@PROPERTY
@given(messes())
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
@given(messes(), st.lists(st.integers(-3, 35), unique=True, max_size=12))
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
def test_the_classes_partition_the_window_to_the_microsecond(data: dict[str, Any]) -> None:
    case = parse_case(data)
    window, segments = effective_window(case), classify(case)
    assert sum(segment.length_us for segment in segments) == window.end - window.start
    assert all(one.end == other.start for one, other in pairwise(segments))
    assert all(segment.length_us > 0 for segment in segments)
    times = compute(case).figures.times_us
    assert sum(times.values()) == window.end - window.start
    assert min(times.values()) >= 0


@PROPERTY
@given(cases(), st.lists(st.integers(0, 30 * MINUTE_US), max_size=6))
def test_any_tiling_of_a_window_gives_the_same_times_and_quantities(
    data: dict[str, Any], cuts: list[int]
) -> None:
    case = parse_case(data)
    start, end = case.window.start, case.window.end
    inner = {start + cut for cut in cuts if start + cut < end}
    edges = [start, *sorted(inner - {start}), end]
    tiles = [replace(case, window=Span(*edge)) for edge in pairwise(edges)]
    assert sum_of(tally(tile) for tile in tiles) == tally(case)


@PROPERTY
@given(cases())
def test_moving_the_minor_stop_limit_never_changes_oee(data: dict[str, Any]) -> None:
    for profile in PROFILES:
        found = {
            compute(parse_case({**data, "policy": profile, "minor_stop_limit_s": limit})).kpis[
                "oee"
            ]
            for limit in (0, 60, 240, 86_400)
        }
        assert len(found) == 1


@PROPERTY
@given(cases())
def test_oee_is_availability_times_effectiveness_times_quality(data: dict[str, Any]) -> None:
    kpis: Any = compute(parse_case(data)).to_json()["kpis"]
    factors = [kpis[key] for key in ("availability", "effectiveness", "quality_ratio")]
    if None not in factors:
        availability, effectiveness, quality = factors
        assert abs(kpis["oee"] - availability * effectiveness * quality) < 1e-9


@PROPERTY
@given(cases(), st.randoms(use_true_random=False))
def test_the_order_of_lists_and_equal_repeats_never_matter(
    data: dict[str, Any], random: Any
) -> None:
    def shuffled(value: Any) -> Any:
        return random.sample(value * 2, len(value) * 2) if isinstance(value, list) else value

    other = {key: value if key == "window" else shuffled(value) for key, value in data.items()}
    other["counters"] = [
        {**one, "readings": shuffled(one["readings"])} for one in other["counters"]
    ]
    assert compute(parse_case(other)).to_json() == compute(parse_case(data)).to_json()


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

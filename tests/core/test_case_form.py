"""The form of an OEE case: fields, defaults, lists and mistakes (contract section 1)."""

from __future__ import annotations

import random
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from mes.core.case import Case, CaseError, Material, Run, Span, load_json, parse_case
from mes.core.oee import compute, tally
from mes.core.policies import ISO22400, TPM
from tests.core.cases import MINUTE_US, at, case, minutes, mistake, result


def parsed(**fields: Any) -> Case:
    return parse_case(case(**fields))


def test_as_of_is_the_end_of_the_window_by_default() -> None:
    assert parsed().as_of == parsed().window.end


def test_an_absent_policy_is_iso22400() -> None:
    assert parsed().policy == ISO22400


def test_the_minor_stop_limit_is_300_s_by_default() -> None:
    assert parsed().minor_stop_limit_us == 300_000_000


def test_the_minor_stop_limit_may_have_decimals() -> None:
    assert parsed(minor_stop_limit_s="0.0000015").minor_stop_limit_us == 1
    assert parsed(minor_stop_limit_s=2.5).minor_stop_limit_us == 2_500_000


def test_without_shifts_the_whole_window_is_planned() -> None:
    assert minutes() == {"running": 60}


def test_an_empty_list_of_shifts_schedules_nothing() -> None:
    assert minutes(shifts=[], states=[[at(0), "stopped"]]) == {"not_scheduled": 60}


def test_without_runs_the_only_material_is_loaded() -> None:
    made = result(quantities=[{"at": at(1), "good": 10}])
    assert made["kpis"]["effectiveness"] == pytest.approx(60 / 3600)
    assert made["flags"] == []


def test_without_runs_no_named_material_is_loaded_when_there_are_several() -> None:
    materials = {"A": {"ideal_cycle_s": 6}, "B": {"ideal_cycle_s": 6}}
    made = result(materials=materials, quantities=[{"at": at(1), "good": 10}])
    assert made["flags"] == ["rate_missing"]


def test_an_empty_list_of_runs_loads_nothing() -> None:
    assert minutes(runs=[], states=[[at(0), "stopped"]]) == {"no_order": 60}


def test_null_means_absent() -> None:
    assert parsed(shifts=None, runs=None, as_of=None, policy=None) == parsed()


def test_an_open_run_ends_at_as_of() -> None:
    runs = [{"start": at(0), "end": None, "material": "A", "order": "WO-1"}]
    assert parsed(runs=runs).runs == (
        Run(start=parsed().window.start, end=None, material="A", order="WO-1"),
    )
    assert minutes(runs=runs, states=[[at(0), "stopped"]], as_of=at(90)) == {"unplanned_stop": 60}


def test_numbers_of_materials_may_be_strings_to_keep_decimals_exact() -> None:
    materials = {"A": {"ideal_cycle_s": "0.1", "pieces_per_cycle": "3"}}
    assert parsed(materials=materials).materials == {
        "A": Material(ideal_cycle_s=Fraction(1, 10), pieces_per_cycle=3)
    }


def test_one_piece_is_made_per_cycle_by_default() -> None:
    assert parsed().materials["A"].pieces_per_cycle == 1


def test_decimals_of_json_lose_no_digit() -> None:
    data = load_json('{"a": 0.12345678901234567890123}')
    assert data == {"a": Decimal("0.12345678901234567890123")}


def test_the_policy_may_be_a_profile_name() -> None:
    assert parsed(policy="tpm").policy == TPM


def test_the_time_zone_is_used_for_printing_only() -> None:
    made = [result(time_zone=zone) for zone in ("Asia/Seoul", "America/New_York", "UTC")]
    assert made[0] == made[1] == made[2]


def test_an_expectation_and_remarks_change_nothing() -> None:
    assert parsed(expect={"kpis": {"oee": 2}}, note="why 71 %?") == parsed()


def test_the_order_of_lists_does_not_matter_and_equal_repeats_count_once() -> None:
    fields: dict[str, Any] = {
        "reasons": {"lunch": "break", "jam": "unplanned_stop"},
        "materials": {"A": {"ideal_cycle_s": 6}, "B": {"ideal_cycle_s": 3}},
        "shifts": [[at(0), at(30)], [at(20), at(55)]],
        "planned": [[at(10), at(15), "lunch"], [at(40), at(42), "meeting"]],
        "runs": [
            {"start": at(0), "end": at(25), "material": "A", "order": "1"},
            {"start": at(30), "end": None, "material": "B", "order": "2"},
        ],
        "states": [[at(0), "running"], [at(5), "stopped", "jam"], [at(7), "running"]],
        "intervals": [[at(20), at(24), "down", None], [at(22), at(26), "setup", "x"]],
        "quantities": [{"at": at(3), "good": 5}, {"at": at(33), "good": 7, "scrap": 1}],
        "counters": [
            {
                "role": "total",
                "mode": "absolute",
                "readings": [[at(0), 0], [at(9), 20], [at(50), 60]],
            },
            {"role": "scrap", "mode": "absolute", "readings": [[at(0), 0], [at(44), 3]]},
        ],
    }
    expected = tally(parsed(**fields))
    shuffler = random.Random(7)
    for _ in range(20):
        shuffled = {
            key: shuffler.sample(value * 2, len(value) * 2) if isinstance(value, list) else value
            for key, value in fields.items()
        }
        assert tally(parsed(**shuffled)) == expected


def test_equal_means_equal_in_meaning() -> None:
    quantities = [
        {"at": "2026-03-02T08:01:00+09:00", "good": 3},
        {"at": "2026-03-01T23:01:00Z", "good": "3.0", "scrap": 0, "estimated": False},
    ]
    assert result(quantities=quantities)["quantities"]["PQ"] == 3


def test_equal_states_at_one_instant_are_no_mistake() -> None:
    states = [[at(0), "stopped"], ["2026-03-01T23:00:00Z", "stopped", None]]
    assert minutes(states=states) == {"unplanned_stop": 60}


def test_two_equal_counters_count_once() -> None:
    counter = {"role": "total", "mode": "absolute", "readings": [[at(0), 0], [at(9), 4]]}
    assert result(counters=[counter, counter])["quantities"]["PQ"] == 4


@pytest.mark.parametrize(
    ("fields", "field", "reason"),
    [
        ({"schema": "oee-case/2"}, "schema", "oee-case/1"),
        ({"schema": None}, "schema", "oee-case/1"),
        ({"window": None}, "window", "missing"),
        ({"window": [at(0)]}, "window", "[start, end]"),
        ({"window": [at(60), at(0)]}, "window", "before the start"),
        ({"window": ["2026-03-02T08:00:00", at(60)]}, "window[0]", "no offset"),
        ({"window": ["yesterday", at(60)]}, "window[0]", "ISO 8601"),
        ({"window": [0, at(60)]}, "window[0]", "ISO 8601"),
        ({"as_of": "2026-03-02"}, "as_of", "no offset"),
        ({"time_zone": "Asia/Soul"}, "time_zone", "unknown time zone 'Asia/Soul'"),
        ({"time_zone": 9}, "time_zone", "not a name"),
        ({"minor_stop_limit_s": -1}, "minor_stop_limit_s", "below 0"),
        ({"minor_stop_limit_s": "soon"}, "minor_stop_limit_s", "not a decimal number"),
        ({"stats": []}, "stats", "unknown field"),
        ({"shifts": [[at(9), at(8)]]}, "shifts[0]", "before the start"),
        ({"shifts": {}}, "shifts", "not a list"),
        ({"planned": [[at(9), at(8), "x"]]}, "planned[0]", "before the start"),
        ({"planned": [[at(8)]]}, "planned[0]", "[start, end, reason]"),
        ({"planned": [[at(8), at(9), 5]]}, "planned[0][2]", "not a name"),
        ({"reasons": {"x": "lunch"}}, "reasons.x", "unknown class 'lunch'"),
        ({"reasons": {"x": "running"}}, "reasons.x", "unknown class 'running'"),
        ({"reasons": {"x": None}}, "reasons.x", "missing"),
        ({"reasons": []}, "reasons", "not an object"),
        ({"reasons": {"": "break"}}, "a name in reasons", "not a name"),
        ({"failures": {}}, "failures", "not a list"),
        ({"failures": [5]}, "failures[0]", "not a name"),
        ({"failures": ["jam"]}, "failures[0]", "not a listed reason of class unplanned_stop"),
        ({"materials": {"A": 5}}, "materials.A", "not an object"),
        ({"materials": {"A": {"cycle": 5}}}, "materials.A.cycle", "unknown field"),
        ({"materials": {"A": {"ideal_cycle_s": 0}}}, "materials.A.ideal_cycle_s", "above 0"),
        ({"materials": {"A": {"pieces_per_cycle": -1}}}, "materials.A.pieces_per_cycle", "above"),
        ({"materials": {"A": {"ideal_cycle_s": True}}}, "materials.A.ideal_cycle_s", "a number"),
        ({"runs": [{"end": at(5)}]}, "runs[0].start", "missing"),
        ({"runs": [{"start": at(5), "end": at(4)}]}, "runs[0]", "before the start"),
        ({"runs": [{"start": at(5), "until": at(4)}]}, "runs[0].until", "unknown field"),
        ({"states": [[at(0), "walking"]]}, "states[0][1]", "unknown state 'walking'"),
        ({"states": [[at(0), None]]}, "states[0][1]", "missing"),
        ({"states": [[at(0)]]}, "states[0]", "[instant, state, reason]"),
        ({"states": [["8 o'clock", "running"]]}, "states[0][0]", "ISO 8601"),
        ({"states": [[at(0), "stopped", ""]]}, "states[0][2]", "not a name"),
        ({"intervals": [[at(3), at(2), "down", "x"]]}, "intervals[0]", "before the start"),
        ({"intervals": [[at(3), at(4), "minor_stop", "x"]]}, "intervals[0][2]", "unknown state"),
        ({"intervals": [[at(3), None, "down", "x"]]}, "intervals[0][1]", "missing"),
        ({"intervals": [[at(3), at(4)]]}, "intervals[0]", "[start, end, state, reason]"),
        ({"quantities": [{"good": 1}]}, "quantities[0].at", "missing"),
        ({"quantities": [{"at": at(0), "good": "many"}]}, "quantities[0].good", "decimal number"),
        ({"quantities": [{"at": at(0), "bad": 1}]}, "quantities[0].bad", "unknown field"),
        ({"quantities": [{"at": at(0), "estimated": 1}]}, "quantities[0].estimated", "true"),
        ({"quantities": ["x"]}, "quantities[0]", "not an object"),
        ({"policy": "nakajima"}, "policy", "unknown policy 'nakajima'"),
        ({"policy": 5}, "policy", "neither"),
        ({"policy": {"breaks": "outside"}}, "policy.breaks", "unknown key"),
        ({"policy": {"setup": "effectiveness"}}, "policy.setup", "unknown value 'effectiveness'"),
        ({"policy": {"setup": None}}, "policy.setup", "unknown value None"),
        ({"policy": {"running_outside_plan": "outside"}}, "policy.running_outside_plan", "value"),
        ({"policy": {"failure_divisor": "one"}}, "policy.failure_divisor", "unknown value 'one'"),
        ({"policy": {"version": 0}}, "policy.version", "whole number"),
        ({"policy": {"name": "\ud800"}}, "policy.name", "not a name"),
        ({"policy": {"version": "2"}}, "policy.version", "whole number"),
        ({"policy": {"name": ""}}, "policy.name", "not a name"),
    ],
)
def test_a_mistake_names_field_and_reason(fields: Any, field: str, reason: str) -> None:
    found = mistake(**fields)
    assert found.field == field
    assert reason in found.reason
    assert str(found) == f"{field}: {found.reason}"


@pytest.mark.parametrize(
    ("counter", "field", "reason"),
    [
        ({"role": "count", "mode": "absolute", "readings": []}, "role", "unknown role"),
        ({"mode": "absolute", "readings": []}, "role", "missing"),
        ({"role": "total", "mode": "wrap", "readings": []}, "mode", "unknown mode"),
        ({"role": "total", "mode": "rollover", "readings": []}, "modulus", "needs it"),
        (
            {"role": "total", "mode": "rollover", "modulus": 0, "readings": []},
            "modulus",
            "not above 0",
        ),
        (
            {"role": "total", "mode": "absolute", "max_per_s": -1, "readings": []},
            "max_per_s",
            "below 0",
        ),
        ({"role": "total", "mode": "absolute"}, "readings", "missing"),
        ({"role": "total", "mode": "absolute", "readings": 5}, "readings", "not a list"),
        ({"role": "total", "mode": "absolute", "readings": [5]}, "readings[0]", "[instant, value]"),
        (
            {"role": "total", "mode": "absolute", "readings": [[at(0), True]]},
            "readings[0][1]",
            "not a number",
        ),
        ({"role": "total", "mode": "absolute", "value": 5}, "value", "unknown field"),
    ],
)
def test_a_mistake_in_a_counter_names_field_and_reason(
    counter: Any, field: str, reason: str
) -> None:
    found = mistake(counters=[counter])
    assert found.field == f"counters[0].{field}"
    assert reason in found.reason


def test_two_different_states_at_one_instant_are_a_mistake() -> None:
    found = mistake(states=[[at(0), "running"], ["2026-03-01T23:00:00Z", "down"]])
    assert found.field == "states[1]"
    assert "two different states" in found.reason


def test_one_state_with_two_reasons_at_one_instant_is_a_mistake() -> None:
    found = mistake(states=[[at(0), "stopped", "jam"], [at(0), "stopped"]])
    assert "two different states" in found.reason


def test_two_different_values_of_one_counter_at_one_instant_are_a_mistake() -> None:
    readings = [[at(0), 1], [at(1), 5], [at(1), 6]]
    found = mistake(counters=[{"role": "total", "mode": "absolute", "readings": readings}])
    assert found.field == "counters[0].readings[2]"
    assert "two different values" in found.reason


def test_two_counters_may_differ_at_one_instant() -> None:
    counters = [
        {"role": "total", "mode": "absolute", "readings": [[at(0), 0], [at(1), 5]]},
        {"role": "total", "mode": "absolute", "readings": [[at(0), 7], [at(1), 9]]},
    ]
    assert result(counters=counters)["quantities"]["PQ"] == 7


def test_two_runs_at_the_same_time_are_a_mistake() -> None:
    runs = [
        {"start": at(10), "end": at(20), "material": "A", "order": "2"},
        {"start": at(0), "end": at(11), "material": "A", "order": "1"},
    ]
    found = mistake(runs=runs)
    assert found.field == "runs[0]"
    assert "two runs at the same time" in found.reason


def test_a_run_after_an_open_run_is_a_mistake() -> None:
    runs = [{"start": at(0), "order": "1"}, {"start": at(10), "order": "2"}]
    assert "two runs at the same time" in mistake(runs=runs).reason


def test_a_run_behind_as_of_does_not_meet_an_open_run() -> None:
    runs = [{"start": at(0), "order": "1"}, {"start": at(70), "order": "2"}]
    assert minutes(runs=runs) == {"running": 60}


def test_runs_may_follow_each_other_without_a_gap() -> None:
    runs = [{"start": at(0), "end": at(10)}, {"start": at(10), "end": at(60)}]
    assert minutes(runs=runs, states=[[at(0), "stopped"]]) == {"unplanned_stop": 60}


def test_an_empty_run_meets_no_other() -> None:
    runs = [{"start": at(0), "end": at(60)}, {"start": at(10), "end": at(10), "order": "x"}]
    assert minutes(runs=runs) == {"running": 60}


def test_contradictions_are_found_in_cases_built_by_hand_too() -> None:
    contradictory = Case(
        window=Span(0, MINUTE_US),
        as_of=MINUTE_US,
        runs=(Run(start=0, end=None, order="1"), Run(start=5, end=None, order="2")),
    )
    with pytest.raises(CaseError, match="two runs at the same time"):
        compute(contradictory)


def test_a_case_that_is_no_object_is_a_mistake() -> None:
    with pytest.raises(CaseError, match="not a JSON object"):
        parse_case([])


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{", "is not JSON"),
        ("", "is not JSON"),
        ('{"a": NaN}', "NaN is not a number"),
        ('{"a": 1, "a": 2}', "stands twice with different values"),
        ('{"a": 1e99999999999999999999}', "too long a number"),
        ("[" * 100_000, "nested too deeply"),
        ("1" * 5000, "too long a number"),
    ],
)
def test_text_that_is_no_plain_json_is_a_mistake(text: str, reason: str) -> None:
    with pytest.raises(CaseError, match=reason):
        load_json(text)


def test_a_key_that_stands_twice_with_the_same_value_is_no_mistake() -> None:
    assert load_json('{"a": 1, "a": 1}') == {"a": 1}


def test_a_state_without_effect_of_its_reason_may_repeat_with_another() -> None:
    states = [[at(0), "running", "x"], [at(0), "running"]]
    assert minutes(states=states) == {"running": 60}

"""Cases that add up: sums of tallies, one policy, mistakes by name."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mes.core.case import CaseError, case_to_json, parse_case
from mes.core.case_bundle import (
    SCHEMA,
    Entry,
    bundle_of,
    compute_bundle,
    entry_to_json,
    is_bundle,
    parse_bundle,
)
from mes.core.oee import result_of, sum_of, tally
from mes.core.policies import TPM
from mes.core.tally import pieces_alone
from tests.core.cases import at
from tests.core.strategies import cases

CASE: dict[str, Any] = {
    "schema": "oee-case/1",
    "window": [at(0), at(10)],
    "materials": {"A": {"ideal_cycle_s": 30}},
    "states": [[at(0), "running"]],
    "quantities": [{"at": at(5), "good": 8}],
}


@settings(max_examples=50, deadline=None, derandomize=True)
@given(st.lists(cases(), min_size=1, max_size=4))
def test_a_bundle_is_the_sum_of_its_tallies_after_being_written_and_read(
    parts: list[dict[str, Any]],
) -> None:
    read = [parse_case(part) for part in parts]
    data = {
        "schema": SCHEMA,
        "policy": TPM.to_json(),
        "cases": [{**case_to_json(case), "work_unit": "m"} for case in read],
    }
    bundle = parse_bundle(data)
    assert compute_bundle(bundle) == result_of(sum_of(map(tally, read)), TPM)


def test_a_bundle_without_a_policy_takes_the_one_of_its_cases() -> None:
    bundle = parse_bundle({"schema": SCHEMA, "cases": [CASE, CASE]})
    assert compute_bundle(bundle).kpis["oee"] == compute_bundle(bundle, TPM).kpis["oee"]
    assert float(compute_bundle(bundle).kpis["oee"] or 0) == 0.4


def test_cases_of_different_policies_need_one_named_for_their_sum() -> None:
    different = tuple(
        Entry(case=parse_case({**CASE, "policy": name})) for name in ("tpm", "oee_com")
    )
    with pytest.raises(CaseError) as caught:
        bundle_of(different)
    assert caught.value.field == "policy"
    assert bundle_of(different, TPM).policy == TPM
    with pytest.raises(CaseError, match="is missing"):
        bundle_of(())


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ([], "schema"),
        ({"schema": "oee-case/1"}, "schema"),
        ({"schema": SCHEMA}, "cases"),
        ({"schema": SCHEMA, "cases": {}}, "cases"),
        ({"schema": SCHEMA, "cases": []}, "policy"),
        ({"schema": SCHEMA, "cases": [CASE, {**CASE, "count": "some"}]}, "cases[1].count"),
        ({"schema": SCHEMA, "cases": [CASE], "more": 1}, "more"),
        ({"schema": SCHEMA, "cases": [CASE, {"schema": "oee-case/1"}]}, "cases[1].window"),
        ({"schema": SCHEMA, "cases": [CASE], "policy": "mine"}, "policy"),
    ],
)
def test_a_mistake_in_a_bundle_is_named_by_its_field(data: object, field: str) -> None:
    with pytest.raises(CaseError) as caught:
        parse_bundle(data)
    assert caught.value.field == field


def test_a_case_that_adds_its_pieces_alone_adds_no_time() -> None:
    provisional = {**CASE, "states": [[at(0), "running"], [at(8), "down"]], "as_of": at(10)}
    data = {"schema": SCHEMA, "cases": [CASE, {**provisional, "count": "pieces"}]}
    bundle = parse_bundle(data)
    both = compute_bundle(bundle)
    assert (both.figures.window_us, both.figures.counted.good) == (600_000_000, 16)
    assert both.flags == ()
    written = [entry_to_json(entry, "m") for entry in bundle.entries]
    assert [one.get("count") for one in written] == [None, "pieces"]
    assert parse_bundle({**data, "cases": written}) == bundle


def test_pieces_alone_of_the_parts_of_a_window_add_up_to_those_of_the_whole() -> None:
    whole = tally(parse_case(CASE))
    assert pieces_alone(whole).pieces == whole.pieces
    assert (pieces_alone(whole).window_us, pieces_alone(whole).times_us) == (0, {})


def test_a_bundle_without_cases_is_the_figure_of_no_time() -> None:
    nothing = compute_bundle(parse_bundle({"schema": SCHEMA, "policy": "tpm", "cases": []}))
    assert (nothing.figures.window_us, nothing.kpis["oee"]) == (0, None)


def test_only_what_says_so_is_a_bundle() -> None:
    assert is_bundle({"schema": SCHEMA})
    assert not is_bundle({"schema": "oee-case/1"})
    assert not is_bundle([SCHEMA])

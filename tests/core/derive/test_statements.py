"""What people say about stops: rules S2 to S7 and S9."""

from __future__ import annotations

from dataclasses import fields, replace

import pytest

from mes.core.derive.records import ReasonSource, StateRecord
from mes.core.derive.signals import State, StateSignal
from mes.core.derive.statements import StatementKind, StopStatement, orphans
from mes.core.derive.states import Derivation, StateRules, derive_states
from tests.core.derive.facts import (
    RULES,
    D,
    R,
    S,
    U,
    brief,
    declare,
    part,
    reasons,
    revert,
    signals,
    whole,
)

STOP_10_TO_50 = signals((0, R), (10, S), (50, R))


def derive(facts: list[StateSignal], *said: StopStatement) -> Derivation:
    """The derivation of signals and statements under the test rules (limit 10)."""
    return derive_states(facts, [], said, RULES)


def records(facts: list[StateSignal], *said: StopStatement) -> list[StateRecord]:
    """Its records."""
    return derive(facts, *said).records


def test_s2_a_stop_has_no_handle_but_its_start() -> None:
    assert {f.name for f in fields(StateRecord)} == {
        "start",
        "end",
        "state",
        "stop_start",
        "reason",
        "reason_source",
        "command_id",
    }


def test_s9_records_differ_when_one_of_the_compared_fields_does_and_only_then() -> None:
    record = records(STOP_10_TO_50, whole("w", 10, 50))[1]

    assert record == replace(record)
    assert record != replace(record, command_id="other")
    assert record != replace(record, reason_source=ReasonSource.MACHINE)


@pytest.mark.parametrize(
    ("kind", "given", "missing"),
    [
        (StatementKind.WHOLE, {"reason": "jam"}, "seen_start"),
        (StatementKind.WHOLE, {"seen_start": 0}, "reason"),
        (StatementKind.PART, {"reason": "jam"}, "start"),
        (StatementKind.DECLARE, {"start": 0}, "state"),
        (StatementKind.REVERT, {}, "replaces"),
    ],
)
def test_s3_a_statement_needs_what_its_kind_needs(
    kind: StatementKind, given: dict[str, object], missing: str
) -> None:
    with pytest.raises(ValueError, match=missing):
        StopStatement(kind=kind, command_id="x", stated_at=0, **given)  # type: ignore[arg-type]  # incomplete on purpose


def test_s3_a_statement_that_ends_before_it_starts_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="ends before"):
        part("p", 10, 9)


def test_s4_whole_covers_what_was_seen() -> None:
    found = records(STOP_10_TO_50, whole("w", 10, 50))

    assert reasons(found) == [(10, 50, "jam")]
    assert (found[1].reason_source, found[1].command_id) == (ReasonSource.STATEMENT, "w")


def test_s4_whole_covers_an_open_stop_until_it_ends() -> None:
    statement = whole("w", 10, None, stated_at=12)

    assert reasons(records(signals((0, R), (10, S)), statement)) == [(10, None, "jam")]
    assert reasons(records(STOP_10_TO_50, statement)) == [(10, 50, "jam")]


def test_s4_whole_covers_growth_by_late_data_up_to_the_limit_on_each_side() -> None:
    grown = signals((0, S), (60, R))

    assert reasons(records(grown, whole("w", 10, 50))) == [(0, 60, "jam")]


def test_s4_more_growth_than_the_limit_stays_unexplained() -> None:
    grown = signals((0, S), (80, R))

    assert reasons(records(grown, whole("w", 20, 50))) == [
        (0, 10, None),
        (10, 60, "jam"),
        (60, 80, None),
    ]


def test_s4_growth_before_an_open_stop_is_limited_too() -> None:
    grown = signals((0, S), (80, R))

    assert reasons(records(grown, whole("w", 20, None, stated_at=30))) == [
        (0, 10, None),
        (10, 80, "jam"),
    ]


def test_s4_each_piece_of_a_split_stop_keeps_the_reason() -> None:
    split = signals((0, R), (10, S), (25, R), (30, S), (50, R))

    assert reasons(records(split, whole("w", 10, 50))) == [(10, 25, "jam"), (30, 50, "jam")]


def test_s4_the_last_piece_of_a_split_open_stop_is_covered_to_its_end() -> None:
    split = signals((0, R), (10, S), (25, R), (30, S), (90, R))

    assert reasons(records(split, whole("w", 10, None, stated_at=40))) == [
        (10, 25, "jam"),
        (30, 90, "jam"),
    ]


def test_s4_a_stop_that_began_after_the_statement_is_not_covered() -> None:
    later = signals((0, R), (10, S), (25, R), (30, S), (50, R))

    found = records(later, whole("w", 10, None, stated_at=26))

    assert reasons(found) == [(10, 25, "jam"), (30, 50, None)]


@pytest.mark.parametrize("first_stated", [40, 200])
def test_s4_of_two_stops_that_are_joined_each_reason_keeps_its_span(first_stated: int) -> None:
    first = whole("a", 10, 30, "jam", stated_at=first_stated)
    second = whole("b", 36, 50, "tool", stated_at=100)

    assert reasons(records(STOP_10_TO_50, first, second)) == [(10, 36, "jam"), (36, 50, "tool")]


def test_s4_between_two_joined_stops_each_reason_grows_by_the_limit_and_the_earlier_first() -> None:
    joined = signals((0, R), (10, S), (90, R))
    first, second = whole("a", 10, 30, "jam"), whole("b", 45, 90, "tool")
    far = whole("c", 60, 90, "tool")

    assert reasons(records(joined, first, second)) == [(10, 40, "jam"), (40, 90, "tool")]
    assert reasons(records(joined, first, far)) == [
        (10, 40, "jam"),
        (40, 50, None),
        (50, 90, "tool"),
    ]


def test_s4_of_growth_on_one_side_the_nearest_statement_has_it() -> None:
    grown = signals((0, R), (30, S), (60, R))
    far = whole("a", 30, 45, "jam", stated_at=200)
    near = whole("b", 30, 50, "tool", stated_at=100)

    assert reasons(records(grown, far, near)) == [
        (30, 45, "jam"),
        (45, 60, "tool"),
    ]


def test_s4_a_whole_stated_in_the_first_instant_of_a_stop_meets_it() -> None:
    assert reasons(records(STOP_10_TO_50, whole("w", 10, None, stated_at=10))) == [(10, 50, "jam")]


def test_s5_part_is_absolute_and_clipped_to_stop_time() -> None:
    found = records(STOP_10_TO_50, part("p", 0, 30))

    assert brief(found)[:2] == [(0, 10, "running", None, None), (10, 30, "stopped", 10, "tool")]
    assert reasons(found) == [(10, 30, "tool"), (30, 50, None)]


def test_s5_part_never_turns_running_into_a_stop() -> None:
    split = signals((0, R), (10, S), (25, R), (30, S), (50, R))

    found = records(split, part("p", 15, 40))

    assert [r.state for r in found if (r.start, r.end) == (25, 30)] == [R]
    assert reasons(found) == [
        (10, 15, None),
        (15, 25, "tool"),
        (30, 40, "tool"),
        (40, 50, None),
    ]


def test_s5_part_does_not_grow_with_the_stop() -> None:
    grown = signals((0, S), (60, R))

    assert reasons(records(grown, part("p", 10, 50))) == [
        (0, 10, None),
        (10, 50, "tool"),
        (50, 60, None),
    ]


def test_s5_a_stop_is_split_by_parts_and_merged_by_one_part_over_both() -> None:
    halves = (part("a", 10, 30, "jam"), part("b", 30, 50, "tool"))
    both = part("c", 10, 50, "power", stated_at=60)

    assert reasons(records(STOP_10_TO_50, *halves)) == [(10, 30, "jam"), (30, 50, "tool")]
    assert reasons(records(STOP_10_TO_50, *halves, both)) == [(10, 50, "power")]


def test_s5_an_open_part_reaches_to_the_end_of_the_stop_it_met() -> None:
    two_stops = signals((0, R), (10, S), (50, R), (60, S), (70, R))

    assert reasons(records(two_stops, part("p", 30, None, stated_at=40))) == [
        (10, 30, None),
        (30, 50, "tool"),
        (60, 70, None),
    ]


def test_s5_declare_sets_state_and_reason_where_there_is_no_signal() -> None:
    found = records([], declare("d", 10, 20, D, "power"))

    assert brief(found) == [(10, 20, "down", 10, "power"), (20, None, "unknown", None, None)]
    assert found[0].command_id == "d"


def test_s5_declare_overrides_signals_and_unknown() -> None:
    facts = signals((0, R), (20, U), (40, R))

    assert brief(records(facts, declare("d", 10, 30, S, "meeting"))) == [
        (0, 10, "running", None, None),
        (10, 30, "stopped", 10, "meeting"),
        (30, 40, "unknown", None, None),
        (40, None, "running", None, None),
    ]


def test_s5_declared_running_or_unknown_has_no_reason_but_says_who_declared_it() -> None:
    found = records(STOP_10_TO_50, declare("d", 20, 30, R, "x"), declare("e", 30, 50, U, "x"))

    assert [(r.state, r.reason, r.reason_source, r.command_id) for r in found[2:4]] == [
        (R, None, ReasonSource.DECLARATION, "d"),
        (U, None, ReasonSource.DECLARATION, "e"),
    ]


def test_s5_a_declared_state_joins_the_stop_beside_it() -> None:
    found = records(STOP_10_TO_50, declare("d", 50, 60, D, "power"))

    assert [(r.end, r.stop_start) for r in found if r.stop_start is not None] == [
        (50, 10),
        (60, 10),
    ]


def test_s5_a_declaration_without_an_end_ends_when_it_was_stated() -> None:
    statement = replace(declare("d", 10, 20, D), end=None, stated_at=30)

    assert brief(records([], statement))[0] == (10, 30, "down", 10, None)


def test_s5_of_two_declarations_the_later_stated_wins_where_they_overlap() -> None:
    first = declare("a", 10, 40, D, "power", stated_at=60)
    second = declare("b", 20, 30, State.SETUP, "die", stated_at=50)
    third = declare("c", 35, 45, State.WAITING, "empty", stated_at=70)

    assert [b[:3] for b in brief(records([], first, second, third))] == [
        (10, 35, "down"),
        (35, 45, "waiting"),
        (45, None, "unknown"),
    ]


def test_s6_declare_wins_over_part_over_whole_over_the_machine() -> None:
    facts = signals((0, R), (10, S, "E7"), (50, R))
    said = (
        declare("d", 10, 15, D, "power", stated_at=51),
        part("p", 10, 20, stated_at=52),
        whole("w", 10, 30, stated_at=53),
    )

    found = records(facts, *said)

    assert reasons(found) == [
        (10, 15, "power"),
        (15, 20, "tool"),
        (20, 40, "jam"),
        (40, 50, "E7"),
    ]
    assert [r.reason_source for r in found[1:5]] == [
        ReasonSource.DECLARATION,
        *[ReasonSource.STATEMENT] * 2,
        ReasonSource.MACHINE,
    ]


def test_s6_a_declaration_without_a_reason_leaves_the_reason_to_the_others() -> None:
    said = (declare("d", 10, 50, D), whole("w", 10, 50))

    assert reasons(records(STOP_10_TO_50, *said)) == [(10, 50, "jam")]
    assert records(STOP_10_TO_50, said[0])[1].command_id == "d"


def test_s6_within_a_kind_the_later_stated_wins_never_the_later_arrived() -> None:
    early, late = whole("a", 10, 50, "jam", stated_at=60), whole("b", 10, 50, "tool", stated_at=70)

    assert reasons(records(STOP_10_TO_50, late, early)) == [(10, 50, "tool")]


def test_s6_at_one_stated_time_the_command_id_decides() -> None:
    one, other = whole("a", 10, 50, "jam", stated_at=60), whole("b", 10, 50, "tool", stated_at=60)

    assert reasons(records(STOP_10_TO_50, other, one)) == [(10, 50, "tool")]


def test_s6_a_replaced_statement_is_not_in_force() -> None:
    said = (part("a", 10, 50, "jam"), part("b", 10, 20, "tool", replaces="a"))

    assert reasons(records(STOP_10_TO_50, *said)) == [(10, 20, "tool"), (20, 50, None)]


def test_s6_a_statement_is_in_force_again_when_what_replaced_it_is_reverted() -> None:
    said = (
        whole("a", 10, 50, "jam"),
        whole("b", 10, 50, "tool", replaces="a"),
        revert("c", "b"),
    )

    assert reasons(records(STOP_10_TO_50, *said)) == [(10, 50, "jam")]


def test_s6_a_revert_that_arrives_before_its_statement_works() -> None:
    assert reasons(records(STOP_10_TO_50, revert("r", "w"), whole("w", 10, 50))) == [(10, 50, None)]


def test_s6_statements_that_replace_one_another_in_a_circle_are_both_in_force() -> None:
    said = (
        whole("a", 10, 50, "jam", stated_at=60, replaces="b"),
        whole("b", 10, 50, "tool", stated_at=70, replaces="a"),
    )

    assert reasons(records(STOP_10_TO_50, *said)) == [(10, 50, "tool")]


def test_s7_a_statement_that_meets_no_stop_is_listed_as_orphan() -> None:
    said = (whole("w", 60, 70), part("p", 0, 10), declare("d", 80, 90, R), revert("r", "x"))

    assert [s.command_id for s in derive(STOP_10_TO_50, *said).orphans] == ["p", "w"]


def test_s7_an_orphan_attaches_again_by_itself_when_the_stop_returns() -> None:
    statement = whole("w", 60, 70)
    returned = [*STOP_10_TO_50, *signals((60, S), (70, R))]

    found = derive(returned, statement)

    assert found.orphans == []
    assert reasons(found.records)[-1] == (60, 70, "jam")


def test_s7_a_replaced_or_outranked_statement_is_no_orphan() -> None:
    said = (
        whole("a", 60, 70),
        whole("b", 10, 50, replaces="a"),
        part("c", 10, 50),
    )

    assert derive(STOP_10_TO_50, *said).orphans == []


def test_s7_orphans_can_be_told_from_records_alone() -> None:
    said = [whole("w", 60, 70), whole("v", 10, 50)]

    assert orphans(records(STOP_10_TO_50, *said), said) == [said[0]]


def test_unknown_time_that_a_stop_bridges_gets_no_reason() -> None:
    facts = signals((0, S), (10, U), (16, S), (30, R))

    assert reasons(records(facts, whole("w", 0, 30))) == [
        (0, 10, "jam"),
        (10, 16, None),
        (16, 30, "jam"),
    ]


def test_s5_a_part_of_no_length_says_nothing_and_is_an_orphan() -> None:
    found = derive(STOP_10_TO_50, part("p", 20, 20))

    assert reasons(found.records) == [(10, 50, None)]
    assert [s.command_id for s in found.orphans] == ["p"]


def test_s6_a_reason_that_lingers_while_the_machine_runs_is_no_reason_of_a_declared_stop() -> None:
    found = records(signals((0, R, "E7")), declare("d", 10, 20, S))

    assert reasons(found) == [(10, 20, None)]


def test_s4_a_statement_grows_by_the_limit_in_force_when_the_stop_it_saw_began() -> None:
    rules = StateRules(minor_limit_us=10, dated_limits=((100, 4), (200, 7)))
    facts = signals((0, S), (60, R), (100, S), (160, R), (200, S), (260, R))
    said = [whole("a", 20, 30), whole("b", 120, 130), whole("c", 220, 230)]

    found = [span[:2] for span in reasons(derive_states(facts, [], said, rules).records) if span[2]]

    assert found == [(10, 40), (116, 134), (213, 237)]
    assert [rules.limit_at(at) for at in (99, 100, 200)] == [10, 4, 7]

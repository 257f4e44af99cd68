"""Quality checks fall due on the tile by count and time, results bring them back to ahead."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import event, func, select

from mes.core.calls import CallKind
from mes.core.check_due import Occasion
from mes.core.instants import parse_instant
from mes.core.quality import FollowUp, Verdict
from mes.core.refusal import Refusal
from mes.features.calls.queries import Asked as CallsAsked
from mes.features.calls.queries import calls
from mes.features.ingest.rebuild import rebuild
from mes.features.production.queries import tiles
from mes.features.quality.drafts import CharacteristicDraft, PlanDraft
from mes.features.quality.plans import (
    add_plan,
    change_plan,
    listed_plans,
    restore_plan,
    retire_plan,
)
from mes.features.quality.queries import Asked, checks_of, due_checks, results
from mes.features.quality.service import ResultDraft, enter_result, void_result
from mes.features.quantities.queries import entries
from mes.models import AuditLog, CheckPlan, CheckResult
from tests.features.commands.floor import DAY_START, KIM, MINUTE, Floor, S, refused

DIAMETER = CharacteristicDraft(
    ko="외경", en="Diameter", unit="mm", target="12.00", lower="11.95", upper="12.05"
)
LOOK = CharacteristicDraft(ko="외관", en="Looks", kind="pass_fail")
REMARK = CharacteristicDraft(ko="비고", en="Remark", kind="text", required=False)


def draft(**changes: Any) -> PlanDraft:
    given: dict[str, Any] = {
        "ko": "치수",
        "en": "Size",
        "every_pieces": "120",
        "characteristics": [DIAMETER, LOOK, REMARK],
        **changes,
    }
    return PlanDraft(**given)


def plan(floor: Floor, code: str = "size", at: int = 0, **changes: Any) -> None:
    given = draft(**changes)
    floor.do(at, lambda s, c: add_plan(s, KIM, code, given, now_us=c.now))


def due_on(floor: Floor, at: int, unit: str = "press-1") -> list[dict[str, Any]]:
    """The checks on the tile."""
    (tile,) = floor.ask(lambda s: tiles(s, [floor.ids[unit]], DAY_START + at))
    found: list[dict[str, Any]] = tile["quality_checks"]
    return found


def stands(floor: Floor, at: int) -> tuple[str, str]:
    (one,) = due_on(floor, at)
    return one["state"], one["occasion"]


def enter(floor: Floor, at: int, size: str = "12.00", **more: Any) -> CheckResult:
    given = ResultDraft(
        **{
            "plan": "size",
            "version": 1,
            "values": {"c1": size, "c2": "pass"},
            "occasion": Occasion.PIECES,
            **more,
        }
    )
    return floor.do(at, lambda s, c: enter_result(s, c, "press-1", given))


@pytest.fixture
def running(floor: Floor) -> Floor:
    """press-1 runs a job of 400 and makes a piece each 2 s for ten minutes: 300 pieces."""
    floor.start(floor.job(quantity=400))
    floor.count(0, 10 * MINUTE)
    return floor


def test_a_check_by_count_comes_due_as_pieces_are_counted(running: Floor) -> None:
    plan(running, grace_pieces="200")
    assert stands(running, 10 * MINUTE) == ("due", "pieces")
    row = enter(running, 10 * MINUTE)
    assert (row.verdict, int(row.pieces)) == ("pass", 300)
    (ahead,) = due_on(running, 10 * MINUTE)
    assert (ahead["state"], ahead["pieces_left"]) == ("ahead", 120)
    assert ahead["name"] == {"ko": "치수", "en": "Size"}


def test_by_running_time_the_tile_says_when_the_check_falls_due(running: Floor) -> None:
    plan(running, every_pieces="", every_min="30", grace_min="5")
    (ahead,) = due_on(running, 10 * MINUTE)
    assert (ahead["state"], round(ahead["left_s"])) == ("ahead", 20 * 60)
    assert parse_instant(ahead["at"]) == DAY_START + 30 * MINUTE, "while it runs on"
    running.feed.value(12 * MINUTE, "state", 1)
    running.feed.send(60 * MINUTE)
    (stopped,) = due_on(running, 60 * MINUTE)
    assert (stopped["state"], round(stopped["left_s"]), stopped["at"]) == ("ahead", 18 * 60, None)
    running.feed.value(61 * MINUTE, "state", 2)
    running.feed.send(79 * MINUTE)
    assert stands(running, 79 * MINUTE) == ("due", "time")
    running.feed.send(84 * MINUTE + S)
    assert stands(running, 84 * MINUTE + S) == ("overdue", "time")


def test_the_boundary_of_the_tile_is_where_a_check_falls_due(running: Floor) -> None:
    plan(running, every_pieces="", every_min="12", time_base="job")
    (tile,) = running.ask(lambda s: tiles(s, [running.ids["press-1"]], DAY_START + 10 * MINUTE))
    assert parse_instant(tile["next_change_at"]) <= DAY_START + 12 * MINUTE
    assert parse_instant(tile["quality_checks"][0]["at"]) == DAY_START + 12 * MINUTE


def test_the_first_piece_and_the_last_one_of_a_job_that_was_ended(running: Floor) -> None:
    plan(running, every_pieces="", first=True, last=True, grace_min="10")
    assert stands(running, 10 * MINUTE) == ("overdue", "first")
    enter(running, 10 * MINUTE, occasion=Occasion.FIRST)
    assert stands(running, 10 * MINUTE) == ("ahead", "last")
    (job,) = {row["job_order"] for row in due_on(running, 10 * MINUTE)}
    running.complete(job, 11 * MINUTE)
    assert stands(running, 12 * MINUTE) == ("due", "last")
    assert stands(running, 22 * MINUTE) == ("overdue", "last")
    enter(running, 23 * MINUTE, occasion=Occasion.LAST, job_order=job)
    assert due_on(running, 23 * MINUTE) == []


def test_out_of_range_is_refused_without_a_follow_up_and_checked_again(running: Floor) -> None:
    plan(running)
    told = refused("check_follow_up_required", lambda: enter(running, 10 * MINUTE, "12.06"))
    assert told.details["out_of_range"] == ["c1"]
    other = {"follow_up": FollowUp.OTHER}
    refused("check_follow_up_required", lambda: enter(running, 10 * MINUTE, "12.06", **other))
    row = enter(
        running,
        10 * MINUTE,
        "12.06",
        follow_up=FollowUp.MACHINE_ADJUSTED,
        note=" punch worn ",
        call_quality=True,
    )
    assert (row.verdict, row.follow_up, row.note) == ("fail", "machine_adjusted", "punch worn")
    assert stands(running, 10 * MINUTE) == ("due", "recheck")
    (call,) = running.ask(lambda s: calls(s, CallsAsked(only_open=True), row.at))["items"]
    assert (call["kind"], call["work_unit"]) == (CallKind.QUALITY, "press-1")
    enter(running, 11 * MINUTE, occasion=Occasion.RECHECK)
    assert stands(running, 11 * MINUTE) == ("ahead", "pieces")


def test_a_result_that_is_taken_back_stays_visible_and_the_check_is_due_again(
    running: Floor,
) -> None:
    plan(running)
    row = enter(running, 10 * MINUTE)
    running.do(11 * MINUTE, lambda s, c: void_result(s, c, row.command_id, note="wrong part"))
    assert stands(running, 11 * MINUTE)[0] in ("due", "overdue")
    (item,) = running.ask(lambda s: results(s, Asked()))["items"]
    assert (item["voided"], item["values"][0]["value"]) == (True, "12.00")
    assert running.ask(lambda s: results(s, Asked(verdict=Verdict.PASS)))["items"] == []
    again = refused(
        "check_result_voided",
        lambda: running.do(12 * MINUTE, lambda s, c: void_result(s, c, row.command_id)),
    )
    assert again.status == 409
    listed = running.ask(lambda s: entries(s, "press-1", kinds=["check"]))["items"]
    assert [(one["voided"], one["plan"]) for one in listed] == [(False, "size"), (True, "size")]
    missing = refused(
        "check_result_unknown",
        lambda: running.do(12 * MINUTE, lambda s, c: void_result(s, c, "nothing-like-it")),
    )
    assert missing.status == 404


def test_a_rebuild_makes_the_same_and_late_results_count_where_they_were_made(
    running: Floor,
) -> None:
    plan(running)
    enter(running, 10 * MINUTE)
    late = running.context(4 * MINUTE)
    given = ResultDraft(plan="size", version=1, values={"c1": "12.01", "c2": "pass"})
    with running.database.transaction() as session:
        row = enter_result(session, late, "press-1", given)
        assert 110 <= row.pieces <= 150, "what was made by then"
    (ahead,) = due_on(running, 10 * MINUTE)
    assert ahead["pieces_left"] == 120, "the later check still is the last one"
    found = rebuild(running.database, DAY_START + 10 * MINUTE, check=True)
    assert found.differences == ()


def test_a_plan_holds_for_its_item_machine_and_operation_alone(running: Floor) -> None:
    plan(running, "other-item", item="B")
    plan(running, "other-machine", work_unit="press-2")
    plan(running, "other-operation", segment="99")
    plan(running, "all", item="A", work_unit="press-1")
    assert [row["plan"] for row in due_on(running, 10 * MINUTE)] == ["all"]
    assert due_on(running, 10 * MINUTE, "press-2") == [], "no job is loaded there"
    for code in ("other-item", "other-machine", "other-operation"):
        refused("check_plan_not_here", lambda c=code: enter(running, 10 * MINUTE, plan=c))  # type: ignore[misc]  # bound early
    forms = running.ask(lambda s: checks_of(s, "press-1", DAY_START + 10 * MINUTE))
    codes = {form["plan"] for form in forms["items"]}
    assert codes == {"other-item", "other-operation", "all"}


def test_a_new_version_holds_from_now_on_and_results_keep_theirs(running: Floor) -> None:
    plan(running)
    enter(running, 10 * MINUTE)
    looser = DIAMETER.__class__(**{**_fields(DIAMETER), "key": "c1", "upper": "12.10"})
    changed = draft(characteristics=[looser, LOOK])
    running.do(10 * MINUTE, lambda s, c: change_plan(s, KIM, "size", changed, seen=1, now_us=c.now))
    enter(running, 10 * MINUTE + S, "12.06", version=2, values={"c1": "12.06", "c4": "pass"})
    newer, older = running.ask(lambda s: results(s, Asked()))["items"]
    assert (newer["version"], newer["values"][0]["upper"], newer["verdict"]) == (2, "12.10", "pass")
    assert (older["version"], older["values"][0]["upper"]) == (1, "12.05")
    assert newer["values"][1]["key"] == "c4", "the key of what went away is not given again"
    enter(running, 10 * MINUTE + 2 * S, "12.00")
    forms = running.ask(lambda s: checks_of(s, "press-1", DAY_START + 10 * MINUTE))
    values = [point["value"] for point in forms["items"][0]["recent"]["c1"]]
    assert values == ["12.00", "12.06", "12.00"], "one run over all versions"


def _fields(one: CharacteristicDraft) -> dict[str, Any]:
    names = ("ko", "en", "kind", "unit", "target", "lower", "upper", "decimals", "required")
    return {name: getattr(one, name) for name in names}


def test_the_second_of_two_editors_is_told_and_a_form_sent_twice_is_done_once(
    floor: Floor,
) -> None:
    plan(floor)
    plan(floor)
    refused("check_plan_code_taken", lambda: plan(floor, ko="다른 것"))
    first, second = draft(ko="첫째"), draft(ko="둘째")
    for _ in range(2):
        floor.do(S, lambda s, c: change_plan(s, KIM, "size", first, seen=1, now_us=c.now))
    told = refused(
        "check_plan_changed",
        lambda: floor.do(S, lambda s, c: change_plan(s, KIM, "size", second, seen=1, now_us=c.now)),
    )
    assert told.details["version"] == 2
    for _ in range(2):
        floor.do(S, lambda s, c: retire_plan(s, KIM, "size", seen=2, now_us=c.now))
    (held,) = floor.ask(listed_plans)
    assert (held.retired, held.plan.version) == (True, 3)
    refused("check_plan_code_taken", lambda: plan(floor))
    floor.do(S, lambda s, c: restore_plan(s, KIM, "size", seen=3, now_us=c.now))
    (held,) = floor.ask(listed_plans)
    assert (held.retired, held.plan.names["ko"]) == (False, "첫째")
    actions = floor.ask(
        lambda s: s.scalars(select(AuditLog.action).where(AuditLog.subject == "size")).all()
    )
    assert actions == [f"check_plan.{done}" for done in ("added", "changed", "retired", "restored")]
    assert floor.ask(lambda s: s.scalar(select(func.count()).select_from(CheckPlan))) == 4


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"ko": "", "en": "x" * 201}, {"ko", "en"}),
        ({"item": "nothing", "work_unit": "<script>"}, {"item", "work_unit"}),
        ({"segment": "0", "every_pieces": "-1"}, {"segment", "every_pieces"}),
        ({"every_pieces": "NaN", "every_min": "1.5"}, {"every_pieces", "every_min"}),
        ({"every_pieces": "1" * 10_000, "every_min": "1441"}, {"every_pieces", "every_min"}),
        ({"every_pieces": ""}, {"when"}),
        ({"grace_pieces": "x", "grace_min": "-5"}, {"grace_pieces", "grace_min"}),
        ({"time_base": "moon"}, {"time_base"}),
        ({"characteristics": []}, {"characteristics"}),
        (
            {"characteristics": [CharacteristicDraft(ko="가", en="a", kind="smell", lower="x")]},
            {"0.kind"},
        ),
        (
            {"characteristics": [CharacteristicDraft(ko="가", en="", lower="2", upper="1")]},
            {"0.en", "0.upper"},
        ),
        (
            {"characteristics": [CharacteristicDraft(ko="가", en="a", target="1e999")]},
            {"0.target"},
        ),
    ],
)
def test_worst_values_of_a_plan_are_told_by_field(
    sqlite_floor: Floor, changes: dict[str, Any], fields: set[str]
) -> None:
    told = refused("check_plan_invalid", lambda: plan(sqlite_floor, **changes))
    given = told.details["fields"]
    assert isinstance(given, dict)
    assert set(given) == fields
    assert sqlite_floor.ask(listed_plans) == []


def test_full_width_digits_of_a_plan_are_read(sqlite_floor: Floor) -> None:
    wide = CharacteristicDraft(ko="가", en="a", lower="１．５", upper="２")
    plan(sqlite_floor, every_pieces="１２０", characteristics=[wide])
    (held,) = sqlite_floor.ask(listed_plans)
    (one,) = held.plan.characteristics
    assert (held.plan.when.every_pieces, str(one.lower), one.decimals) == (120, "1.5", 1)


def test_what_waits_anywhere_is_listed_with_the_overdue_first(running: Floor) -> None:
    plan(running, "late", grace_pieces="0")
    plan(running, "soon", every_pieces="300")
    plan(running, "far", every_pieces="400")
    found = running.ask(lambda s: due_checks(s, DAY_START + 10 * MINUTE))
    assert [(row["plan"], row["state"], row["work_unit"]) for row in found] == [
        ("late", "overdue", "press-1"),
        ("soon", "due", "press-1"),
    ]


def test_the_tiles_with_checks_still_need_three_selects(running: Floor) -> None:
    plan(running, every_min="30", last=True)
    seen: list[str] = []
    ask = running.database.engine

    def note(*given: Any) -> None:
        seen.append(given[2])

    event.listen(ask, "before_cursor_execute", note)
    try:
        running.ask(lambda s: tiles(s, None, DAY_START + 10 * MINUTE))
        seen.clear()
        running.ask(lambda s: tiles(s, None, DAY_START + 10 * MINUTE))
    finally:
        event.remove(ask, "before_cursor_execute", note)
    assert len([text for text in seen if text.lstrip().upper().startswith("SELECT")]) <= 3


def test_an_unknown_plan_job_or_machine_is_refused(running: Floor) -> None:
    plan(running)
    for code, more in (
        ("check_plan_unknown", {"plan": "nothing"}),
        ("check_plan_unknown", {"version": 9}),
        ("job_unknown", {"job_order": "WO-1"}),
        ("check_values_invalid", {"values": {"c1": "12"}}),
        ("check_values_invalid", {"values": {"c1": "1", "c2": "pass", "x": "1"}}),
    ):
        refused(code, lambda m=more: enter(running, 10 * MINUTE, **m))  # type: ignore[misc]  # bound early
    with pytest.raises(Refusal):
        running.ask(lambda s: results(s, Asked(work_unit="nothing")))

"""A shift is handed over: prefilled from facts, signed by two leads, later words are additions."""

from __future__ import annotations

from typing import Any

from mes.core.handover import Topic
from mes.features.commands.context import Context
from mes.features.handover.queries import handover_view
from mes.features.handover.service import (
    Shift,
    hand_over,
    open_again,
    take_over,
    tell_crew,
    write_entry,
)
from mes.features.people.service import create_person
from mes.models import HandoverEvent
from mes.web.roles import Role
from tests.features.commands.floor import DAY_START, KIM, MINUTE, Floor, refused
from tests.features.publishing.signing import DAY, HOUR, SHIFT_END, run_shift, sign

SHIFT = Shift(line="line-1", day=DAY, shift="D")
LEE = {"kind": "account", "id": 2, "label": "lee", "person": None, "terminal": None}


def view(floor: Floor, at: int, reader: Any = KIM) -> dict[str, Any]:
    return floor.ask(lambda s: handover_view(s, "line-1", DAY, "D", DAY_START + at, dict(reader)))


def as_lee(context: Context) -> Context:
    return Context(command_id=context.command_id, actor=LEE, at=context.at, now=context.now)


def write(floor: Floor, at: int, text: str, who: Any = None, **how: Any) -> HandoverEvent:
    return floor.do(
        at,
        lambda s, c: write_entry(
            s, (who or (lambda same: same))(c), SHIFT, topic=Topic.MACHINE, text=text, **how
        ),
    )


def test_the_draft_is_prefilled_with_what_the_facts_say(floor: Floor) -> None:
    job = floor.job("press-1", 30000)
    floor.start(job)
    run_shift(floor)
    shown = view(floor, SHIFT_END)
    press = next(one for one in shown["work_units"] if one["work_unit"] == "press-1")
    assert (press["good"], round(press["plan"]), round(press["gap"])) == (9340, 19799, -10459)
    assert press["losses"][0]["us"] == 11 * 20 * MINUTE, "the stop in the lunch break is none"
    assert len(shown["stops"]) == 11
    assert {stop["work_unit"] for stop in shown["stops"]} == {"press-1"}
    assert [one["job_order"] for one in shown["jobs"]] == [job]
    assert [one["badge"] for one in shown["crew_seen"]] == ["1001"], "Kim started the job"
    assert (shown["state"], shown["over"], shown["signoff"]) == ("draft", True, None)


def test_two_leads_sign_and_what_follows_is_an_addition(floor: Floor) -> None:
    run_shift(floor)
    with floor.database.transaction() as session:
        for badge, name in (("1001", "김민수"), ("1002", "이정비")):
            pin = f"48{badge}"
            roles = [Role.OPERATOR]
            create_person(session, KIM, name=name, badge_no=badge, pin=pin, roles=roles)
    refused(
        "shift_not_begun", lambda: floor.do(-MINUTE, lambda s, c: tell_crew(s, c, SHIFT, **crew()))
    )
    note = write(floor, 6 * HOUR, "die 3 leaks")
    refused("handover_text_needed", lambda: write(floor, 6 * HOUR, " "))
    refused(
        "handover_entry_not_yours",
        lambda: write(floor, 6 * HOUR, "no", as_lee, replaces=note.command_id),
    )
    write(floor, 7 * HOUR, "die 2 leaks", replaces=note.command_id)
    refused(
        "person_unknown",
        lambda: floor.do(7 * HOUR, lambda s, c: tell_crew(s, c, SHIFT, people=["9999"], others="")),
    )
    floor.do(7 * HOUR, lambda s, c: tell_crew(s, c, SHIFT, **crew()))
    refused(
        "handover_not_written",
        lambda: floor.do(SHIFT_END, lambda s, c: take_over(s, as_lee(c), SHIFT)),
    )
    floor.do(SHIFT_END, lambda s, c: hand_over(s, c, SHIFT, note="quiet"))
    refused(
        "handover_same_person", lambda: floor.do(SHIFT_END, lambda s, c: take_over(s, c, SHIFT))
    )
    floor.do(SHIFT_END + MINUTE, lambda s, c: take_over(s, as_lee(c), SHIFT, note="seen"))
    refused(
        "handover_closed",
        lambda: floor.do(SHIFT_END + MINUTE, lambda s, c: hand_over(s, c, SHIFT)),
    )
    refused(
        "handover_closed", lambda: write(floor, SHIFT_END + MINUTE, "x", replaces=note.command_id)
    )
    write(floor, SHIFT_END + 2 * MINUTE, "die 2 was changed", as_lee)
    shown = view(floor, SHIFT_END + 3 * MINUTE)
    assert shown["state"] == "closed"
    assert [(e["text"], e["addition"], e["mine"]) for e in shown["entries"]] == [
        ("die 2 leaks", False, True),
        ("die 2 was changed", True, False),
    ]
    assert shown["entries"][0]["before"] == ["die 3 leaks"]
    assert [one["name"] for one in shown["crew"]["people"]] == ["김민수", "이정비"]
    assert (shown["handed_over"]["by"], shown["taken_over"]["by"]) == ("김민수", "lee")


def test_a_closed_handover_is_opened_again_with_a_reason_and_signed_anew(floor: Floor) -> None:
    run_shift(floor)
    note = write(floor, 6 * HOUR, "die 3 leaks")

    def again(at: int, reason: str) -> HandoverEvent:
        return floor.do(at, lambda s, c: open_again(s, as_lee(c), SHIFT, reason=reason))

    floor.do(SHIFT_END, lambda s, c: hand_over(s, c, SHIFT))
    refused("handover_not_closed", lambda: again(SHIFT_END, "scrap was missing"))
    floor.do(SHIFT_END + MINUTE, lambda s, c: take_over(s, as_lee(c), SHIFT))
    refused("handover_text_needed", lambda: again(SHIFT_END + MINUTE, " "))
    again(SHIFT_END + 2 * MINUTE, "scrap was missing")
    shown = view(floor, SHIFT_END + 3 * MINUTE)
    assert (shown["state"], shown["handed_over"], shown["taken_over"]) == ("draft", None, None)
    reopened = shown["reopened"][0]
    assert (reopened["by"], reopened["note"]) == ("lee", "scrap was missing")
    assert (reopened["handed_over"]["by"], reopened["taken_over"]["by"]) == ("김민수", "lee")
    write(floor, SHIFT_END + 4 * MINUTE, "die 2 leaks", replaces=note.command_id)
    floor.do(SHIFT_END + 4 * MINUTE, lambda s, c: hand_over(s, c, SHIFT))
    floor.do(SHIFT_END + 5 * MINUTE, lambda s, c: take_over(s, as_lee(c), SHIFT))
    assert view(floor, SHIFT_END + 6 * MINUTE)["state"] == "closed"


def test_of_two_leads_who_tell_the_crew_the_second_is_shown_what_the_first_told(
    floor: Floor,
) -> None:
    with floor.database.transaction() as session:
        for badge, name in (("1001", "김민수"), ("1002", "이정비")):
            pin = f"48{badge}"
            create_person(session, KIM, name=name, badge_no=badge, pin=pin, roles=[Role.OPERATOR])

    def tell(at: int, people: list[str], replaces: str | None) -> HandoverEvent:
        return floor.do(
            at,
            lambda s, c: tell_crew(
                s, as_lee(c), SHIFT, people=people, others="", replaces=replaces
            ),
        )

    first = floor.do(7 * HOUR, lambda s, c: tell_crew(s, c, SHIFT, **crew()))
    problem = refused("handover_crew_changed", lambda: tell(7 * HOUR, ["1001"], None))
    told: Any = problem.details["crew"]
    assert (told["by"], told["others"], told["command_id"]) == (
        "김민수",
        "박용역",
        first.command_id,
    )
    assert [one["name"] for one in told["people"]] == ["김민수", "이정비"]
    assert view(floor, 7 * HOUR)["crew"] == told, "nothing is written"
    second = tell(6 * HOUR, ["1001"], first.command_id)
    now_told = view(floor, 7 * HOUR)["crew"]
    assert [one["badge"] for one in now_told["people"]] == ["1001"], "a slow clock loses nothing"
    refused("handover_crew_changed", lambda: tell(8 * HOUR, [], first.command_id))
    assert second.replaces == first.command_id


def crew() -> dict[str, Any]:
    return {"people": ["1002", "1001"], "others": "박용역"}


def test_a_figure_that_changes_behind_the_signature_is_shown(floor: Floor) -> None:
    run_shift(floor)
    floor.do(SHIFT_END, lambda s, c: hand_over(s, c, SHIFT))
    assert view(floor, SHIFT_END + MINUTE)["changes"] == []
    floor.enter(9 * HOUR, "press-1", scrap=5, reason="burr")
    changed = view(floor, SHIFT_END + 2 * MINUTE)["changes"]
    fields = {(one["work_unit"], one["field"]): (one["then"], one["now"]) for one in changed}
    assert fields["press-1", "scrap"] == (0, 5)
    assert fields["press-1", "good"] == (9340, 9335)
    sign(floor, SHIFT_END + 3 * MINUTE)
    assert view(floor, SHIFT_END + 4 * MINUTE)["signoff"]["by"] == "김민수"

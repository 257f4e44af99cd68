"""Which instruction applies, who has read it, values and proposals, on both databases."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from sqlalchemy.orm import Session

from mes.core.refusal import Refusal
from mes.features.commands.context import Context
from mes.features.instructions import service, statement_queries
from mes.features.instructions.queries import latest_values, present_instruction
from mes.features.instructions.statement_queries import Asked
from mes.features.instructions.statements import (
    At,
    acknowledge,
    answer_proposal,
    enter_values,
    propose,
)
from tests.features.commands.floor import DAY_START, KIM, MINUTE, Floor, command_id, refused
from tests.features.instructions.documents import (
    create,
    field,
    keep,
    png,
    released,
    revised,
    save,
    step,
)

LEE = {**KIM, "label": "이정비", "person": "1002"}


def present(floor: Floor, badge: str | None = "1001", **of: Any) -> dict[str, Any] | None:
    """What applies on press-1."""
    unit = of.get("work_unit", "press-1")
    return floor.ask(
        lambda s: present_instruction(s, unit, of.get("job"), badge, DAY_START + 30 * MINUTE)
    )


def code_of(floor: Floor, **of: Any) -> str | None:
    found = present(floor, **of)
    return None if found is None else found["instruction"]


def at_press(revision: int = 1, job: str | None = None, code: str = "WI-1") -> At:
    return At(work_unit="press-1", instruction=code, revision=revision, job_order=job)


def read(floor: Floor, at: At, minutes: int = 10) -> None:
    floor.do(minutes * MINUTE, lambda s, c: acknowledge(s, c, at))


def enter(floor: Floor, at: At, minutes: int = 10, step_key: str = "s1", **values: Any) -> None:
    floor.do(minutes * MINUTE, lambda s, c: enter_values(s, c, at, step=step_key, values=values))


def listed(floor: Floor, what: str, **asked: Any) -> list[dict[str, Any]]:
    query = getattr(statement_queries, what)
    found: list[dict[str, Any]] = floor.ask(lambda s: query(s, Asked(**asked)))["items"]
    return found


def test_the_most_specific_released_instruction_applies(floor: Floor) -> None:
    job = floor.job()
    floor.start(job)
    assert code_of(floor) is None
    released(floor, "MACHINE", work_unit="press-1")
    assert code_of(floor) == "MACHINE"
    released(floor, "MACHINE-OP", work_unit="press-1", operation=floor.find_job(job).segment)
    assert code_of(floor) == "MACHINE-OP"
    released(floor, "ITEM", item="A")
    assert code_of(floor) == "ITEM"
    create(floor, "BOTH", item="A", work_unit="press-1")
    assert code_of(floor) == "ITEM", "a draft applies nowhere"
    save(floor, "BOTH", step("s1"))
    floor.do(0, lambda s, c: service.release_draft(s, c, "BOTH", seen_version=2))
    assert code_of(floor) == "BOTH"
    released(floor, "OTHER", item="B", work_unit="press-1")
    assert code_of(floor, job=job) == "BOTH"
    floor.do(0, lambda s, c: service.retire_instruction(s, c, "BOTH"))
    assert code_of(floor) == "ITEM"
    assert code_of(floor, work_unit="press-2") is None, "nothing is loaded there"


def test_each_person_sees_what_is_new_for_them(floor: Floor) -> None:
    job = floor.job()
    floor.start(job)
    released(floor, "WI-1", step("s1"), step("s2"), item="A")

    def seen(badge: str | None = "1001") -> tuple[Any, Any, Any]:
        found = present(floor, badge)
        assert found is not None
        return found["seen"], found["seen_revision"], found["changed_steps"]

    assert seen() == ("new", None, [])
    assert seen(None) == (None, None, [])
    read(floor, at_press(job=job))
    assert seen() == ("read", 1, [])
    assert seen("1002")[0] == "new", "what one has read the other has not"
    revised(floor, "WI-1", step("s1"), step("s2", "새로"), step("s3"))
    assert seen() == ("changed", 1, ["s2", "s3"])
    read(floor, at_press(2, job), minutes=20)
    assert seen() == ("read", 2, [])
    rows = listed(floor, "acknowledgements", instruction="WI-1")
    assert [(row["revision"], row["who"], row["job_order"]) for row in rows] == [
        (2, "김민수", job),
        (1, "김민수", job),
    ]
    assert rows[0]["at"].startswith("20")
    assert listed(floor, "acknowledgements", revision=3) == []


def test_an_entry_typed_offline_under_the_revision_before_is_kept(floor: Floor) -> None:
    released(floor, "WI-1", step("s1", fields=[field("f1")]), work_unit="press-1")
    revised(floor, "WI-1", step("s2"), at=5 * MINUTE)
    enter(floor, at_press(1), f1="9.98")
    read(floor, at_press(1))
    (row,) = listed(floor, "values")
    assert (row["revision"], row["value"]) == (1, "9.98")
    found = present(floor)
    assert found is not None
    assert found["seen"] == "changed", "the new one was not read by that"


def test_values_of_every_kind_are_kept_as_typed_and_the_last_one_counts(floor: Floor) -> None:
    job = floor.job()
    floor.start(job)
    choices = [{"ko": "좋음", "en": "Good"}, {"ko": "나쁨", "en": "Bad"}]
    fields = [
        field("f1", min="9.9", max="10.1", unit="mm"),
        field("f2", "yes_no"),
        field("f3", "choice", choices=choices),
        field("f4", "date"),
        field("f5", "text"),
        field("f6", "photo"),
    ]
    released(floor, "WI-1", step("s1", fields=fields), item="A")
    at = at_press(job=job)
    photo = base64.b64encode(png()).decode()
    enter(floor, at, f1="１０.２", f2=False, f3="2", f4="2026-03-02", f5="줄1\n줄2", f6=photo)
    enter(floor, at, minutes=11, f1="10.0")
    rows = {row["field"]: row for row in reversed(listed(floor, "values", job_order=job))}
    assert (rows["f2"]["value"], rows["f2"]["shown"]["en"]) == ("no", "No")
    assert rows["f3"]["shown"] == choices[1]
    assert rows["f6"]["file"].endswith(keep(floor, png()))
    numbers = [row for row in listed(floor, "values") if row["field"] == "f1"]
    assert [(row["value"], row["outside"]) for row in numbers] == [("10.0", False), ("10.2", True)]
    last = floor.ask(lambda s: latest_values(s, revision_id(s), job))
    assert (last["f1"]["value"], last["f5"]["value"]) == ("10.0", "줄1\n줄2")


def revision_id(session: Session) -> int:
    from mes.features.instructions.statements import find_revision

    return find_revision(session, "WI-1", 1)[1].id


@pytest.mark.parametrize(
    ("kind", "wrong"),
    [
        ("number", ["", "abc", "NaN", "1e9", "--1", "1" * 13, "0.1234567", True, "1,5"]),
        ("yes_no", ["yes", "", "true"]),
        ("choice", ["0", "3", "좋음", True]),
        ("date", ["2026-02-30", "26-02-01", "2026-2-1", "２０２６-02-01", True]),
        ("text", ["", "  ", "x" * 501, "nul\x00", True]),
        ("photo", ["not base64!", base64.b64encode(b"<svg/>").decode(), True]),
    ],
)
def test_a_value_that_is_none_of_its_kind_is_refused(
    sqlite_floor: Floor, kind: str, wrong: list[object]
) -> None:
    choices = [{"ko": "가", "en": ""}, {"ko": "나", "en": ""}] if kind == "choice" else []
    made = step("s1", fields=[field("f1", kind, choices=choices)])
    released(sqlite_floor, "WI-1", made, work_unit="press-1")
    for value in wrong:
        with pytest.raises(Refusal) as caught:
            enter(sqlite_floor, at_press(), f1=value)
        assert caught.value.code in ("instruction_value_invalid", "instruction_file_kind"), value
    assert listed(sqlite_floor, "values") == []


def test_statements_name_what_is_there(floor: Floor) -> None:
    create(floor, "WI-1", item="A")
    refused("instruction_not_released", lambda: read(floor, at_press()))
    refused("instruction_revision_unknown", lambda: read(floor, at_press(7)))
    refused("instruction_unknown", lambda: read(floor, at_press(code="none")))
    released(floor, "WI-2", step("s1", fields=[field("f1")]), item="B")
    there = at_press(code="WI-2")
    refused("job_unknown", lambda: read(floor, at_press(code="WI-2", job="WO-000000-000-10")))
    refused("instruction_step_unknown", lambda: enter(floor, there, step_key="s9", f1="1"))
    refused("instruction_step_unknown", lambda: enter(floor, there, f9="1"))


def test_a_proposal_waits_until_the_office_answers_it_once(floor: Floor) -> None:
    released(floor, "WI-1", step("s1", "체결"), work_unit="press-1")
    asked = command_id()

    def say(session: Session, context: Context) -> None:
        propose(session, context, at_press(), text=" 그림이 흐립니다 ", step="s1")

    floor.do(MINUTE, say, asked)
    (waiting,) = listed(floor, "proposals", instruction="WI-1")
    assert (waiting["text"], waiting["accepted"]) == ("그림이 흐립니다", None)
    assert waiting["step_title"]["ko"] == "체결"
    assert floor.ask(lambda s: service.find_instruction(s, "WI-1")).code == "WI-1"
    floor.do(2 * MINUTE, lambda s, c: answer_proposal(s, c, asked, accepted=True, text="2판에"))
    (answered,) = listed(floor, "proposals")
    assert (answered["accepted"], answered["answer"], answered["answered_by"]) == (
        True,
        "2판에",
        "김민수",
    )
    refused(
        "instruction_proposal_answered",
        lambda: floor.do(3 * MINUTE, lambda s, c: answer_proposal(s, c, asked, accepted=False)),
    )
    refused(
        "instruction_proposal_unknown",
        lambda: floor.do(3 * MINUTE, lambda s, c: answer_proposal(s, c, "none", accepted=False)),
    )
    refused(
        "instruction_text_needed",
        lambda: floor.do(3 * MINUTE, lambda s, c: propose(s, c, at_press(), text=" ")),
    )


def test_long_lists_come_in_pages(floor: Floor) -> None:
    released(floor, "WI-1", work_unit="press-1")
    for minute in range(3):
        read(floor, at_press(), minutes=minute)
    first = floor.ask(lambda s: statement_queries.acknowledgements(s, Asked(limit=2)))
    assert [len(first["items"]), first["next"]] == [2, first["items"][-1]["id"]]
    rest = floor.ask(
        lambda s: statement_queries.acknowledgements(s, Asked(limit=2, before=first["next"]))
    )
    assert [len(rest["items"]), rest["next"]] == [1, None]
    early = listed(floor, "acknowledgements", end=DAY_START + MINUTE)
    assert len(early) == 1

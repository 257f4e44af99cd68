"""Notes about moments of a trend: written once, withdrawn with a reason, never changed."""

from __future__ import annotations

import pytest

from mes.core.case_model import Span
from mes.features.reports.notes import Note, add_note, notes_in, void_note
from tests.features.commands.floor import DAY_START, MINUTE, Floor, refused

ACTOR = {"kind": "account", "id": 1, "label": "정하늘"}
SPAN = Span(DAY_START, DAY_START + 120 * MINUTE)
NOW = DAY_START + 60 * MINUTE
MOMENT = "2026-03-02 08:30"


def write(floor: Floor, text: str = "날개 교체", at: str = MOMENT, command: str = "c1") -> int:
    with floor.database.transaction() as session:
        return add_note(
            session, ACTOR, at=at, zone="Asia/Seoul", text=text, command_id=command, now_us=NOW
        )


def void(floor: Floor, note: int, command: str = "v1", text: str = "다른 설비") -> int:
    with floor.database.transaction() as session:
        return void_note(session, ACTOR, note, text=text, command_id=command)


def notes(floor: Floor, span: Span = SPAN) -> list[Note]:
    return floor.ask(lambda session: list(notes_in(session, span)))


def test_a_note_says_what_who_and_when(floor: Floor) -> None:
    write(floor, "  날개\x00 교체 \n ")
    (note,) = notes(floor)
    assert (note.at, note.text, note.person) == (DAY_START + 30 * MINUTE, "날개 교체", "정하늘")
    assert notes(floor, Span(SPAN.start, note.at)) == []


def test_the_same_command_writes_one_note(floor: Floor) -> None:
    assert write(floor) == write(floor)
    assert len(notes(floor)) == 1


def test_a_withdrawn_note_stays_to_be_seen_with_the_reason(floor: Floor) -> None:
    note = write(floor)
    assert void(floor, note) == void(floor, note), "a repeated command"
    (seen,) = notes(floor)
    assert (seen.text, seen.void, seen.void_by) == ("날개 교체", "다른 설비", "정하늘")
    refused("note_withdrawn", lambda: void(floor, note, "v2"))
    refused("note_unknown", lambda: void(floor, note + 1, "v3"))
    refused("note_unknown", lambda: void(floor, 10**6, "v4"))


@pytest.mark.parametrize("text", ["", " \n\t", "x" * 501, "\x00"])
def test_a_note_without_text_is_refused(floor: Floor, text: str) -> None:
    refused("note_invalid", lambda: write(floor, text))


@pytest.mark.parametrize("at", ["", "NaN", "2026-03-02", "9999-12-31 23:59", "2026-03-02 09:01"])
def test_a_moment_that_is_none_or_still_to_come_is_refused(floor: Floor, at: str) -> None:
    refused("note_invalid", lambda: write(floor, at=at))

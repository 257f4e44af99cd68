"""What arrives after a sign-off and changes a figure makes a visible revision, and nothing else."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import func, select

from mes.core.case_model import Span
from mes.core.derive.statements import StatementKind
from mes.features.downtime.queries import stops
from mes.features.downtime.service import StatementDraft, state_stop
from mes.features.ingest.rebuild import rebuild
from mes.features.production.master_loading import masters
from mes.features.production.service import masters_changed
from mes.features.publishing.figures import fingerprint
from mes.features.publishing.queries import Asked
from mes.features.publishing.queries import published as published_items
from mes.features.publishing.settling import differing, settle
from mes.features.quantities.moves import MoveDraft, move_pieces
from mes.models import (
    Calendar,
    CalendarException,
    MaterialDefinition,
    MaterialRate,
    PublicationMark,
    PublishedFigure,
)
from tests.features.commands.floor import DAY_START, MINUTE, Floor, S
from tests.features.publishing.signing import (
    DAY,
    HOUR,
    SHIFT_END,
    compare,
    kernel,
    published,
    run_shift,
    sign,
)

NOW = SHIFT_END + 10 * MINUTE
LATER = NOW + 5 * MINUTE


@pytest.fixture
def signed(floor: Floor) -> Floor:
    """Shift D of line-1 is signed off."""
    return signed_off(floor)


@pytest.fixture
def sqlite_signed(sqlite_floor: Floor) -> Floor:
    """The same on SQLite alone."""
    return signed_off(sqlite_floor)


def signed_off(floor: Floor) -> Floor:
    run_shift(floor)
    floor.feed.send(NOW)
    sign(floor, NOW)
    compare(floor, NOW)
    return floor


def marks(floor: Floor) -> int:
    return floor.ask(lambda s: s.scalar(select(func.count(PublicationMark.id))) or 0)


def causes(row: PublishedFigure) -> list[dict[str, Any]]:
    return list(row.cause["facts"])


def test_what_belongs_to_the_next_shift_leaves_no_mark_and_no_revision(signed: Floor) -> None:
    assert marks(signed) == 0
    signed.feed.value(NOW + MINUTE, "total", 9480)
    signed.feed.value(NOW + MINUTE, "scrap", 3)
    signed.feed.send(NOW + 2 * MINUTE)
    assert marks(signed) == 0
    signed.feed.value(NOW + 30 * MINUTE, "state", 1)
    signed.feed.send(NOW + 31 * MINUTE)
    assert compare(signed, NOW + 31 * MINUTE) == 0
    assert len(published(signed)) == 1


def test_a_late_reading_makes_a_revision_that_says_what_came_from_where(signed: Floor) -> None:
    late = 5 * HOUR + 20 * MINUTE
    signed.feed.value(late, "state", 2)
    signed.feed.send(LATER)
    assert compare(signed, LATER) == 2
    first, second = published(signed)
    assert second.result == kernel(signed, LATER) != first.result
    (cause,) = causes(second)
    assert (cause["kind"], cause["count"], cause["from"]) == ("readings", 1, DAY_START + late)
    assert second.fingerprint != first.fingerprint
    assert [row.revision for row in published(signed, "line-1")] == [1, 2]
    assert len(published(signed, "press-2")) == 1
    assert marks(signed) == 0
    shown = signed.ask(lambda s: published_items(s, Asked(scope="press-1")))["items"]
    (item,) = shown
    assert item["old"]["kpis"]["oee"] == first.result["kpis"]["oee"]
    assert "kpis.availability" in item["changed"]
    assert item["cause"][0]["source"] == "plc"
    assert item["state"] == "revised"


def test_the_fingerprint_of_a_shift_knows_the_moves_of_its_pieces(sqlite_signed: Floor) -> None:
    floor = sqlite_signed
    job = floor.job("press-1", 1000)
    floor.start(job, NOW)
    span = Span(DAY_START, DAY_START + SHIFT_END)

    def mark() -> str:
        with floor.database.reading() as session:
            known = masters(session)
            return fingerprint(session, known, [known.work_units[floor.ids["press-1"]]], span)

    before = mark()
    end = DAY_START + 2 * HOUR
    draft = MoveDraft(from_job=None, to_job=job, start=DAY_START + HOUR, end=end)
    floor.do(LATER, lambda s, c: move_pieces(s, c, "press-1", draft))
    assert mark() != before


def test_a_late_reading_that_changes_no_figure_makes_no_revision(signed: Floor) -> None:
    signed.feed.value(5 * HOUR + 20 * MINUTE, "state", 1)
    signed.feed.send(LATER)
    assert marks(signed) == 1
    assert compare(signed, LATER) == 0
    assert marks(signed) == 0
    assert len(published(signed)) == 1


def test_a_silent_counter_that_speaks_late_and_in_order_makes_a_revision(signed: Floor) -> None:
    """The quick way takes it: it is the first reading of its tag, in order."""
    signed.feed.value(6 * HOUR, "scrap", 0)
    signed.feed.send(LATER)
    compare(signed, LATER)
    signed.feed.value(7 * HOUR, "scrap", 8)
    signed.feed.send(LATER + MINUTE)
    compare(signed, LATER + MINUTE)
    last = published(signed)[-1]
    assert last.result["quantities"]["SQ"] == 8
    assert last.result == kernel(signed, LATER + MINUTE)


def test_a_statement_makes_a_revision_with_person_reason_and_note(signed: Floor) -> None:
    at = 5 * HOUR + 10 * MINUTE
    found = signed.ask(
        lambda s: stops(s, "press-1", DAY_START + at, DAY_START + at + MINUTE, DAY_START + LATER)
    )
    draft = StatementDraft(
        kind=StatementKind.WHOLE,
        seen_start=DAY_START + at,
        seen_end=DAY_START + at + 20 * MINUTE,
        seen_statement=found[0]["statement"],
        reason="die-change",
        note="forgot to enter it",
    )
    row = signed.do(LATER, lambda s, c: state_stop(s, c, "press-1", draft))
    assert compare(signed, LATER) == 2
    second = published(signed)[-1]
    assert second.result == kernel(signed, LATER)
    assert second.result["times_us"]["setup"] == 20 * MINUTE
    (cause,) = causes(second)
    assert (cause["kind"], cause["command_id"]) == ("stop_statement", row.command_id)
    assert (cause["reason"], cause["note"]) == ("die-change", "forgot to enter it")
    assert cause["actor"]["label"] == "김민수"


def test_pieces_entered_for_the_shift_later_make_a_revision(signed: Floor) -> None:
    signed.enter(
        LATER,
        "press-1",
        good=-5,
        scrap=5,
        reason="burr",
        adjustment=True,
        made_at=DAY_START + 3 * HOUR,
        note="found in packing",
    )
    assert compare(signed, LATER) == 2
    second = published(signed)[-1]
    assert second.result["quantities"]["SQ"] == 5
    (cause,) = causes(second)
    assert (cause["kind"], cause["note"]) == ("quantity", "found in packing")


def test_a_rate_that_holds_in_the_past_makes_a_revision(signed: Floor) -> None:
    with signed.database.transaction() as session:
        item = session.scalars(
            select(MaterialDefinition.id).where(MaterialDefinition.code == "A")
        ).one()
        session.add(
            MaterialRate(
                material_id=item,
                work_unit_id=signed.ids["press-1"],
                valid_from=DAY_START + 6 * HOUR,
                ideal_cycle_s=Decimal("1"),
                pieces_per_cycle=1,
            )
        )
        masters_changed(session, DAY_START + 6 * HOUR)
    compare(signed, LATER)
    first, second = published(signed)
    assert second.result == kernel(signed, LATER)
    assert second.result["kpis"]["oee"] < first.result["kpis"]["oee"]
    assert "rate" in [cause["kind"] for cause in causes(second)]


def test_a_corrected_calendar_makes_a_revision_of_the_shift_it_cuts(signed: Floor) -> None:
    with signed.database.transaction() as session:
        calendar = session.scalars(select(Calendar.id).where(Calendar.code == "two-shift")).one()
        session.add(
            CalendarException(
                calendar_id=calendar,
                date=DAY,
                kind="stop",
                names={"ko": "정전", "en": "Outage"},
                definition={"start": "15:00", "end": "16:00", "reason": "jam"},
                recorded_at=DAY_START + LATER,
                withdrawn_at=None,
            )
        )
        masters_changed(session, DAY_START)
    compare(signed, LATER)
    first, second = published(signed)
    assert first.result["times_us"]["planned_stop"] == 0
    assert second.result["times_us"]["planned_stop"] == 20 * MINUTE
    assert second.result == kernel(signed, LATER)
    assert "calendar" in [cause["kind"] for cause in causes(second)]


def test_a_shift_signed_before_it_was_known_to_its_end_is_revised_when_it_is(
    floor: Floor,
) -> None:
    run_shift(floor)
    sign(floor, NOW)
    compare(floor, NOW)
    (first,) = published(floor)
    assert first.result["times_us"]["unknown"] > 0
    assert marks(floor) == 2
    assert compare(floor, NOW + MINUTE) == 0
    floor.feed.send(LATER)
    assert compare(floor, LATER) == 3
    second = published(floor)[-1]
    assert second.result["times_us"]["unknown"] == 0
    assert [cause["kind"] for cause in causes(second)] == ["not_final_when_signed"]
    assert marks(floor) == 0


def test_a_stop_that_grows_beyond_the_limit_after_the_shift_makes_a_revision(
    floor: Floor,
) -> None:
    floor.start(floor.job("press-1"))
    run_shift(floor)
    floor.feed.value(SHIFT_END - 2 * MINUTE, "state", 1)
    floor.feed.send(SHIFT_END + MINUTE)
    row = sign(floor, SHIFT_END + MINUTE)
    assert "provisional_stop" in [item["code"] for item in row.checklist]
    floor.feed.send(SHIFT_END + 20 * MINUTE)
    compare(floor, SHIFT_END + 20 * MINUTE)
    first, second = published(floor)
    assert first.result["times_us"]["minor_stop"] == 2 * MINUTE
    assert second.result["times_us"]["minor_stop"] == 0
    assert second.result == kernel(floor, SHIFT_END + 20 * MINUTE)
    assert marks(floor) == 0


def test_the_marks_survive_the_end_of_the_program_before_they_are_settled(
    sqlite_signed: Floor,
) -> None:
    """Facts and mark are one transaction; whoever settles next finds it."""
    floor = sqlite_signed
    floor.feed.value(5 * HOUR + 20 * MINUTE, "state", 2)
    floor.feed.send(LATER)
    floor.database.dispose()
    assert marks(floor) == 1
    assert settle(floor.database, DAY_START + LATER) == 2
    assert settle(floor.database, DAY_START + LATER) == 0


def test_a_failed_transaction_leaves_no_mark(sqlite_signed: Floor) -> None:
    floor = sqlite_signed

    def fail() -> None:
        with floor.database.transaction() as session:
            masters_changed(session, DAY_START)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert marks(floor) == 0


def test_many_figures_are_compared_in_steps(
    sqlite_floor: Floor, monkeypatch: pytest.MonkeyPatch
) -> None:
    floor = sqlite_floor
    monkeypatch.setattr("mes.features.publishing.settling.STEP_FIGURES", 1)
    for number in range(3):
        run_shift(floor, start=number * SHIFT_END)
    now = 3 * SHIFT_END + 10 * MINUTE
    floor.feed.send(now)
    for day, shift in ((DAY, "D"), (DAY, "N"), ("2026-03-03", "D")):
        sign(floor, now, shift=shift, day=day)
    compare(floor, now)
    floor.feed.value(20 * MINUTE, "state", 2)
    floor.feed.value(2 * SHIFT_END + 20 * MINUTE, "state", 2)
    floor.feed.send(now + MINUTE)
    assert compare(floor, now + MINUTE) == 4
    assert marks(floor) == 0
    assert len(published(floor, period=f"{DAY}/N")) == 1
    for period, start in ((f"{DAY}/D", 0), ("2026-03-03/D", 2 * SHIFT_END)):
        row = published(floor, period=period)[-1]
        assert row.revision == 2
        assert row.result == kernel(floor, now + MINUTE, start=start, end=start + SHIFT_END)


def test_a_rebuild_changes_no_published_figure_and_names_those_that_differ(
    sqlite_signed: Floor,
) -> None:
    floor = sqlite_signed
    before = [repr(row.result) for row in published(floor)]
    assert rebuild(floor.database, DAY_START + NOW).count == 0
    assert floor.ask(lambda s: differing(s, DAY_START + NOW)) == []
    floor.feed.value(5 * HOUR + 20 * MINUTE, "state", 2)
    floor.feed.send(LATER)
    assert rebuild(floor.database, DAY_START + LATER).count == 0
    assert [repr(row.result) for row in published(floor)] == before
    found = floor.ask(lambda s: differing(s, DAY_START + LATER))
    assert found == [f"press-1 {DAY}/D revision 1", f"line-1 {DAY}/D revision 1"]


def test_readings_of_another_minute_are_counted_in_one_cause(sqlite_signed: Floor) -> None:
    floor = sqlite_signed
    for minute in (12, 14, 16):
        floor.feed.value(4 * HOUR + minute * MINUTE, "total", 3000 + minute)
        floor.feed.send(LATER)
    compare(floor, LATER)
    (cause,) = causes(published(floor)[-1])
    assert (cause["kind"], cause["count"]) == ("readings", 3)
    assert cause["to"] - cause["from"] == 4 * MINUTE


__all__ = ["S"]

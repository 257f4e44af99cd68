"""Hours of a shift: plan, good, gap and what people say about them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from mes.core.case_model import Span
from mes.features.line_hours.queries import line_hours
from mes.features.line_hours.service import comment_hour
from mes.features.oee.service import known_unit, unit_tally
from mes.features.production.master_loading import masters
from mes.models import AuditLog, HourComment
from tests.features.commands.floor import DAY_START, MINUTE, Floor, refused
from tests.features.publishing.signing import DAY, HOUR, run_shift


def hours(floor: Floor, at: int, work_unit: str | None = "press-1") -> list[dict[str, Any]]:
    found = floor.ask(lambda s: line_hours(s, "line-1", DAY, "D", work_unit, DAY_START + at))
    items: list[dict[str, Any]] = found["items"]
    return items


def say(floor: Floor, at: int, hour: int, text: str, replaces: str | None = None) -> HourComment:
    return floor.do(at, lambda s, c: comment_hour(s, c, "line-1", DAY_START + hour, text, replaces))


def test_an_hour_has_plan_good_gap_and_what_it_lost(floor: Floor) -> None:
    floor.start(floor.job("press-1", 30000))
    run_shift(floor, hours=3)
    now = 3 * HOUR
    shown = hours(floor, now)
    assert len(shown) == 12
    first, lunch, future = shown[0], shown[4], shown[5]
    assert (first["plan"], first["good"], first["gap"]) == (1800, 760, -1040)
    lost = first["losses"][0]
    assert (lost["class"], lost["reason"], lost["us"]) == ("unplanned_stop", None, 20 * MINUTE)
    assert first["comment_missing"]
    assert (lunch["planned"], future["good"], future["cumulative_good"]) == (False, None, None)
    assert future["plan"] == 1800

    def good(session: Any) -> object:
        known = masters(session)
        given = known_unit(session, known, known.work_units[floor.ids["press-1"]], DAY_START + now)
        sums = unit_tally(session, given, Span(DAY_START, DAY_START + 12 * HOUR))
        return sum(pieces.good for pieces in sums.pieces.values())

    assert shown[2]["cumulative_good"] == floor.ask(good)
    assert hours(floor, now, None)[0]["good"] == 760, "press-1 paces the line"
    assert hours(floor, now, "press-2")[0]["good"] != 760


def test_a_comment_is_corrected_only_by_who_saw_it_and_both_wordings_stay(floor: Floor) -> None:
    run_shift(floor, hours=2)
    refused("hour_unknown", lambda: say(floor, 2 * HOUR, MINUTE, "jam"))
    refused("hour_not_begun", lambda: say(floor, 2 * HOUR, 5 * HOUR, "jam"))
    refused("comment_empty", lambda: say(floor, 2 * HOUR, HOUR, "  "))
    first = say(floor, 2 * HOUR, HOUR, "jam at the feeder")
    refused("comment_changed", lambda: say(floor, 2 * HOUR, HOUR, "other"))
    assert not hours(floor, 2 * HOUR)[1]["comment_missing"]
    say(floor, 2 * HOUR + MINUTE, HOUR, "feeder replaced", first.command_id)
    comment = hours(floor, 2 * HOUR + 2 * MINUTE)[1]["comment"]
    assert (comment["text"], comment["by"]) == ("feeder replaced", "김민수")
    assert [one["text"] for one in comment["before"]] == ["jam at the feeder"]
    say(floor, 2 * HOUR + 3 * MINUTE, HOUR, "", comment["command_id"])
    assert hours(floor, 2 * HOUR + 4 * MINUTE)[1]["comment_missing"], "taken back: it asks again"
    audited = floor.ask(
        lambda s: s.scalars(select(AuditLog).where(AuditLog.action == "hour.comment")).all()
    )
    assert [(row.details["old"], row.details["new"]) for row in audited] == [
        (None, "jam at the feeder"),
        ("jam at the feeder", "feeder replaced"),
        ("feeder replaced", ""),
    ]

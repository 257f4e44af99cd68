"""Levels of calls in the plant file: checked with lines, applied, exported, and kept by a call."""

from __future__ import annotations

from typing import Any

from mes.core.calls import CallKind
from mes.core.instants import parse_instant
from mes.db import Database
from mes.features.calls.service import raise_call
from mes.features.plant.check import check
from mes.features.plant.export import export
from mes.features.production.master_loading import masters
from mes.features.production.queries import tiles
from tests.features.commands.floor import DAY_START, MINUTE, floor_of
from tests.features.plant.test_areas import applied
from tests.features.production.plant import PLANT

LEVELS = """day_starts: "08:00", call_escalation: [
  {after_min: 5, to: supervisor},
  {after_min: "7.5", to: maintenance, kinds: [maintenance]},
]}"""
WITH_LEVELS = PLANT.replace('day_starts: "08:00"}', LEVELS, 1)


def mistakes(text: str) -> list[tuple[str, str, str]]:
    lines = text.splitlines()
    return [(one.code, one.field, lines[one.line - 1].strip()) for one in check(text).mistakes]


def test_levels_of_one_kind_at_one_time_and_unknown_roles_are_named_with_their_line() -> None:
    twice = WITH_LEVELS.replace('"7.5"', "5")
    assert mistakes(twice) == [
        (
            "duplicate",
            "site.call_escalation[1].after_min",
            "{after_min: 5, to: maintenance, kinds: [maintenance]},",
        )
    ]
    ((code, field, line),) = mistakes(WITH_LEVELS.replace("to: supervisor", "to: boss"))
    assert (field, line) == ("site.call_escalation[0].to", "{after_min: 5, to: boss},")
    assert code


def test_levels_are_applied_exported_and_kept_by_a_call(database: Database) -> None:
    applied(database, WITH_LEVELS)
    with database.reading() as session:
        text = export(session)
        (site,) = masters(session).sites
    assert [level.to for level in site.call_escalation] == ["supervisor", "maintenance"]
    again = applied(database, text)
    assert (again.added, again.changed) == ((), ())
    floor = floor_of(database)
    call, _ = floor.do(0, lambda s, c: raise_call(s, c, "press-1", CallKind.MAINTENANCE))
    assert applied(database, PLANT).changed == ("site busan",)
    found = [(at - DAY_START, to) for at, to in call.escalates_at()]
    assert found == [(5 * MINUTE, "supervisor"), (450_000_000, "maintenance")]
    other, _ = floor.do(MINUTE, lambda s, c: raise_call(s, c, "press-1", CallKind.LEAD))
    assert other.escalates_at() == []


def test_the_tile_changes_by_itself_when_a_level_is_reached(database: Database) -> None:
    applied(database, WITH_LEVELS)
    floor = floor_of(database)
    floor.do(0, lambda s, c: raise_call(s, c, "press-1", CallKind.LEAD))

    def tile(at: int) -> dict[str, Any]:
        found = floor.ask(lambda s: tiles(s, [floor.ids["press-1"]], DAY_START + at))
        return found[0]

    before = tile(MINUTE)
    assert before["calls"][0]["level"] == 0
    assert parse_instant(before["next_change_at"]) == DAY_START + 5 * MINUTE
    assert tile(5 * MINUTE)["calls"][0]["level"] == 1

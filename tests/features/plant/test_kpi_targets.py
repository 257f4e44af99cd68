"""Targets of a plant file: checked by line, applied once, exported, conflicts by name."""

from __future__ import annotations

from fractions import Fraction

import pytest
from sqlalchemy import func, select

from mes.db import Database
from mes.features.plant.check import check
from mes.features.plant.edits import Plant, edit_plant
from mes.features.plant.export import export
from mes.features.plant.service import ApplyReport, apply
from mes.features.production.master_loading import masters
from mes.features.screens.report.targets import set_targets, targets_at
from mes.models import KpiTarget
from tests.features.production.plant import DAY_START, HOUR, PLANT

ACTOR = {"kind": "account", "id": 1, "label": "office"}
TARGETS = """targets:
  - {place: busan, oee: 80, quality_ratio: 99.5}
  - {place: press-1, oee: "85"}
"""
FILE = PLANT + TARGETS


def applied(database: Database, text: str, now: int = DAY_START, **how: bool) -> ApplyReport:
    found = check(text)
    assert found.plant is not None, found.mistakes
    with database.transaction() as session:
        return apply(session, found.plant, actor="test", now_us=now, **how)


def held(database: Database, place: str, at: int = DAY_START) -> dict[str, Fraction]:
    with database.reading() as session:
        known = masters(session)
        return targets_at(session, known, known.sites[0], place, at)


def by_hand(database: Database, place: str, now: int = DAY_START, **given: str) -> None:
    with database.transaction() as session:
        set_targets(session, ACTOR, masters(session), place, given, now)


def test_targets_of_a_file_hold_from_the_beginning_and_are_inherited(database: Database) -> None:
    assert "target press-1" in applied(database, FILE).added
    assert held(database, "press-1", 0) == {
        "oee": Fraction(85, 100),
        "quality_ratio": Fraction(995, 1000),
    }
    assert held(database, "press-2")["oee"] == Fraction(8, 10)


def test_applying_twice_and_exporting_changes_nothing(database: Database) -> None:
    applied(database, FILE)
    again = applied(database, FILE, DAY_START + HOUR)
    assert (*again.added, *again.changed, *again.missing) == ()
    with database.reading() as session:
        text = export(session)
    assert "targets:" in text
    exported = applied(database, text, DAY_START + HOUR)
    assert (*exported.added, *exported.changed, *exported.missing) == ()
    with database.reading() as session:
        assert session.scalar(select(func.count(KpiTarget.id))) == 3


def test_a_changed_target_holds_from_now_on_and_leaves_the_past(database: Database) -> None:
    applied(database, FILE)
    changed = applied(database, FILE.replace('oee: "85"', "oee: 90"), DAY_START + HOUR)
    assert changed.changed == ("target press-1",)
    assert held(database, "press-1", DAY_START + HOUR)["oee"] == Fraction(9, 10)
    assert held(database, "press-1", DAY_START)["oee"] == Fraction(85, 100)


def test_a_target_changed_on_both_sides_is_a_conflict_unless_forced(database: Database) -> None:
    applied(database, FILE)
    by_hand(database, "press-1", oee="70")
    text = FILE.replace('oee: "85"', "oee: 90")
    (conflict,) = applied(database, text).conflicts
    assert conflict.startswith("target press-1")
    assert held(database, "press-1")["oee"] == Fraction(7, 10)
    applied(database, text, DAY_START + HOUR, force=True)
    assert held(database, "press-1", DAY_START + HOUR)["oee"] == Fraction(9, 10)


def test_what_people_set_or_took_away_stays_when_the_file_does_not_say_otherwise(
    database: Database,
) -> None:
    applied(database, FILE)
    by_hand(database, "press-1", oee="")
    by_hand(database, "line-1", oee="77")
    again = applied(database, FILE, DAY_START + HOUR)
    assert (*again.added, *again.changed, *again.missing, *again.conflicts) == ()
    assert held(database, "press-1")["oee"] == Fraction(77, 100)


def test_pruning_takes_targets_away_that_a_file_no_longer_has(database: Database) -> None:
    applied(database, FILE)
    by_hand(database, "line-1", oee="77")
    kept = applied(database, PLANT, DAY_START + HOUR)
    assert set(kept.missing) == {"target busan", "target press-1"}
    applied(database, PLANT, DAY_START + HOUR, prune=True)
    assert held(database, "press-1", DAY_START + HOUR) == {"oee": Fraction(77, 100)}


def test_a_machine_with_a_target_can_be_retired_in_the_browser(database: Database) -> None:
    applied(database, FILE)

    def without(plant: Plant) -> None:
        for line in plant["lines"]:
            line["work_units"] = [one for one in line["work_units"] if one["id"] != "press-1"]

    with database.transaction() as session:
        done = edit_plant(
            session,
            ACTOR,
            now_us=DAY_START + HOUR,
            action="machine.retired",
            subject="press-1",
            change=without,
        )
    assert set(done.retired) == {"target press-1", "work_unit press-1"}
    assert held(database, "press-2")["oee"] == Fraction(8, 10)


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ("{place: nowhere, oee: 80}", "place_unknown"),
        ("{place: press-1}", None),
        ("{place: press-1, oee: 0}", None),
        ("{place: press-1, oee: -1}", None),
        ("{place: press-1, oee: 200.1}", None),
        ("{place: press-1, oee: .nan}", None),
        ("{place: press-1, oee: lots}", None),
        ("{place: press-1, oee: true}", None),
        ("{place: press-1, speed: 80}", None),
    ],
)
def test_a_mistake_in_targets_is_told_with_its_line(row: str, code: str | None) -> None:
    text = f"{PLANT}targets:\n  - {row}\n"
    found = check(text)
    assert found.plant is None
    assert {mistake.line for mistake in found.mistakes} == {len(text.splitlines())}
    assert code is None or {mistake.code for mistake in found.mistakes} == {code}


def test_two_rows_of_one_place_are_a_mistake() -> None:
    found = check(FILE + "  - {place: press-1, oee: 70}\n")
    assert [mistake.code for mistake in found.mistakes] == ["duplicate"]

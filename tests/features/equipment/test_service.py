"""Lines and machines change in the browser; what was recorded stays as it was counted."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select

from mes.core.refusal import Refusal
from mes.db import Database
from mes.features.equipment import service
from mes.features.equipment.queries import PlantTree, plant_tree
from mes.features.equipment.service import AreaDraft, LineDraft, MachineDraft, SiteDraft, TypedLevel
from mes.features.plant.export import export, exported
from mes.features.plant.rows import TypedNames
from mes.models import AuditLog, ConfigRevision, Equipment, WorkUnitSetting
from tests.features.commands.floor import Floor
from tests.features.plant.plant_files import GOOD
from tests.features.plant.test_apply import LATER, applied
from tests.features.production.plant import DAY_START

ACTOR = {"kind": "account", "id": 1, "label": "office"}
NAMES = TypedNames(ko="새 설비", en="New machine")
MACHINE = MachineDraft(
    names=NAMES,
    line="line-1",
    minor_stop_s="240",
    key_machine=False,
    default_item="",
    state="manual",
    idle_after_s="",
)


def tree(database: Database) -> PlantTree:
    with database.reading() as session:
        return plant_tree(session)


def add(database: Database, code: str, draft: Any = MACHINE) -> None:
    with database.transaction() as session:
        service.add(session, ACTOR, now_us=LATER, code=code, draft=draft)


def change(database: Database, code: str, draft: Any, now_us: int, seen: str | None = None) -> None:
    seen = tree(database).marks[code] if seen is None else seen
    with database.transaction() as session:
        service.change(session, ACTOR, code, now_us=now_us, draft=draft, seen=seen)


def retire(database: Database, code: str) -> None:
    seen = tree(database).marks[code]
    with database.transaction() as session:
        service.retire(session, ACTOR, code, now_us=LATER + 9, seen=seen)


def order(database: Database) -> list[str]:
    return [row.code for row in tree(database).rows if not row.retired]


def test_a_machine_is_added_changed_moved_retired_and_used_again(database: Database) -> None:
    applied(database, GOOD)
    add(database, "fresh-1")
    add(database, "fresh-1")  # sent twice
    assert order(database)[-1] == "fresh-1"
    changed = replace(MACHINE, minor_stop_s="60", key_machine=True)
    change(database, "fresh-1", changed, LATER + 5)
    with database.reading() as session:
        unit = session.scalars(select(Equipment.id).where(Equipment.code == "fresh-1")).one()
        settings = session.scalars(
            select(WorkUnitSetting)
            .where(WorkUnitSetting.work_unit_id == unit)
            .order_by(WorkUnitSetting.valid_from)
        ).all()
        assert [(s.valid_from, s.minor_stop_limit_us) for s in settings] == [
            (0, 240_000_000),
            (LATER + 5, 60_000_000),
        ], "the past keeps its own"
    retire(database, "fresh-1")
    assert "fresh-1" not in order(database)
    with database.transaction() as session:
        service.restore(session, ACTOR, "fresh-1", now_us=LATER + 10)
    row = tree(database).row("fresh-1")
    assert row is not None
    assert (row.details["minor"], row.details["key_machine"]) == ("60", True)
    with database.reading() as session:
        actions = session.scalars(select(AuditLog.action).where(AuditLog.subject == "fresh-1"))
        assert list(actions) == [
            f"equipment.{done}" for done in ("added", "changed", "retired", "restored")
        ]


def test_up_and_down_swap_neighbours_once_and_reach_the_configuration(database: Database) -> None:
    applied(database, GOOD)
    add(database, "fresh-1")
    before = order(database)
    seen = tree(database).orders["fresh-1"]
    for _ in range(2):  # a press that arrives twice
        with database.transaction() as session:
            service.move(session, ACTOR, "fresh-1", now_us=LATER, up=True, seen=seen)
    place = before.index("fresh-1")
    moved = [*before[: place - 1], "fresh-1", before[place - 1]]
    assert order(database) == moved
    with database.reading() as session:
        latest = session.scalars(
            select(ConfigRevision.summary).order_by(ConfigRevision.id.desc())
        ).first()
        assert latest is not None
        assert "work_unit fresh-1" in latest["moved"]
        text = export(session)
    assert applied(database, text).changed == ()
    assert order(database) == moved


def test_areas_and_lines_hold_each_other_and_are_not_retired_while_they_do(
    database: Database,
) -> None:
    applied(database, GOOD)
    add(database, "shop-1", AreaDraft(names=NAMES))
    add(database, "line-9", LineDraft(names=NAMES, area="shop-1", oee_rule="sum"))
    add(database, "fresh-1", replace(MACHINE, line="line-9"))
    for code, what in (("shop-1", "line"), ("line-9", "machines_of_line")):
        with pytest.raises(Refusal) as told:
            retire(database, code)
        assert (told.value.code, told.value.details["what"]) == ("master_in_use", what)
    retire(database, "fresh-1")
    retire(database, "line-9")
    with database.transaction() as session, pytest.raises(Refusal) as told:
        service.restore(session, ACTOR, "fresh-1", now_us=LATER)
    assert told.value.code == "master_parent_retired"


def test_what_was_retired_stays_so_when_the_unchanged_file_is_applied(database: Database) -> None:
    applied(database, GOOD)
    add(database, "shop-1", AreaDraft(names=NAMES))
    add(database, "line-9", LineDraft(names=NAMES, area="shop-1", oee_rule=""))
    add(database, "fresh-1", replace(MACHINE, line="line-9"))
    with database.reading() as session:
        file = export(session)
    applied(database, file)
    for code in ("fresh-1", "line-9", "shop-1"):
        retire(database, code)
    again = applied(database, file, LATER + 20)
    assert (again.added, again.changed, again.conflicts) == ((), (), ())
    assert not {"fresh-1", "line-9", "shop-1"} & set(order(database))
    with database.reading() as session:
        after = export(session)
    same = applied(database, after, LATER + 21)
    assert (same.added, same.changed, same.retired) == ((), (), ())


def test_worst_values_are_told_by_field_and_the_second_editor_is_refused(
    database: Database,
) -> None:
    applied(database, GOOD)
    for draft, field in (
        (replace(MACHINE, line="nowhere"), "line"),
        (replace(MACHINE, minor_stop_s="-1"), "minor"),
        (replace(MACHINE, default_item="nothing"), "default_item"),
        (replace(MACHINE, state="counts", idle_after_s="60"), "state"),
        (replace(MACHINE, state="counts", idle_after_s="0"), "idle"),
        (replace(MACHINE, names=TypedNames(ko="a\x00", en="b")), "ko"),
        (LineDraft(names=NAMES, area="nowhere", oee_rule=""), "area"),
        (LineDraft(names=NAMES, area="", oee_rule="best"), "oee_rule"),
    ):
        with pytest.raises(Refusal) as told:
            add(database, "w-1", draft)
        assert told.value.code == "master_invalid", field
        assert set(told.value.details["fields"]) == {field}  # type: ignore[call-overload]
    add(database, "fresh-1")
    seen = tree(database).marks["fresh-1"]
    change(database, "fresh-1", replace(MACHINE, minor_stop_s="1"), LATER + 1)
    with pytest.raises(Refusal) as told:
        change(database, "fresh-1", replace(MACHINE, minor_stop_s="2"), LATER + 2, seen)
    assert told.value.code == "master_changed"


def test_the_plant_itself_keeps_its_day_once_production_was_recorded(floor: Floor) -> None:
    site = tree(floor.database).site
    assert site is not None
    draft = SiteDraft(
        names=TypedNames(ko="새 이름", en="New name"),
        zone=site["time_zone"],
        day_starts=site.get("day_starts", "00:00"),
        terminal_idle_min="20",
        levels=(TypedLevel(after_min="5", to="supervisor", kinds=("quality",)),),
    )

    def save(changed: SiteDraft) -> None:
        seen = tree(floor.database).marks[""]
        with floor.database.transaction() as session:
            service.change_site(session, ACTOR, now_us=DAY_START, draft=changed, seen=seen)

    save(draft)
    with floor.database.reading() as session:
        saved = exported(session)["site"]
    assert saved["terminal_idle_min"] == 20
    assert saved["call_escalation"] == [
        {"after_min": "5", "to": "supervisor", "kinds": ["quality"]}
    ]
    for wrong, field in (
        (replace(draft, zone="Mars/Base"), "zone"),
        (replace(draft, day_starts="25:00"), "day_starts"),
    ):
        with pytest.raises(Refusal) as told:
            save(wrong)
        assert set(told.value.details["fields"]) == {field}  # type: ignore[call-overload]
    tokyo = replace(draft, zone="Asia/Tokyo")
    save(tokyo)
    floor.start(floor.job())
    save(replace(tokyo, terminal_idle_min="30"))
    with pytest.raises(Refusal) as told:
        save(draft)
    assert told.value.code == "plant_day_fixed"
    for wrong, field in (
        (replace(tokyo, names=TypedNames(ko="", en="x")), "ko"),
        (replace(tokyo, terminal_idle_min="0"), "terminal_idle"),
        (replace(tokyo, levels=(TypedLevel(after_min="x", to="manager", kinds=()),)), "after-0"),
    ):
        with pytest.raises(Refusal) as told:
            save(wrong)
        assert field in told.value.details["fields"], field  # type: ignore[operator]


def test_a_machine_with_jobs_is_not_retired_and_moves_only_between_equal_calendars(
    floor: Floor,
) -> None:
    rows = tree(floor.database)
    press = rows.row("press-1")
    assert press is not None
    job = floor.job("press-1", 10)
    with pytest.raises(Refusal) as told:
        retire(floor.database, "press-1")
    assert (told.value.details["what"], told.value.details["names"]) == ("job", [job])
    floor.start(job)
    add(floor.database, "line-9", LineDraft(names=NAMES, area="", oee_rule=""))
    moved = replace(MACHINE, names=TypedNames(**press.names), line="line-9")
    with pytest.raises(Refusal) as told:
        change(floor.database, "press-1", moved, DAY_START + 10)
    assert told.value.code == "machine_move_changes_past"
    add(floor.database, "fresh-1", replace(MACHINE, line=press.details["line"]))
    change(floor.database, "fresh-1", replace(MACHINE, line="line-9"), DAY_START + 11)
    fresh = tree(floor.database).row("fresh-1")
    assert fresh is not None
    assert fresh.parent == "line-9", "what never recorded anything may move"

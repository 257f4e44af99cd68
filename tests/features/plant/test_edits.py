"""A change in the browser writes only what differs, checks the whole plant, and loses nothing."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from mes.core.refusal import Refusal
from mes.db import Database
from mes.features.plant.edits import Edited, Plant, edit_plant, plant_document
from mes.features.plant.export import export
from tests.features.plant.test_apply import DEMO, LATER, applied

ACTOR = {"kind": "account", "id": 1, "label": "office"}


def edited(database: Database, change: Callable[[Plant], None]) -> Edited:
    with database.transaction() as session:
        return edit_plant(
            session, ACTOR, now_us=LATER, action="item.changed", subject="x", change=change
        )


def test_a_new_machine_stands_where_the_document_has_it(database: Database) -> None:
    applied(database, DEMO)

    def add(plant: Plant) -> None:
        plant["lines"][0]["work_units"].insert(0, {"id": "fresh-1"})

    done = edited(database, add)
    assert (done.added, done.changed, done.retired) == (("work_unit fresh-1",), (), ())
    with database.reading() as session:
        assert plant_document(session)["lines"][0]["work_units"][0]["id"] == "fresh-1"


def test_what_contradicts_itself_is_refused_by_field_and_nothing_is_written(
    database: Database,
) -> None:
    applied(database, DEMO)
    with database.reading() as session:
        before = export(session)

    def break_it(plant: Plant) -> None:
        plant["lines"][0]["calendar"] = "nowhere"
        plant["items"].append({"code": "a b"})

    with pytest.raises(Refusal) as refused:
        edited(database, break_it)
    assert refused.value.code == "plant_invalid"
    mistakes = refused.value.details["mistakes"]
    assert isinstance(mistakes, list)
    fields = {one["field"] for one in mistakes}
    assert "lines[0].calendar" in fields
    assert any(field.startswith("items[") and field.endswith(".code") for field in fields)
    with database.reading() as session:
        assert export(session) == before


def test_a_change_that_changes_nothing_makes_no_revision(database: Database) -> None:
    applied(database, DEMO)
    assert edited(database, lambda plant: None).revision is None


def test_a_plant_begins_in_an_empty_database(database: Database) -> None:
    def found(plant: Plant) -> None:
        plant["site"] = {"id": "plant", "time_zone": "Asia/Seoul"}
        plant["lines"] = [{"id": "line-1", "work_units": [{"id": "press-1"}]}]

    done = edited(database, found)
    assert done.added == ("site plant", "line line-1", "work_unit press-1")

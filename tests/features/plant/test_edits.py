"""A change in the browser writes only what differs, checks the whole plant, and loses nothing."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from mes.core.refusal import Refusal
from mes.db import Database
from mes.features.plant.check import check
from mes.features.plant.document import BYTES_MAX, Document
from mes.features.plant.edits import Edited, Plant, edit_plant
from mes.features.plant.export import export, exported
from mes.features.plant.objects import keys_as_text
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
        assert exported(session)["lines"][0]["work_units"][0]["id"] == "fresh-1"


def test_the_values_of_a_plant_are_those_of_its_file_and_belong_to_the_reader(
    database: Database,
) -> None:
    applied(database, DEMO)
    with database.transaction() as session:
        values = exported(session)
        assert values == Document(export(session)).data
        values["lines"][0]["name"]["ko"] = "-"
        values["sources"][0]["id"] = "-"
        assert exported(session) == Document(export(session)).data != values


@pytest.mark.parametrize("name", ["\ufffe", "\ud800", "\x07" * BYTES_MAX])
def test_a_change_is_held_to_what_a_file_may_hold(database: Database, name: str) -> None:
    applied(database, DEMO)

    def rename(plant: Plant) -> None:
        plant["items"][0]["name"]["ko"] = name

    with pytest.raises(Refusal) as refused:
        edited(database, rename)
    assert refused.value.code == "plant_invalid"


def test_values_and_file_have_the_same_mistakes() -> None:
    text = DEMO.replace("time_zone: Asia/Seoul", "time_zone: Asia/Nowhere")
    text = text.replace("default_item: ", "default_item: NOT-")
    of_file, of_values = check(text), check(Document(text).data)
    assert of_file.plant is None
    assert keys_as_text(of_file.raw) == of_values.raw
    assert {(one.field, one.code, one.message) for one in of_file.mistakes} == {
        (one.field, one.code, one.message) for one in of_values.mistakes
    }
    assert {one.line for one in of_values.mistakes} == {1}


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

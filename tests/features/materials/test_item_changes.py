"""Items change in the browser: rates from then on, nothing lost to a plant file applied again."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from mes.core.refusal import Refusal
from mes.db import Database
from mes.features.materials.item_list import item_detail, listed_items
from mes.features.materials.service import (
    ItemDraft,
    TypedRate,
    add_item,
    change_item,
    restore_item,
    retire_item,
)
from mes.features.plant.export import export, exported
from mes.features.plant.rows import TypedNames
from mes.models import AuditLog, ConfigRevision, MaterialRate
from tests.features.plant.plant_files import GOOD
from tests.features.plant.test_apply import LATER, applied

ACTOR = {"kind": "account", "id": 1, "label": "office"}
NAMES = TypedNames(ko="브라켓", en="Bracket")
NOW = LATER + 1_000_000


def draft(cycle: str = "2.50", pieces: str = "", *, default: bool = False) -> ItemDraft:
    rate = TypedRate(cycle_s=cycle, pieces=pieces, default=default)
    return ItemDraft(names=NAMES, unit="pcs", rates={"press-1": rate})


def done(database: Database, do: Callable[[Session], None]) -> None:
    with database.transaction() as session:
        do(session)


def mark(database: Database, code: str) -> str:
    with database.reading() as session:
        detail = item_detail(session, code)
        assert detail is not None
        return detail.mark


def added(database: Database, code: str = "NEW-1", cycle: str = "2.50") -> None:
    made = draft(cycle)
    done(database, lambda s: add_item(s, ACTOR, now_us=NOW, code=code, draft=made))


def test_a_new_item_has_its_rate_from_the_beginning_and_a_change_from_then_on(
    database: Database,
) -> None:
    applied(database, GOOD)
    added(database)
    seen = mark(database, "NEW-1")
    other = draft("２.4", "2", default=True)
    for at in (NOW + 5, NOW + 9):  # sent twice
        with database.transaction() as session:
            change_item(session, ACTOR, "NEW-1", now_us=at, draft=other, seen=seen)
    with database.reading() as session:
        rows = session.scalars(select(MaterialRate).order_by(MaterialRate.id)).all()[-2:]
        assert [(r.valid_from, r.ideal_cycle_s, r.pieces_per_cycle) for r in rows] == [
            (0, Decimal("2.5"), 1),
            (NOW + 5, Decimal("2.4"), 2),
        ]
        item = next(one for one in listed_items(session, "브라", 10) if one.code == "NEW-1")
        assert [(r.machine, r.since, r.default) for r in item.rates] == [("press-1", NOW + 5, True)]
        actions = session.scalars(select(AuditLog.action).where(AuditLog.subject == "NEW-1"))
        assert list(actions) == ["item.added", "item.changed"]


def test_the_second_of_two_editors_is_told(database: Database) -> None:
    applied(database, GOOD)
    added(database)
    seen = mark(database, "NEW-1")
    first, second = draft("3"), draft("4")
    done(database, lambda s: change_item(s, ACTOR, "NEW-1", now_us=NOW, draft=first, seen=seen))
    with pytest.raises(Refusal) as told:
        done(
            database,
            lambda s: change_item(s, ACTOR, "NEW-1", now_us=NOW + 1, draft=second, seen=seen),
        )
    assert told.value.code == "master_changed"
    with pytest.raises(Refusal) as told:
        done(database, lambda s: retire_item(s, ACTOR, "NEW-1", now_us=NOW + 1, seen=seen))
    assert told.value.code == "master_changed"


def test_mistakes_are_told_by_the_fields_of_the_form(database: Database) -> None:
    applied(database, GOOD)
    with database.reading() as session:
        before = export(session)
    wrong = ItemDraft(
        names=TypedNames(ko="", en="x" * 201),
        unit="",
        rates={"press-1": TypedRate(cycle_s="-1", pieces="1001", default=False)},
    )
    with pytest.raises(Refusal) as told:
        done(database, lambda s: add_item(s, ACTOR, now_us=NOW, code="W-1", draft=wrong))
    fields = {"ko", "en", "unit", "cycle-press-1", "pieces-press-1"}
    assert set(told.value.details["fields"]) == fields  # type: ignore[call-overload]
    for bad in ("NaN", "Infinity", "1e999999", "two", "0"):
        with pytest.raises(Refusal) as told:
            added(database, "W-1", cycle=bad)
        assert set(told.value.details["fields"]) == {"cycle-press-1"}, bad  # type: ignore[call-overload]
    with database.reading() as session:
        assert export(session) == before


def test_an_item_that_was_retired_stays_so_when_the_unchanged_file_is_applied(
    database: Database,
) -> None:
    applied(database, GOOD)
    added(database)
    with database.reading() as session:
        file = export(session)
    applied(database, file)
    done(
        database,
        lambda s: retire_item(s, ACTOR, "NEW-1", now_us=NOW + 7, seen=mark(database, "NEW-1")),
    )
    again = applied(database, file, NOW + 8)
    assert (again.added, again.changed, again.conflicts) == ((), (), ())
    with database.reading() as session:
        assert "NEW-1" not in export(session)
        after = export(session)
        revisions = len(session.scalars(select(ConfigRevision.id)).all())
    same = applied(database, after, NOW + 9)
    assert (same.added, same.changed) == ((), ())
    done(database, lambda s: restore_item(s, ACTOR, "NEW-1", now_us=NOW + 10))
    done(database, lambda s: restore_item(s, ACTOR, "NEW-1", now_us=NOW + 11))
    with database.reading() as session:
        press = exported(session)["lines"][0]["work_units"][0]
        assert press["ideal_cycle_s"]["NEW-1"] == "2.5", "the rate that ended is back"
        assert len(session.scalars(select(ConfigRevision.id)).all()) <= revisions + 2


def test_a_file_that_needs_what_was_retired_brings_it_back(database: Database) -> None:
    applied(database, GOOD)
    added(database)
    with database.reading() as session:
        file = export(session)
    applied(database, file)
    done(
        database,
        lambda s: retire_item(s, ACTOR, "NEW-1", now_us=NOW + 7, seen=mark(database, "NEW-1")),
    )
    needing = file.replace(
        "lines:\n",
        "lines:\n- id: fresh\n  work_units:\n  - id: fresh-1\n    default_item: NEW-1\n",
        1,
    )
    report = applied(database, needing, NOW + 8)
    assert {"item NEW-1", "work_unit fresh-1"} <= set(report.added)


def test_an_item_that_is_needed_is_not_retired(database: Database) -> None:
    applied(database, GOOD)
    added(database)
    other = draft(default=True)
    seen = mark(database, "NEW-1")
    done(database, lambda s: change_item(s, ACTOR, "NEW-1", now_us=NOW, draft=other, seen=seen))
    with pytest.raises(Refusal) as told:
        done(
            database,
            lambda s: retire_item(s, ACTOR, "NEW-1", now_us=NOW, seen=mark(database, "NEW-1")),
        )
    assert (told.value.code, told.value.details["what"]) == ("master_in_use", "machine")

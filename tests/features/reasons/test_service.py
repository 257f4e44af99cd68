"""Reasons that the plant needs stay."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from mes.core.refusal import Refusal
from mes.db import Database
from mes.features.plant.export import export
from mes.features.reasons.service import (
    ReasonNames,
    change_reason,
    listed_reasons,
    move_reason,
    order_mark,
    retire_reason,
)
from mes.models import Reason, ReasonClass
from tests.features.plant.test_apply import DEMO, LATER, applied

ACTOR = {"kind": "account", "id": 1, "label": "office"}


def test_a_reason_that_the_plant_names_is_not_retired(database: Database) -> None:
    applied(database, DEMO)
    with database.reading() as session:
        before = export(session)
        marks = {row["code"]: row["mark"] for row in listed_reasons(session)}
    for code in ("lunch", "material-shortage"):
        with pytest.raises(Refusal) as refused, database.transaction() as session:
            retire_reason(session, ACTOR, code, now_us=LATER, seen=marks[code])
        assert refused.value.code == "reason_still_named", code
    with database.reading() as session:
        assert export(session) == before


def rows(database: Database) -> dict[str, dict[str, object]]:
    with database.reading() as session:
        return {row["code"]: row for row in listed_reasons(session) if not row["retired"]}


def change(database: Database, code: str, *, time_class: str | None, **other: str | bool) -> None:
    row = rows(database)[code]
    name = row["name"]
    assert isinstance(name, dict)
    group = other.get("group")
    with database.transaction() as session:
        change_reason(
            session,
            ACTOR,
            code,
            now_us=LATER + 5,
            names=ReasonNames(**name),
            seen=str(row["mark"]),
            time_class=time_class,
            failure=bool(other.get("failure")),
            group=str(group) if group else None,
        )


def test_another_class_holds_from_now_on_and_a_group_is_of_the_same_kind(
    database: Database,
) -> None:
    applied(database, DEMO)
    change(database, "jam", time_class="unplanned_stop", failure=True, group="breakdown")
    row = rows(database)["jam"]
    assert (row["failure"], row["parent"]) == (True, "breakdown")
    with database.reading() as session:
        identity = session.scalars(select(Reason.id).where(Reason.code == "jam")).one()
        dated = session.scalars(
            select(ReasonClass)
            .where(ReasonClass.reason_id == identity)
            .order_by(ReasonClass.valid_from)
        ).all()
        assert [(d.valid_from, d.failure) for d in dated] == [(0, False), (LATER + 5, True)]
    for code, group in (("misfeed", "jam"), ("breakdown", "misfeed"), ("misfeed", "burr")):
        with pytest.raises(Refusal) as told:
            change(database, code, time_class="unplanned_stop", group=group)
        assert set(told.value.details) == {"parent"}, (code, group)
    with pytest.raises(Refusal) as told:
        change(database, "blocked", time_class="setup")
    assert told.value.code == "reason_built_in"


def test_a_reason_moves_once_among_its_kind(database: Database) -> None:
    applied(database, DEMO)

    def stops() -> list[str]:
        return [code for code, row in rows(database).items() if row["domain"] == "stop"]

    before = [code for code in stops() if code not in ("blocked", "starved")]
    seen = order_mark(rows(database).values(), "stop")
    for _ in range(2):  # a press that arrives twice
        with database.transaction() as session:
            move_reason(session, ACTOR, before[1], now_us=LATER, up=True, seen=seen)
    after = [code for code in stops() if code not in ("blocked", "starved")]
    assert after == [before[1], before[0], *before[2:]]

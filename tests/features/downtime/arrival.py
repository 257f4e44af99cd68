"""The same facts again in another order of arrival, and what follows from them."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from sqlalchemy import delete, insert, select

from mes.db import Database
from mes.features.ingest.status import forget_heard
from mes.features.production.hot import forget_hot
from mes.features.production.service import facts_changed, statement_from
from mes.models import Base
from tests.features.commands.floor import Floor
from tests.features.production.plant import Record

PROJECTIONS = ("state_record", "job_run", "quantity_record")
PEOPLE = ("stop_statement", "quantity_move", "job_event")
SIGNALS = ("signal_fact", "gap_fact", "source_stream", "source_status", "work_unit_live")


def projections(database: Database) -> dict[str, list[str]]:
    """What follows from the facts, surrogate ids left out."""
    found = {}
    with database.reading() as session:
        for name in PROJECTIONS:
            table = Base.metadata.tables[name]
            columns = [column for column in table.columns if column.name != "id"]
            found[name] = sorted(map(repr, session.execute(select(*columns))))
    return found


def in_another_order(floor: Floor, sent: list[Record], now: int, order: random.Random) -> None:
    """Forget everything, then let the same facts arrive in another order, one after the other."""
    unit = floor.ids["press-1"]
    people: list[tuple[str, dict[str, Any]]] = []
    with floor.database.transaction() as session:
        for name in PEOPLE:
            table = Base.metadata.tables[name]
            rows = session.execute(select(table).order_by(table.c.id)).mappings()
            people += [(name, {**row}) for row in rows]
        for name in (*PEOPLE, *PROJECTIONS, *SIGNALS, "rollup_hour", "rollup_shift"):
            session.execute(delete(Base.metadata.tables[name]))
        forget_heard(session)
        forget_hot(session)
    arriving: list[Callable[[], None]] = [
        *(_told(floor, unit, name, row) for name, row in people),
        *(_heard(floor, record, now) for record in sent),
    ]
    order.shuffle(arriving)
    for arrive in arriving:
        arrive()
    floor.feed.post([], now)


def _told(floor: Floor, unit: int, name: str, row: dict[str, Any]) -> Callable[[], None]:
    def arrive() -> None:
        with floor.database.transaction() as session:
            session.execute(insert(Base.metadata.tables[name]).values(row))
            since = row.get("at", row.get("start"))
            if name == "stop_statement":
                since = statement_from(session, unit, row["command_id"])
            facts_changed(session, unit, row["recorded_at"] if since is None else since)

    return arrive


def _heard(floor: Floor, record: Record, now: int) -> Callable[[], None]:
    def arrive() -> None:
        floor.feed.post([record], None, now)

    return arrive

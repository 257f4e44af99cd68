"""A floor for tests: the small plant, people who do things at a time, and a machine that runs."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from mes.core.refusal import Refusal
from mes.db import Database
from mes.features.commands.context import Context
from mes.features.execution.service import Completion, complete_job, pause_job, start_job
from mes.features.quantities.service import Entry, enter_quantities
from mes.features.work_orders.dispatch import dispatch_order
from mes.features.work_orders.service import OrderDraft, create_order, release_order
from mes.models import JobOrder, QuantityStatement, WorkOrder
from tests.features.production.plant import DAY_START, MINUTE, PLANT, Feed, S, apply_plant, ids_of

T = TypeVar("T")
REASONS = """reasons:
  - {code: burr, name: {ko: 버, en: Burr}, domain: scrap}
  - {code: crack, name: {ko: 균열, en: Crack}, domain: scrap}
  - {code: rush, name: {ko: 긴급, en: Rush order}, domain: pause}
"""
FLOOR_PLANT = PLANT.replace("reasons:\n", REASONS)
KIM = {"kind": "person", "id": 1, "label": "김민수", "person": "1001", "terminal": "tablet-1"}
_numbers = itertools.count(1)


def command_id() -> str:
    """A fresh identity."""
    return f"test-command-{next(_numbers):06d}"


@dataclass(slots=True)
class Floor:
    """The plant; `at` of everything is in microseconds since `DAY_START`."""

    database: Database
    feed: Feed
    ids: dict[str, int] = field(default_factory=dict)

    def do(self, at: int, act: Callable[[Session, Context], T], command: str | None = None) -> T:
        """Somebody does something in a transaction."""
        with self.database.transaction() as session:
            return act(session, self.context(at, command))

    def context(self, at: int, command: str | None = None) -> Context:
        """Kim, at a time."""
        when = DAY_START + at
        return Context(command_id=command or command_id(), actor=KIM, at=when, now=when)

    def ask(self, query: Callable[[Session], T]) -> T:
        """Read something."""
        with self.database.reading() as session:
            return query(session)

    def order(self, quantity: object = 100, item: str = "A", **draft: Any) -> str:
        """Number of a released order."""
        asked = OrderDraft(item=item, quantity=quantity, **draft)
        order = self.do(0, lambda s, c: create_order(s, c, asked))
        self.do(0, lambda s, c: release_order(s, c, order.number))
        return order.number

    def job(self, work_unit: str = "press-1", quantity: object = 100, **draft: Any) -> str:
        """Number of a dispatched job of an order of its own."""
        return self.dispatch(self.order(quantity, **draft), work_unit)

    def dispatch(self, order: str, work_unit: str = "press-1", quantity: object = None) -> str:
        """Number of a job of an order."""
        return self.do(
            0,
            lambda s, c: dispatch_order(s, c, order, work_unit=work_unit, quantity=quantity),
        ).number

    def start(self, job: str, at: int = 0, **how: Any) -> JobOrder:
        """Start a job."""
        return self.do(at, lambda s, c: start_job(s, c, job, **how))

    def pause(self, job: str, at: int, **how: Any) -> JobOrder:
        """Pause a job."""
        return self.do(at, lambda s, c: pause_job(s, c, job, **how))

    def complete(self, job: str, at: int, **how: Any) -> Completion:
        """Complete a job."""
        return self.do(at, lambda s, c: complete_job(s, c, job, **how))

    def enter(self, at: int, work_unit: str = "bench-1", **entry: Any) -> QuantityStatement:
        """Enter pieces."""
        return self.do(at, lambda s, c: enter_quantities(s, c, work_unit, Entry(**entry)))

    def count(self, start: int, end: int, every: int = 2 * S, total: int = 0) -> int:
        """press-1 runs and counts a piece each `every`; returns what the counter shows."""
        if start == 0:
            self.feed.value(0, "state", 2)
            self.feed.value(0, "total", total)
            self.feed.value(0, "scrap", 0)
        for at in range(start + every, end + 1, every):
            total += 1
            self.feed.value(at, "total", total)
        self.feed.send(end)
        return total

    def find_order(self, number: str) -> WorkOrder:
        """An order as it is stored."""
        return self.ask(
            lambda s: s.scalars(select(WorkOrder).where(WorkOrder.number == number)).one()
        )

    def find_job(self, number: str) -> JobOrder:
        """A job as it is stored."""
        return self.ask(
            lambda s: s.scalars(select(JobOrder).where(JobOrder.number == number)).one()
        )


def make_floor(database: Database) -> Floor:
    """The small plant with reasons for scrap and pauses."""
    apply_floor(database)
    return floor_of(database)


def apply_floor(database: Database) -> None:
    """Apply the small plant with reasons for scrap and pauses."""
    apply_plant(database, FLOOR_PLANT)


def floor_of(database: Database) -> Floor:
    """The floor of a database in which it has been applied."""
    return Floor(database, Feed(database), ids_of(database))


def refused(code: str, act: Callable[[], object]) -> Refusal:
    """The refusal with which an act must end."""
    with pytest.raises(Refusal) as caught:
        act()
    assert caught.value.code == code, (caught.value.code, caught.value.message)
    return caught.value


__all__ = ["DAY_START", "KIM", "MINUTE", "Floor", "S", "command_id", "make_floor", "refused"]

"""Which work orders the page of orders lists, for its files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from mes.core.wall_time import local_us
from mes.features.oee.windows import day_argument
from mes.features.reports.progress import OPEN
from mes.features.screens.floor.choosing import Speaker
from mes.features.work_orders.queries import LIMIT_MAX, OrderFilter, list_orders
from mes.features.work_orders.schemas import split_states
from mes.features.work_orders.states import OrderState

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedOrders:
    """The conditions of the page.

    Attributes:
        states: any of these; none: no order.
        text: part of number, external id, remark, or of code or a name of the item; empty: any.
        first: first local day of the due; None: any. Likewise `last`.
    """

    states: tuple[str, ...]
    text: str
    first: date | None
    last: date | None

    def found(self, session: Session, speaker: Speaker) -> Iterator[Mapping[str, Any]]:
        """The orders, latest made first.

        Raises:
            Refusal: `state_unknown` (422).
        """
        wanted = self._wanted(speaker.zone) if self.states else None
        while wanted is not None:
            orders, after = list_orders(session, wanted)
            yield from orders
            wanted = None if after is None else replace(wanted, after=after)

    def _wanted(self, zone: ZoneInfo) -> OrderFilter:
        return OrderFilter(
            states=self.states,
            text=self.text or None,
            due_from=None if self.first is None else _midnight(self.first, zone),
            due_to=None if self.last is None else _midnight(self.last + ONE_DAY, zone),
            limit=LIMIT_MAX,
        )


def orders_of(arguments: Mapping[str, str]) -> ListedOrders:
    """The conditions of an address; without `state` those that the page begins with.

    Raises:
        Refusal: `window_malformed` (422): no day.
    """
    begins_with = (*OPEN, OrderState.COMPLETED.value)
    given = arguments.get("state")
    return ListedOrders(
        states=begins_with if given is None else split_states(given),
        text=arguments.get("text", "").strip()[:80],
        first=_day(arguments, "first"),
        last=_day(arguments, "last"),
    )


def _day(arguments: Mapping[str, str], name: str) -> date | None:
    text = arguments.get(name, "").strip()
    return day_argument(text, name) if text else None


def _midnight(day: date, zone: ZoneInfo) -> int:
    return local_us(zone.key, day, time())

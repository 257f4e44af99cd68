"""Which work orders the page of orders lists, for its files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy.orm import Session

from mes.features.reports.progress import OPEN
from mes.features.screens.floor.choosing import Speaker
from mes.features.work_orders.queries import LIMIT_MAX, OrderFilter, list_orders
from mes.features.work_orders.schemas import split_states
from mes.features.work_orders.states import OrderState


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedOrders:
    """The conditions of the page; empty texts ask for nothing.

    Attributes:
        states: any of these; none: no order.
        text: part of number, item code or name of the item.
        first: first local day of the due, YYYY-MM-DD or the beginning of it; likewise `last`.
    """

    states: tuple[str, ...]
    text: str
    first: str
    last: str

    def found(self, session: Session, speaker: Speaker) -> Iterator[Mapping[str, Any]]:
        """The orders, latest made first.

        Raises:
            Refusal: `state_unknown` (422).
        """
        wanted: OrderFilter | None = None
        if self.states:
            wanted = OrderFilter(states=self.states, limit=LIMIT_MAX)
        while wanted is not None:
            orders, after = list_orders(session, wanted)
            yield from (order for order in orders if self._meets(order, speaker))
            wanted = None if after is None else replace(wanted, after=after)

    def _meets(self, order: Mapping[str, Any], speaker: Speaker) -> bool:
        named = f"{order['order']} {order['item']} {speaker.named(order['item_name'])}"
        if self.text.lower() not in named.lower():
            return False
        if not (self.first or self.last):
            return True
        if order["due"] is None:
            return False
        day = speaker.full(order["due"])[:10]
        return (not self.first or day >= self.first) and (not self.last or day <= self.last)


def orders_of(arguments: Mapping[str, str]) -> ListedOrders:
    """The conditions of an address; without `state` those that the page begins with."""
    begins_with = (*OPEN, OrderState.COMPLETED.value)
    given = arguments.get("state")
    kept = {name: arguments.get(name, "").strip()[:80] for name in ("text", "first", "last")}
    return ListedOrders(states=begins_with if given is None else split_states(given), **kept)

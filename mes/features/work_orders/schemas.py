"""What the routes of work orders take."""

from __future__ import annotations

from typing import Any

from pydantic import AliasChoices, BaseModel, Field, StrictBool, StrictInt

from mes.features.commands.schemas import (
    Amount,
    CommandIn,
    InstantText,
    NoteText,
    Short,
    optional_instant,
)
from mes.features.work_orders.queries import LIMIT_MAX, OrderFilter
from mes.features.work_orders.service import OrderDraft


class OrderIn(CommandIn):
    """A new order, or a row of another system when it carries its external identity."""

    item: Short
    quantity: Amount
    tolerance_under: Amount = 0
    tolerance_over: Amount = 0
    due: InstantText | None = Field(default=None, validation_alias=AliasChoices("due", "due_at"))
    priority: StrictInt = 0
    note: NoteText | None = None
    external_system: Short | None = None
    external_id: Short | None = None

    @property
    def imported(self) -> bool:
        """Whether it is a row of another system."""
        return self.external_system is not None or self.external_id is not None

    def draft(self) -> OrderDraft:
        """As the service takes it."""
        return OrderDraft(
            item=self.item,
            quantity=self.quantity,
            tolerance_under=self.tolerance_under,
            tolerance_over=self.tolerance_over,
            due_at=optional_instant(self.due),
            priority=self.priority,
            note=self.note,
            external_system=self.external_system,
            external_id=self.external_id,
        )


class OrderChangeIn(CommandIn):
    """What changes in an order; fields not named stay."""

    seen_version: StrictInt
    item: Short | None = None
    quantity: Amount | None = None
    tolerance_under: Amount | None = None
    tolerance_over: Amount | None = None
    due: InstantText | None = Field(default=None, validation_alias=AliasChoices("due", "due_at"))
    priority: StrictInt | None = None
    note: NoteText | None = None

    def changes(self) -> dict[str, Any]:
        """The fields named, as the service takes them; only due and note can be emptied."""
        own = set(OrderChangeIn.model_fields) - set(CommandIn.model_fields) - {"seen_version"}
        named = {name: getattr(self, name) for name in self.model_fields_set & own}
        if "due" in named:
            named["due_at"] = optional_instant(named.pop("due"))
        emptied = ("due_at", "note")
        return {k: value for k, value in named.items() if value is not None or k in emptied}


class OrderStepIn(CommandIn):
    """A step of an order; `seen_version` makes it fail when somebody changed the order."""

    seen_version: StrictInt | None = None


class CloseIn(OrderStepIn):
    """Closing; `accept_deviation`: a quantity outside the tolerance is meant."""

    accept_deviation: StrictBool = False


class CancelIn(OrderStepIn):
    """Cancelling, with a reason in words."""

    reason: NoteText | None = None


class DispatchIn(OrderStepIn):
    """A job order for a work unit; without a quantity all that is not dispatched yet."""

    work_unit: Short
    quantity: Amount | None = None
    segment: StrictInt | None = None


class OrdersQuery(BaseModel):
    """Which orders; several states separated by commas."""

    state: Short | None = None
    item: Short | None = None
    text: Short | None = None
    due_from: InstantText | None = None
    due_to: InstantText | None = None
    after: Short | None = None
    limit: int = Field(default=100, ge=1, le=LIMIT_MAX)

    def wanted(self) -> OrderFilter:
        """As the query takes it."""
        return OrderFilter(
            states=split_states(self.state),
            item=self.item,
            text=self.text,
            due_from=optional_instant(self.due_from),
            due_to=optional_instant(self.due_to),
            after=self.after,
            limit=self.limit,
        )


def split_states(text: str | None) -> tuple[str, ...]:
    """States written with commas between them."""
    return tuple(part.strip() for part in (text or "").split(",") if part.strip())

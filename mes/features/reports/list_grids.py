"""The lists of calls, orders, people and the audit log as grids: columns and their rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Any

from mes.core.exact import parse_number
from mes.core.instants import US_PER_S, parse_instant
from mes.features.materials.item_list import ListedItem
from mes.features.people.queries import FloorRow
from mes.features.reports.grid import Column, Grid, Kind, Value
from mes.features.reports.lists import list_grid
from mes.features.screens.audit import AuditLine
from mes.features.screens.floor import words
from mes.features.screens.floor.choosing import Speaker
from mes.features.screens.report.words import _
from mes.features.work_orders.states import OrderState

Item = Mapping[str, Any]
Values = Iterable[Sequence[Value]]


def items_grid(items: Iterable[ListedItem], speaker: Speaker) -> Grid:
    """Items, one row for each machine with a rate and one for an item without."""
    columns = [
        Column(key="item", label=_("Item code")),
        Column(key="ko", label=_("Korean name")),
        Column(key="en", label=_("English name")),
        Column(key="unit", label=_("Unit")),
        Column(key="state", label=_("State")),
        Column(key="machine_code", label=_("Machine code")),
        Column(key="machine", label=_("Machine")),
        Column(key="cycle_s", label=_("Ideal cycle (s)"), kind=Kind.NUMBER),
        Column(key="pieces", label=_("Pieces per cycle"), kind=Kind.NUMBER),
        Column(key="since", label=_("Holds since"), kind=Kind.TIME),
        Column(key="default", label=_("Made without an order")),
    ]
    return list_grid("items", _("Items"), columns, _item_rows(items, speaker))


def _item_rows(items: Iterable[ListedItem], speaker: Speaker) -> Values:
    for item in items:
        names = [item.names.get("ko"), item.names.get("en")]
        state = _("Retired") if item.retired else _("In use")
        start = [item.code, *names, item.unit, state]
        for rate in item.rates:
            yield [
                *start,
                rate.machine,
                speaker.named(rate.names, rate.machine),
                rate.cycle_s,
                None if rate.cycle_s is None else rate.pieces,
                rate.since or None,
                _("yes") if rate.default else None,
            ]
        if not item.rates:
            yield [*start, *[None] * 6]


def calls_grid(items: Iterable[Item], speaker: Speaker) -> Grid:
    """Calls for help."""
    columns = [
        Column(key="call", label=_("Call")),
        Column(key="state", label=_("State")),
        Column(key="line", label=_("Line")),
        Column(key="machine", label=_("Machine")),
        Column(key="raised_at", label=_("Called at"), kind=Kind.TIME),
        Column(key="raised_by", label=_("Called by")),
        Column(key="note", label=_("Note")),
        Column(key="acknowledged_at", label=_("Acknowledged at"), kind=Kind.TIME),
        Column(key="acknowledged_by", label=_("Acknowledged by")),
        Column(key="ended_at", label=_("Ended at"), kind=Kind.TIME),
        Column(key="ended_by", label=_("Ended by")),
        Column(key="remark", label=_("Remark")),
        Column(key="response", label=_("Until answered"), kind=Kind.MINUTES),
        Column(key="repair", label=_("Until done"), kind=Kind.MINUTES),
        Column(key="level", label=_("Levels reached"), kind=Kind.NUMBER),
    ]
    rows: Values = (
        [
            words.call_word(call["kind"]),
            words.call_state_word(call["state"]),
            call["line"],
            speaker.named(call["work_unit_name"], call["work_unit"]),
            _instant(call["raised_at"]),
            call["raised_by"],
            call["note"],
            _instant(call["acknowledged_at"]),
            call["acknowledged_by"],
            _instant(call["ended_at"]),
            call["ended_by"],
            call["remark"],
            _length(call["response_s"]),
            _length(call["repair_s"]),
            call["level"],
        ]
        for call in items
    )
    return list_grid("calls", _("Calls for help"), columns, rows)


def orders_grid(orders: Iterable[Item], machines: Mapping[str, str], speaker: Speaker) -> Grid:
    """Work orders.

    Args:
        machines: names of work units by their codes.
    """
    columns = [
        Column(key="order", label=_("Order no.")),
        Column(key="item", label=_("Item")),
        Column(key="name", label=_("Name")),
        Column(key="machine", label=_("Machine")),
        Column(key="ordered", label=_("Ordered"), kind=Kind.NUMBER),
        Column(key="good", label=_("Good"), kind=Kind.NUMBER),
        Column(key="scrap", label=_("Reject"), kind=Kind.NUMBER),
        Column(key="unit", label=_("Unit")),
        Column(key="progress", label=_("Progress"), kind=Kind.RATIO),
        Column(key="due", label=_("Due"), kind=Kind.TIME),
        Column(key="state", label=_("Status")),
        Column(key="note", label=_("Note")),
    ]
    rows: Values = (
        [
            order["order"],
            order["item"],
            speaker.named(order["item_name"]),
            ", ".join(machines.get(code, code) for code in _machines(order)),
            parse_number(order["ordered"]),
            parse_number(order["good"]),
            parse_number(order["scrap"]),
            order["unit"],
            _progress(order),
            _instant(order["due"]),
            _order_word(order["state"]),
            order["note"],
        ]
        for order in orders
    )
    return list_grid("orders", _("Work orders"), columns, rows)


def audit_grid(lines: Iterable[AuditLine]) -> Grid:
    """The audit log."""
    columns = [
        Column(key="at", label=_("Time"), kind=Kind.TIME),
        Column(key="person", label=_("Person")),
        Column(key="action", label=_("What was done")),
        Column(key="object", label=_("Object")),
        Column(key="old", label=_("Old value")),
        Column(key="new", label=_("New value")),
        Column(key="why", label=_("Why")),
    ]
    rows: Values = (
        [line.at_us, line.person, line.action, line.object, line.old, line.new, line.note]
        for line in lines
    )
    return list_grid("audit", _("Audit log"), columns, rows)


def people_grid(people: Iterable[FloorRow]) -> Grid:
    """People of the floor; of a PIN only whether there is one."""
    columns = [
        Column(key="name", label=_("Name")),
        Column(key="badge", label=_("Badge number")),
        Column(key="roles", label=_("Roles")),
        Column(key="pin", label="PIN"),
        Column(key="seen_at", label=_("Last seen"), kind=Kind.TIME),
    ]
    rows: Values = (
        [
            one.name,
            one.badge_no,
            ", ".join(words.role_word(role) for role in one.roles),
            _("set") if one.has_pin else _("none yet"),
            one.seen_at,
        ]
        for one in people
    )
    return list_grid("people", _("People"), columns, rows)


def _order_word(state: str) -> str:
    """A state as the page of orders names it."""
    return {
        OrderState.CREATED: _("Planned"),
        OrderState.RELEASED: _("Released"),
        OrderState.RUNNING: _("In work"),
        OrderState.COMPLETED: _("Done"),
        OrderState.CLOSED: _("Closed"),
        OrderState.CANCELLED: _("Cancelled"),
    }[OrderState(state)]


def _machines(order: Item) -> list[str]:
    return list(dict.fromkeys(job["work_unit"] for job in order["job_orders"]))


def _progress(order: Item) -> Fraction | None:
    ordered, good = (Fraction(parse_number(order[key])) for key in ("ordered", "good"))
    return good / ordered if ordered else None


def _instant(text: str | int | None) -> int | None:
    return parse_instant(text) if isinstance(text, str) else text


def _length(seconds: float | None) -> int | None:
    return None if seconds is None else round(seconds * US_PER_S)

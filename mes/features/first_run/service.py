"""Writing what each step of the guide asks for, through the one checked change of the plant."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from mes.core.refusal import Refusal
from mes.features.audit.service import record
from mes.features.commands.context import ActorJson, Context
from mes.features.first_run.parts import Names, edit_step, invalid, unit_of
from mes.features.first_run.progress import BEGIN, DISMISS, SUBJECT, Step, read_progress
from mes.features.plant.built_in import keep_built_in_reasons
from mes.features.plant.edits import Plant
from mes.features.plant.export import exported
from mes.features.plant.objects import BUILT_IN_REASONS
from mes.features.plant.trades import calendar_of, plan_of, trade_of
from mes.features.plant.trades.merging import Proposal, propose, put
from mes.features.work_orders.dispatch import dispatch_order
from mes.features.work_orders.service import OrderDraft, create_order, release_order
from mes.models import JobEvent, JobOrder, Reason, SignalFact

SITE_CODE = "plant"


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """What the first step says; `day_starts` is local "HH:MM"."""

    names: Names
    zone: str
    day_starts: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NewItem:
    """An item and how long one of it takes at best; `cycle_s` is decimal text."""

    code: str
    names: Names
    unit: str
    cycle_s: str
    pieces: str
    machines: Sequence[str]


def save_site(
    session: Session, actor: ActorJson, now_us: int, site: Site, seen: Site | None
) -> None:
    """Found the plant, or change what it is called and when its day begins.

    Args:
        seen: what the page showed; None: nothing yet.

    Raises:
        Refusal: `first_run_invalid`, `plant_invalid` (422); `first_run_changed` (409): somebody
            saved it meanwhile; `plant_day_fixed` (409): zone and day are part of what was recorded.
    """
    row = {"name": site.names.row("name"), "time_zone": site.zone, "day_starts": site.day_starts}

    def change(plant: Plant) -> None:
        before = plant.get("site")
        if site_of(plant) != seen:
            raise Refusal(
                "first_run_changed",
                "somebody saved this step meanwhile; look at it and decide again",
            )
        if before is not None and _moves(before, row) and _is_in_use(session):
            raise Refusal(
                "plant_day_fixed",
                "the plant has recorded something; its zone and the begin of its day stay",
                field="day_starts",
            )
        plant["site"] = {"id": SITE_CODE, **(before or {}), **row}

    keep_built_in_reasons(session, now_us)
    edit_step(session, actor, now_us, Step.PLANT, SITE_CODE, change)
    if read_progress(session).begun_at is None:
        record(session, actor, BEGIN, SUBJECT)


def site_of(plant: Mapping[str, Any]) -> Site | None:
    """What the first step shows of a plant; None: it has no site yet."""
    row = plant.get("site")
    if row is None:
        return None
    names = row.get("name") or {"ko": row["id"], "en": row["id"]}
    return Site(
        names=Names(ko=names["ko"], en=names["en"]),
        zone=row["time_zone"],
        day_starts=row.get("day_starts", "00:00"),
    )


def proposal_of(
    session: Session, *, trade: str | None, shifts: str | None, start: str | None
) -> Proposal:
    """What a trade and shifts would add.

    Args:
        trade: None: no reasons.
        shifts: code of a plan; None: no calendar.
        start: of the first shift, local "HH:MM"; None: the usual one.

    Raises:
        Refusal: `trade_unknown`, `shifts_unknown` (404), `first_run_invalid` (422).
    """
    plant = exported(session)
    day_starts = plant.get("site", {}).get("day_starts", "00:00")
    calendar = None
    if shifts is not None:
        try:
            calendar = calendar_of(plan_of(shifts), day_starts=day_starts, start=start)
        except ValueError:
            raise invalid("start", "write a time of day as HH:MM") from None
    retired = session.scalars(select(Reason.code).where(Reason.retired_at.is_not(None))).all()
    return propose(
        plant,
        retired,
        trade=None if trade is None else trade_of(trade),
        calendar=calendar,
        system=BUILT_IN_REASONS,
    )


def apply_trade(
    session: Session,
    actor: ActorJson,
    now_us: int,
    *,
    trade: str | None,
    shifts: str | None,
    start: str | None = None,
) -> Proposal:
    """Add what a trade and shifts bring and the plant does not have; tells what it was.

    Lines without a calendar get the new one: they would be scheduled day and night else.

    Raises:
        Refusal: as `proposal_of`, and `plant_invalid` (422).
    """
    proposal = proposal_of(session, trade=trade, shifts=shifts, start=start)

    def change(plant: Plant) -> None:
        put(plant, proposal)
        if proposal.calendar is not None:
            for line in plant.get("lines", []):
                line.setdefault("calendar", proposal.calendar["id"])

    edit_step(session, actor, now_us, Step.TRADE, trade or shifts or "none", change)
    return proposal


def add_item(session: Session, actor: ActorJson, now_us: int, new: NewItem) -> None:
    """Add an item, and how long one takes on the machines; an item that is there keeps its name.

    Raises:
        Refusal: `first_run_invalid`, `plant_invalid` (422); `item_taken` (409): the code belongs
            to an item of another name.
    """
    names = new.names.row("item")
    if not new.machines:
        raise invalid("machines", "choose at least one machine")
    cycle = _positive(new.cycle_s, "cycle_s")
    pieces = _whole(new.pieces, "pieces")

    def change(plant: Plant) -> None:
        items = plant.setdefault("items", [])
        known = next((item for item in items if item["code"] == new.code), None)
        if known is None:
            items.append({"code": new.code, "name": names, "unit": new.unit})
        elif known.get("name") != names:
            raise Refusal(
                "item_taken", f"{new.code} is the code of another item", field="item_code"
            )
        for code in new.machines:
            unit = unit_of(plant, code)
            unit.setdefault("ideal_cycle_s", {})[new.code] = cycle
            unit.setdefault("pieces_per_cycle", {})[new.code] = pieces

    edit_step(session, actor, now_us, Step.ITEMS, new.code, change)


def order_first_job(
    session: Session, context: Context, *, item: str, quantity: str, work_unit: str
) -> JobOrder:
    """A work order, released and dispatched to a machine.

    Raises:
        Refusal: what making, releasing and dispatching an order refuse.
    """
    order = create_order(session, context, OrderDraft(item=item, quantity=quantity))
    release_order(session, context, order.number)
    return dispatch_order(session, context, order.number, work_unit=work_unit)


def dismiss(session: Session, actor: ActorJson) -> None:
    """Remind nobody of the guide any more; it can still be opened."""
    if not read_progress(session).dismissed:
        record(session, actor, DISMISS, SUBJECT)


def _moves(before: Mapping[str, Any], row: Mapping[str, Any]) -> bool:
    return any(
        before.get(part, usual) != row[part]
        for part, usual in (("time_zone", None), ("day_starts", "00:00"))
    )


def _is_in_use(session: Session) -> bool:
    return any(
        session.scalar(select(facts.id).limit(1)) is not None for facts in (JobEvent, SignalFact)
    )


def _positive(text: str, field: str) -> str:
    try:
        value = Decimal(text) if text.isascii() else Decimal("NaN")
    except InvalidOperation:
        value = Decimal("NaN")
    if not value.is_finite() or not 0 < value <= 10**6:
        raise invalid(field, "a number of seconds above 0, such as 12 or 3.5")
    return format(value, "f")


def _whole(text: str, field: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 4 and 1 <= int(text) <= 1000):
        raise invalid(field, "a whole number from 1 to 1000")
    return int(text)

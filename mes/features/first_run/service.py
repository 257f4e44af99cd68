"""Writing what each step of the guide asks for, through the one checked change of the plant."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from mes.core.refusal import Refusal
from mes.features.audit.service import record
from mes.features.commands.context import ActorJson, Context
from mes.features.first_run.progress import BEGIN, DISMISS, SUBJECT, Step, read_progress
from mes.features.plant.built_in import keep_built_in_reasons
from mes.features.plant.edits import Edited, Plant, edit_plant, plant_document
from mes.features.plant.masters import database_objects
from mes.features.plant.objects import BUILT_IN_REASONS
from mes.features.plant.trades import calendar_of, plan_of, trade_of
from mes.features.plant.trades.merging import Proposal, propose, put
from mes.features.work_orders.dispatch import dispatch_order
from mes.features.work_orders.service import OrderDraft, create_order, release_order
from mes.models import Equipment, JobEvent, JobOrder, Reason, SignalFact

NAME_MAX = 200
MACHINES_MAX = 50
"""Machines that one step adds at most."""
SITE_CODE = "plant"
SLUG = re.compile(r"[^a-z0-9]+")
SLUG_MAX = 40
MANUAL = {"state": {"manual": True}}


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """A name in both languages; one that is empty takes the other."""

    ko: str
    en: str

    def row(self, field: str) -> dict[str, str]:
        """As a plant file writes it.

        Raises:
            Refusal: `first_run_invalid` (422): empty, too long, or not in one line.
        """
        ko, en = self.ko or self.en, self.en or self.ko
        if not ko or max(len(ko), len(en)) > NAME_MAX or not (ko + en).isprintable():
            raise invalid(field, f"a name has 1 to {NAME_MAX} characters in one line")
        return {"ko": ko, "en": en}


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """What the first step says; `day_starts` is local "HH:MM"."""

    names: Names
    zone: str
    day_starts: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NewMachines:
    """Machines of one kind on one line.

    Attributes:
        line: code of a line; empty: a new one of the name `line_names`.
        calendar: code of the calendar of a new line; empty: none, it is always scheduled.
        names: of one machine; numbers are added where there are several of the name.
        by_hand: state and pieces are entered by people; else a device shall tell them.
    """

    line: str
    line_names: Names
    calendar: str
    names: Names
    count: int
    by_hand: bool
    minor_stop_limit_s: int


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
    _edit(session, actor, now_us, Step.PLANT, SITE_CODE, change)
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
    plant = plant_document(session)
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

    _edit(session, actor, now_us, Step.TRADE, trade or shifts or "none", change)
    return proposal


def add_machines(
    session: Session, actor: ActorJson, now_us: int, new: NewMachines
) -> tuple[str, ...]:
    """Add machines, and their line where it is new; codes of the machines.

    Raises:
        Refusal: `first_run_invalid`, `plant_invalid` (422).
    """
    if not 1 <= new.count <= MACHINES_MAX:
        raise invalid("count", f"1 to {MACHINES_MAX} machines at once")
    names = new.names.row("machine")
    taken = _codes_of_equipment(session)
    made: list[str] = []

    def change(plant: Plant) -> None:
        line = _line_for(plant, new, taken)
        units = line.setdefault("work_units", [])
        known = {str(unit.get("name", {}).get("ko")) for unit in units}
        for code, number in _numbered(_slug(names["en"], "machine"), taken, known, names, new):
            units.append(
                {
                    "id": code,
                    "name": _with_number(names, number),
                    "minor_stop_limit_s": new.minor_stop_limit_s,
                    "signals": dict(MANUAL) if new.by_hand else {},
                }
            )
            made.append(code)

    _edit(session, actor, now_us, Step.MACHINES, names["en"], change)
    return tuple(made)


def rename_machine(
    session: Session, actor: ActorJson, now_us: int, code: str, names: Names, seen: Names
) -> None:
    """Give a machine another name.

    Raises:
        Refusal: `first_run_invalid`, `plant_invalid` (422), `unknown_work_unit` (404),
            `first_run_changed` (409).
    """
    row = names.row("machine")

    def change(plant: Plant) -> None:
        unit = _unit(plant, code)
        if unit.get("name") != {"ko": seen.ko, "en": seen.en}:
            raise Refusal(
                "first_run_changed",
                f"somebody changed {code} meanwhile; look at it and decide again",
            )
        unit["name"] = row

    _edit(session, actor, now_us, Step.MACHINES, code, change)


def take_by_hand(session: Session, actor: ActorJson, now_us: int, codes: Collection[str]) -> Edited:
    """Let people enter the state of machines of which nothing else tells it.

    Raises:
        Refusal: `unknown_work_unit` (404).
    """

    def change(plant: Plant) -> None:
        for code in codes:
            unit = _unit(plant, code)
            signals = dict(unit.get("signals") or {})
            if "state" not in signals:
                unit["signals"] = {**MANUAL, **signals}

    return _edit(session, actor, now_us, Step.DEVICES, "by hand", change)


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
            unit = _unit(plant, code)
            unit.setdefault("ideal_cycle_s", {})[new.code] = cycle
            unit.setdefault("pieces_per_cycle", {})[new.code] = pieces

    _edit(session, actor, now_us, Step.ITEMS, new.code, change)


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


def invalid(field: str, message: str) -> Refusal:
    """A field of a step cannot be so."""
    return Refusal("first_run_invalid", f"{field}: {message}", status=422, field=field)


def _edit(
    session: Session,
    actor: ActorJson,
    now_us: int,
    step: Step,
    subject: str,
    change: Callable[[Plant], None],
) -> Edited:
    return edit_plant(
        session, actor, now_us=now_us, action=f"first_run.{step}", subject=subject, change=change
    )


def _moves(before: Mapping[str, Any], row: Mapping[str, Any]) -> bool:
    return any(
        before.get(part, usual) != row[part]
        for part, usual in (("time_zone", None), ("day_starts", "00:00"))
    )


def _is_in_use(session: Session) -> bool:
    return any(
        session.scalar(select(facts.id).limit(1)) is not None for facts in (JobEvent, SignalFact)
    )


def _codes_of_equipment(session: Session) -> set[str]:
    """Retired ones included: a code never belongs to another."""
    return set(session.scalars(select(Equipment.code)))


def _line_for(plant: Plant, new: NewMachines, taken: set[str]) -> dict[str, Any]:
    lines: list[dict[str, Any]] = plant.setdefault("lines", [])
    if new.line:
        for line in lines:
            if line["id"] == new.line:
                return line
        raise invalid("line", f"there is no line {new.line!r}")
    names = new.line_names.row("line_name")
    line = {"id": _free_code(_slug(names["en"], "line"), taken), "name": names}
    if new.calendar:
        line["calendar"] = new.calendar
    lines.append(line)
    return line


def _numbered(
    stem: str, taken: set[str], known: set[str], names: Mapping[str, str], new: NewMachines
) -> list[tuple[str, int | None]]:
    """Code and number of each new machine; one alone that nobody else is called has no number."""
    if new.count == 1 and names["ko"] not in known and f"{names['ko']} 1" not in known:
        return [(_free_code(stem, taken), None)]
    found: list[tuple[str, int | None]] = []
    number = 0
    while len(found) < new.count:
        number += 1
        code = f"{stem}-{number}"
        if code not in taken and f"{names['ko']} {number}" not in known:
            taken.add(code)
            found.append((code, number))
    return found


def _with_number(names: Mapping[str, str], number: int | None) -> dict[str, str]:
    added = "" if number is None else f" {number}"
    return {language: f"{name}{added}" for language, name in names.items()}


def _free_code(stem: str, taken: set[str]) -> str:
    code, number = stem, 1
    while code in taken:
        number += 1
        code = f"{stem}-{number}"
    taken.add(code)
    return code


def _slug(name: str, otherwise: str) -> str:
    """A code from an English name; Korean letters make none."""
    return SLUG.sub("-", name.lower()).strip("-")[:SLUG_MAX].strip("-") or otherwise


def _unit(plant: Plant, code: str) -> dict[str, Any]:
    for line in plant.get("lines", []):
        for unit in line.get("work_units", []):
            if unit["id"] == code:
                found: dict[str, Any] = unit
                return found
    raise Refusal("unknown_work_unit", f"there is no work unit {code!r}", status=404)


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


def stored_machines(session: Session) -> list[dict[str, Any]]:
    """The machines in plant order: `code`, `name`, `line`, `signals`, `rates` (by item code)."""
    return [
        {
            "code": code,
            "name": value["name"],
            "line": value["line"],
            "signals": value["signals"],
            "rates": value["ideal_cycle_s"],
        }
        for (kind, code), value in database_objects(session).items()
        if kind == "work_unit"
    ]

"""What a trade would add to a plant: only what is missing; what the plant has stays as it is."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from mes.features.plant.edits import Plant
from mes.features.plant.trades import Row, Trade, break_reasons

STOP = "stop"


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """What the plant has under the same code and means otherwise; it stays as it is.

    Attributes:
        kind: `reason` or `calendar`.
        code: the code of both.
        own: names that the plant gives it.
        offered: names that the trade gives it.
    """

    kind: str
    code: str
    own: Mapping[str, str]
    offered: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """What applying a trade would do, as rows of a plant file.

    Attributes:
        reasons: that would be added, breaks of the calendar included.
        calendar: that would be added; None: none was asked for, or it is there already.
        present: offered reasons that the plant has already, under this or another code.
        retired: offered reasons that people retired; they stay so.
        conflicts: codes that mean something else in the plant.
    """

    reasons: tuple[Row, ...]
    calendar: Row | None
    present: tuple[Row, ...]
    retired: tuple[Row, ...]
    conflicts: tuple[Conflict, ...]

    @property
    def adds(self) -> bool:
        """Whether there is anything to add."""
        return bool(self.reasons or self.calendar)


def propose(
    plant: Plant,
    retired: Collection[str],
    *,
    trade: Trade | None,
    calendar: Row | None,
    system: Collection[str] = (),
) -> Proposal:
    """What a trade and a calendar would add to a plant.

    Args:
        plant: as plain values of a plant file.
        retired: codes of reasons that people retired.
        trade: None: no reasons but the breaks of the calendar.
        calendar: None: none.
        system: codes of reasons that the system has by itself.
    """
    own: dict[str, Any] = {row["code"]: row for row in plant.get("reasons", [])}
    by_name = {_meaning(row) for row in own.values()}
    missing, present, gone, conflicts = [], [], [], []
    breaks = [] if calendar is None else break_reasons(calendar)
    for row in [*breaks, *(() if trade is None else trade.reasons)]:
        known = own.get(row["code"])
        if known is not None and _use(known) == _use(row):
            present.append(row)
        elif known is not None:
            conflicts.append(_conflict("reason", known, row))
        elif row["code"] in system or _meaning(row) in by_name:
            present.append(row)
        elif row["code"] in retired and row not in breaks:
            gone.append(row)
        else:
            missing.append(row)
    new_calendar, clash = _calendar(plant, calendar)
    return Proposal(
        reasons=tuple(missing),
        calendar=new_calendar,
        present=tuple(present),
        retired=tuple(gone),
        conflicts=(*conflicts, *clash),
    )


def put(plant: Plant, proposal: Proposal) -> None:
    """Add what a proposal names to a plant."""
    if proposal.reasons:
        plant["reasons"] = [*plant.get("reasons", []), *proposal.reasons]
    if proposal.calendar is not None:
        plant["calendars"] = [*plant.get("calendars", []), proposal.calendar]


def _calendar(plant: Plant, calendar: Row | None) -> tuple[Row | None, tuple[Conflict, ...]]:
    if calendar is None:
        return None, ()
    for known in plant.get("calendars", []):
        if known["id"] == calendar["id"]:
            same = all(known.get(part) == calendar[part] for part in ("shifts", "days"))
            return None, () if same else (_conflict("calendar", known, calendar),)
    return calendar, ()


def _conflict(kind: str, known: Mapping[str, Any], offered: Row) -> Conflict:
    code = str(offered.get("code", offered.get("id")))
    own = known.get("name") or {"ko": code, "en": code}
    return Conflict(kind=kind, code=code, own=own, offered=offered["name"])


def _use(row: Mapping[str, Any]) -> tuple[object, ...]:
    return row.get("domain", STOP), row.get("class"), bool(row.get("failure"))


def _meaning(row: Mapping[str, Any]) -> tuple[object, str]:
    """What people read: a second reason of the same name would only be mistaken for the first."""
    name = row.get("name") or {}
    return row.get("domain", STOP), str(name.get("ko", row["code"])).replace(" ", "")

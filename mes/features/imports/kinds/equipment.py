"""Lines and machines."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from sqlalchemy.orm import Session

from mes.features.imports.cells import (
    CellMistake,
    read_choice,
    read_code,
    read_seconds,
    read_yes_no,
)
from mes.features.imports.columns import (
    NAME_EN,
    NAME_KO,
    Column,
    Look,
    Needed,
    choice_words,
    code_column,
)
from mes.features.imports.kind import (
    CLEARED,
    Kind,
    Row,
    RowState,
    Value,
    chosen,
    names_given,
    needed_new,
)
from mes.features.imports.kinds.plant import (
    Desk,
    changed_from,
    copy_of,
    planned,
    section,
)
from mes.features.imports.kinds.reasons import YES_NO
from mes.features.imports.words import _
from mes.features.plant.edits import Plant
from mes.features.plant.export import exported
from mes.features.plant.forms import EDITORS
from mes.features.plant.objects import decimal_text
from mes.models import Equipment

ROWS_MAX = 1_000
OEE_RULES = {
    "key_machine": _("Key machine"),
    "sum": _("Sum of the machines"),
    "last": _("Last machine"),
}


class LineDesk(Desk):
    """Lines of a plant by their codes."""

    columns: ClassVar[Mapping[str, str]] = {
        "name.ko": "name_ko",
        "name.en": "name_en",
        "id": "code",
    }

    def __init__(self, plant: Plant, retired: frozenset[str]) -> None:
        super().__init__(plant, retired)
        self.rows = section(plant, "lines")
        self.places = {row["id"]: place for place, row in enumerate(self.rows)}
        self.areas = {row["id"] for row in plant.get("areas", [])}
        self.calendars = {row["id"] for row in plant.get("calendars", [])}

    def put(self, row: Row) -> RowState:
        """Add or change a line."""
        code = row.given["code"]
        _known(row, "area", self.areas, "area_unknown")
        _known(row, "calendar", self.calendars, "calendar_unknown")
        if code in self.places:
            line = self.rows[self.places[code]]
            before = copy_of(line)
            self._set(line, row, names_given(row, code, line["name"]))
            return changed_from(before, line)
        self.refuse_retired(code, "code")
        line = {"id": code, "work_units": []}
        self._set(line, row, names_given(row, code, None))
        self.places[code] = len(self.rows)
        self.rows.append(line)
        return RowState.NEW

    def _set(self, line: dict[str, Any], row: Row, names: dict[str, str]) -> None:
        line["name"] = names
        for key in ("area", "calendar", "oee_rule"):
            value = chosen(row, key, line.get(key))
            if value is None:
                line.pop(key, None)
            else:
                line[key] = value

    def place(self, row: Row) -> str:
        """Where the line stands."""
        return f"lines[{self.places[row.given['code']]}]"


def _known(row: Row, column: str, codes: Iterable[str], mistake: str) -> None:
    value = row.given.get(column)
    if value is not None and value is not CLEARED and value not in codes:
        raise CellMistake(mistake, column=column)


def _lines(session: Session, now_us: int) -> Iterable[Mapping[str, Value]]:
    for line in exported(session).get("lines", []):
        yield {
            "code": line["id"],
            "name_ko": line["name"]["ko"],
            "name_en": line["name"]["en"],
            "area": line.get("area"),
            "calendar": line.get("calendar"),
            "oee_rule": line.get("oee_rule"),
        }


LINES = Kind(
    key="lines",
    title=_("Lines"),
    about=_("Production lines with their calendars."),
    columns=(
        code_column(_("Line code"), "line-1"),
        NAME_KO,
        NAME_EN,
        Column(
            key="area",
            label=_("Area"),
            about=_("Code of the area; '-': the plant itself."),
            example="",
            read=read_code,
            refers_to="area",
            clearable=True,
        ),
        Column(
            key="calendar",
            label=_("Calendar"),
            about=_("Code of the work calendar, from today on; '-': always scheduled."),
            example="two-shift",
            read=read_code,
            refers_to="calendar",
            clearable=True,
        ),
        Column(
            key="oee_rule",
            label=_("OEE of the line"),
            about=_("Which machines make the figure of the line; '-': its key machine."),
            example="",
            read=read_choice(lambda: choice_words(OEE_RULES)),
            choices=OEE_RULES,
            clearable=True,
        ),
    ),
    identity=("code",),
    editors=EDITORS,
    tokens=True,
    rows_max=ROWS_MAX,
    page="/plant",
    current=_lines,
    plan=planned(LineDesk, Equipment, "lines.imported"),
)


class MachineDesk(Desk):
    """Machines of a plant by their codes."""

    columns: ClassVar[Mapping[str, str]] = {
        "name.ko": "name_ko",
        "name.en": "name_en",
        "id": "code",
        "signals.state": "manual",
    }

    def __init__(self, plant: Plant, retired: frozenset[str]) -> None:
        super().__init__(plant, retired)
        self.lines = {row["id"]: row for row in section(plant, "lines")}
        self.line_places = {row["id"]: place for place, row in enumerate(section(plant, "lines"))}
        self.items = {row["code"] for row in plant.get("items", [])}
        self.at = {
            unit["id"]: line["id"] for line in self.lines.values() for unit in line["work_units"]
        }

    def put(self, row: Row) -> RowState:
        """Add or change a machine, on another line if the row says so."""
        code = row.given["code"]
        _known(row, "line", self.lines, "line_unknown")
        _known(row, "default_item", self.items, "item_unknown")
        if code in self.at:
            return self._change(row, code)
        self.refuse_retired(code, "code")
        needed_new(row, "line")
        unit: dict[str, Any] = {"id": code, "signals": {}}
        self._set(unit, row, names_given(row, code, None))
        self.at[code] = row.given["line"]
        self.lines[row.given["line"]]["work_units"].append(unit)
        return RowState.NEW

    def _change(self, row: Row, code: str) -> RowState:
        held = self.at[code]
        units = self.lines[held]["work_units"]
        unit = next(one for one in units if one["id"] == code)
        before = copy_of(unit)
        self._set(unit, row, names_given(row, code, unit["name"]))
        line = row.given.get("line", held)
        if line != held:
            units.remove(unit)
            self.lines[line]["work_units"].append(unit)
            self.at[code] = line
            return RowState.CHANGED
        return changed_from(before, unit)

    def _set(self, unit: dict[str, Any], row: Row, names: dict[str, str]) -> None:
        unit["name"] = names
        item = chosen(row, "default_item", unit.get("default_item"))
        if item is None:
            unit.pop("default_item", None)
        else:
            unit["default_item"] = item
        limit = row.given.get("minor_stop_limit_s")
        if limit is not None:
            unit["minor_stop_limit_s"] = decimal_text(limit)
        if "key_machine" in row.given:
            unit["key_machine"] = row.given["key_machine"]
        if "manual" in row.given:
            _set_manual(unit["signals"], row.given["manual"])

    def place(self, row: Row) -> str:
        """Where the machine stands."""
        code = row.given["code"]
        line = self.at[code]
        units = [one["id"] for one in self.lines[line]["work_units"]]
        return f"lines[{self.line_places[line]}].work_units[{units.index(code)}]"


def _set_manual(signals: dict[str, Any], manual: bool) -> None:
    state = signals.get("state")
    by_hand = bool(state and state.get("manual"))
    if manual and state and not by_hand:
        raise CellMistake("state_by_signal", column="manual")
    if manual:
        signals["state"] = {"manual": True}
    elif by_hand:
        del signals["state"]


def _machines(session: Session, now_us: int) -> Iterable[Mapping[str, Value]]:
    for line in exported(session).get("lines", []):
        for unit in line.get("work_units", []):
            state = unit.get("signals", {}).get("state", {})
            yield {
                "code": unit["id"],
                "name_ko": unit["name"]["ko"],
                "name_en": unit["name"]["en"],
                "line": line["id"],
                "default_item": unit.get("default_item"),
                "minor_stop_limit_s": str(unit["minor_stop_limit_s"]),
                "key_machine": "Y" if unit.get("key_machine") else "N",
                "manual": "Y" if state.get("manual") else "N",
            }


MACHINES = Kind(
    key="machines",
    title=_("Machines"),
    about=_("Machines and stations of the lines; their signals stay as they are."),
    columns=(
        code_column(_("Machine code"), "press-1"),
        NAME_KO,
        NAME_EN,
        Column(
            key="line",
            label=_("Line code"),
            about=_("Code of the line that it stands in."),
            example="line-1",
            read=read_code,
            needed=Needed.NEW,
            refers_to="line",
        ),
        Column(
            key="default_item",
            label=_("Default item"),
            about=_("Code of the item that gives the rate while no order is loaded; '-': none."),
            example="BRKT-100",
            read=read_code,
            refers_to="item",
            clearable=True,
        ),
        Column(
            key="minor_stop_limit_s",
            label=_("Minor stop limit (s)"),
            about=_("Seconds up to which a stop is minor; a new row without it takes 300."),
            example="300",
            read=read_seconds(zero=True),
            look=Look.NUMBER,
        ),
        Column(
            key="key_machine",
            label=_("Key machine"),
            about=_("Y or N: whether it sets the pace of its line."),
            example="N",
            read=read_yes_no,
            choices=YES_NO,
            width=10,
        ),
        Column(
            key="manual",
            label=_("State by hand"),
            about=_("Y or N: runs while a job is started and not paused, without any signal."),
            example="Y",
            read=read_yes_no,
            choices=YES_NO,
            width=10,
        ),
    ),
    identity=("code",),
    editors=EDITORS,
    tokens=True,
    rows_max=ROWS_MAX,
    page="/plant",
    current=_machines,
    plan=planned(MachineDesk, Equipment, "machines.imported"),
)

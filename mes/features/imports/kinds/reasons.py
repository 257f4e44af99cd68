"""Reasons for stops, scrap, pauses and corrections."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from sqlalchemy.orm import Session

from mes.features.commands.subjects import STOP
from mes.features.imports.cells import CellMistake, read_choice, read_code, read_yes_no
from mes.features.imports.columns import NAME_EN, NAME_KO, Column, Needed, choice_words, code_column
from mes.features.imports.kind import (
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
from mes.features.imports.words import _
from mes.features.plant.edits import Plant
from mes.features.plant.export import exported
from mes.features.plant.forms import EDITORS
from mes.features.plant.objects import BUILT_IN_REASONS
from mes.models import Reason

ROWS_MAX = 1_000
DOMAINS = {
    STOP: _("Stop"),
    "scrap": _("Scrap"),
    "pause": _("Pause of a job"),
    "correction": _("Correction"),
}
CLASSES = {
    "unplanned_stop": _("Unplanned stop"),
    "planned_stop": _("Planned stop"),
    "break": _("Break"),
    "setup": _("Setup"),
    "waiting": _("Waiting"),
}
YES_NO = {"Y": _("Yes"), "N": _("No")}


class ReasonDesk(Desk):
    """Reasons of a plant by their codes."""

    columns: ClassVar[Mapping[str, str]] = {"name.ko": "name_ko", "name.en": "name_en"}

    def __init__(self, plant: Plant, retired: frozenset[str]) -> None:
        super().__init__(plant, retired)
        self.rows = section(plant, "reasons")
        self.places = {row["code"]: place for place, row in enumerate(self.rows)}

    def put(self, row: Row) -> RowState:
        """Add or change a reason."""
        code = row.given["code"]
        built_in = BUILT_IN_REASONS.get(code)
        if code in self.places:
            old = self.rows[self.places[code]]
            fresh = self._changed(row, old)
            if built_in is not None and any(fresh.get(k) != old.get(k) for k in _MEANING):
                raise CellMistake("reason_built_in", column="code")
            state = changed_from(copy_of(old), fresh)
            self.rows[self.places[code]] = fresh
            return state
        if built_in is not None:
            fresh = self._changed(row, {"code": code, **copy_of(built_in)})
            if any(fresh.get(k) != built_in[k] for k in _MEANING):
                raise CellMistake("reason_built_in", column="code")
            if fresh["name"] == built_in["name"]:
                return RowState.UNCHANGED
            self._append(fresh)
            return RowState.CHANGED
        self.refuse_retired(code, "code")
        needed_new(row, "domain")
        self._append(self._changed(row, {"code": code, "name": names_given(row, code, None)}))
        return RowState.NEW

    def _append(self, reason: dict[str, Any]) -> None:
        self.places[reason["code"]] = len(self.rows)
        self.rows.append(reason)

    def _changed(self, row: Row, old: Mapping[str, Any]) -> dict[str, Any]:
        code = row.given["code"]
        domain = row.given.get("domain", old.get("domain"))
        time_class = chosen(row, "class", old.get("class") if domain == STOP else None)
        failure = row.given.get("failure", bool(old.get("failure")) and domain == STOP)
        if domain == STOP and time_class is None:
            raise CellMistake("class_needed", column="class")
        if domain != STOP and time_class is not None:
            raise CellMistake("class_only_stop", column="class")
        if failure and time_class != "unplanned_stop":
            raise CellMistake("failure_only_unplanned", column="failure")
        fresh = {
            **old,
            "name": names_given(row, code, old["name"]),
            "domain": domain,
            "failure": failure,
            "class": time_class,
            "parent": chosen(row, "parent", old.get("parent")),
        }
        return {key: value for key, value in fresh.items() if value is not None}

    def place(self, row: Row) -> str:
        """Where the reason stands."""
        return f"reasons[{self.places.get(row.given['code'], '')}]"


_MEANING = ("domain", "class", "failure", "parent")


def _reasons(session: Session, now_us: int) -> Iterable[Mapping[str, Value]]:
    for reason in exported(session).get("reasons", []):
        yield {
            "code": reason["code"],
            "name_ko": reason["name"]["ko"],
            "name_en": reason["name"]["en"],
            "domain": reason.get("domain", STOP),
            "class": reason.get("class"),
            "failure": "Y" if reason.get("failure") else "N",
            "parent": reason.get("parent"),
        }


REASONS = Kind(
    key="reasons",
    title=_("Reasons"),
    about=_("What people choose for stops, scrap, pauses and corrections."),
    columns=(
        code_column(_("Reason code"), "die-broken"),
        NAME_KO,
        NAME_EN,
        Column(
            key="domain",
            label=_("Reason for"),
            about=_("What it is a reason for."),
            example=STOP,
            read=read_choice(lambda: choice_words(DOMAINS)),
            needed=Needed.NEW,
            choices=DOMAINS,
        ),
        Column(
            key="class",
            label=_("Class (stops only)"),
            about=_("How the time of such a stop counts; a change holds from now on."),
            example="unplanned_stop",
            read=read_choice(lambda: choice_words(CLASSES)),
            choices=CLASSES,
            clearable=True,
        ),
        Column(
            key="failure",
            label=_("Counts as a failure"),
            about=_("Y or N; only unplanned stops are failures."),
            example="Y",
            read=read_yes_no,
            choices=YES_NO,
            width=10,
        ),
        Column(
            key="parent",
            label=_("Reason group"),
            about=_("Code of the reason that it stands below; '-' takes it out of its group."),
            example="",
            read=read_code,
            refers_to="reason",
            clearable=True,
        ),
    ),
    identity=("code",),
    editors=EDITORS,
    tokens=True,
    rows_max=ROWS_MAX,
    page="/reasons",
    current=_reasons,
    plan=planned(ReasonDesk, Reason, "reasons.imported"),
)

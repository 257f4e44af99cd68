"""What people stated about work instructions as grids: columns and their rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Any

from mes.core.instants import parse_instant
from mes.features.instructions.content import FieldKind
from mes.features.reports.grid import Column, Grid, Kind, Value
from mes.features.reports.lists import list_grid
from mes.features.screens.floor.choosing import Speaker
from mes.features.screens.report.words import _

Item = Mapping[str, Any]


def acknowledgements_grid(items: Iterable[Item], say: Speaker) -> Grid:
    """Who has read which revision."""
    columns = [*_place_columns(), Column(key="badge", label=_("Badge number"))]
    rows = ([*_place(one, say), one["person"]] for one in items)
    return list_grid("instruction-acknowledgements", _("Acknowledgements"), columns, rows)


def values_grid(items: Iterable[Item], say: Speaker) -> Grid:
    """Values of steps."""
    columns = [
        *_place_columns(),
        Column(key="step", label=_("Step")),
        Column(key="what", label=_("What was asked")),
        Column(key="value", label=_("Value")),
        Column(key="number", label=_("Number"), kind=Kind.NUMBER),
        Column(key="unit", label=_("Unit")),
        Column(key="min", label=_("From"), kind=Kind.NUMBER),
        Column(key="max", label=_("To"), kind=Kind.NUMBER),
        Column(key="outside", label=_("Outside the limits")),
    ]
    rows = (
        [
            *_place(one, say),
            say.named(one["step_title"]),
            say.named(one["label"]),
            shown_text(one, say),
            Decimal(one["value"]) if one["kind"] == FieldKind.NUMBER else None,
            one["unit"],
            None if one["min"] is None else Decimal(one["min"]),
            None if one["max"] is None else Decimal(one["max"]),
            _("outside") if one["outside"] else None,
        ]
        for one in items
    )
    return list_grid("instruction-values", _("Values of steps"), columns, rows)


def proposals_grid(items: Iterable[Item], say: Speaker) -> Grid:
    """Proposals of changes."""
    columns = [
        *_place_columns(),
        Column(key="step", label=_("Step")),
        Column(key="proposal", label=_("Proposal")),
        Column(key="answer", label=_("Answer")),
        Column(key="answer_text", label=_("Note")),
        Column(key="answered_at", label=_("Answered at"), kind=Kind.TIME),
        Column(key="answered_by", label=_("Answered by")),
    ]
    rows = (
        [
            *_place(one, say),
            say.named(one["step_title"]),
            one["text"],
            answer_word(one["accepted"]),
            one["answer"],
            None if one["answered_at"] is None else parse_instant(one["answered_at"]),
            one["answered_by"],
        ]
        for one in items
    )
    return list_grid("instruction-proposals", _("Proposals of changes"), columns, rows)


GRIDS: Mapping[str, Callable[[Iterable[Item], Speaker], Grid]] = {
    "acknowledgements": acknowledgements_grid,
    "values": values_grid,
    "proposals": proposals_grid,
}
"""By kind of statement."""


def shown_text(one: Item, say: Speaker) -> str:
    """A value as people read it; a photo by the beginning of its name."""
    if one["kind"] == FieldKind.PHOTO:
        return _("Photo %(name)s", name=one["value"][:12])
    return say.named(one["shown"], one["value"])


def answer_word(accepted: bool | None) -> str:
    """What became of a proposal."""
    if accepted is None:
        return _("not answered")
    return _("accepted") if accepted else _("declined")


def _place_columns() -> list[Column]:
    return [
        Column(key="at", label=_("Time"), kind=Kind.TIME),
        Column(key="who", label=_("Person")),
        Column(key="instruction", label=_("Work instruction")),
        Column(key="title", label=_("Title")),
        Column(key="revision", label=_("Revision"), kind=Kind.NUMBER),
        Column(key="machine", label=_("Machine")),
        Column(key="job", label=_("Job")),
    ]


def _place(one: Item, say: Speaker) -> list[Value]:
    return [
        parse_instant(one["at"]),
        one["who"],
        one["instruction"],
        say.named(one["title"], one["instruction"]),
        one["revision"],
        say.named(one["work_unit_name"], one["work_unit"] or ""),
        one["job_order"],
    ]

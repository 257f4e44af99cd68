"""The lists of sources, checks, stops, reasons, terminals, displays and publications as grids."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Any

from mes.core.classes import TimeClass
from mes.core.exact import parse_number
from mes.core.instants import parse_instant
from mes.features.displays.queries import DisplayRow
from mes.features.people.queries import TerminalRow
from mes.features.reports.grid import COVERAGE, STATE, Column, Grid, Kind, Value
from mes.features.reports.list_words import figure_word, suspect_word
from mes.features.reports.lists import list_grid
from mes.features.screens.report.words import _, class_word

Item = Mapping[str, Any]
Named = Callable[[Mapping[str, str] | None, str], str]
"""A name in the reader's language, by its names and its code."""
Cells = Sequence[tuple[Column, Callable[[Any], Value]]]


def described(key: str, title: str, cells: Cells, items: Iterable[Any]) -> Grid:
    """A grid of items: its columns with what each shows of an item."""
    rows = ([show(item) for _column, show in cells] for item in items)
    return list_grid(key, title, [column for column, _show in cells], rows)


def sources_grid(items: Iterable[Item], state_word: Callable[[Item], str]) -> Grid:
    """Sources with their links."""
    return described(
        "sources",
        _("Sources"),
        [
            (_text("source", _("Source")), _of("source")),
            (_text("protocol", _("Protocol")), _of("protocol")),
            (_text("address", _("Address")), _of("address")),
            (_text("edge", _("Collector")), _of("edge")),
            (_text("state", _("State")), state_word),
            (_time("since", _("Since")), lambda one: _instant(one["since"])),
            (_text("reason", _("Reason")), _of("reason")),
            (_text("detail", _("Detail")), _of("detail")),
            (_time("last", _("Last value at")), lambda one: _instant(one["last_value_at"])),
            (_number("values", _("Number of values")), lambda one: one["counters"].get("values")),
            (_number("errors", _("Errors")), lambda one: one["counters"].get("errors")),
            (_number("kept", _("Records kept aside")), _of("quarantined")),
            (_text("machines", _("Machines")), lambda one: ", ".join(one["work_units"])),
        ],
        items,
    )


def tags_grid(tags: Iterable[Item], values: Mapping[str, Item]) -> Grid:
    """Tags of a source with their registers and last values; keys of the plant file."""
    tags = list(tags)
    further = sorted({key for tag in tags for key in tag} - {"name", "unit"})
    columns: list[tuple[Column, Callable[[Any], Value]]] = [
        (_text("name", _("Tag")), _of("name")),
        (_text("unit", _("Unit")), _plain("unit")),
        *((_text(key, key), _plain(key)) for key in further),
    ]

    def last(key: str) -> Callable[[Any], Value]:
        return lambda tag: _cell(values.get(str(tag["name"]), {}).get(key))

    return described(
        "tags",
        _("Tags"),
        [
            *columns,
            (_text("value", _("Last value")), last("value")),
            (_text("quality", _("Quality")), last("quality")),
            (_time("at", _("Time")), lambda t: _instant(values.get(str(t["name"]), {}).get("at"))),
        ],
        tags,
    )


def signals_grid(items: Iterable[tuple[str, str, Any]]) -> Grid:
    """Signals (machine, role, binding) of a source."""
    return described(
        "signals",
        _("Signals"),
        [
            (_text("machine", _("Machine")), lambda one: one[0]),
            (_text("role", _("Role")), lambda one: one[1]),
            (
                _text("tag", _("Tag")),
                lambda one: _cell(one[2].get("tag") if isinstance(one[2], Mapping) else None),
            ),
            (_text("rule", _("Rule")), lambda one: _cell(one[2])),
        ],
        items,
    )


def counts_grid(items: Iterable[Item], named: Named) -> Grid:
    """Suspect counts with their decisions."""

    def said(key: str) -> Callable[[Any], Value]:
        return lambda one: None if one["decision"] is None else _cell(one["decision"][key])

    return described(
        "counts",
        _("Suspect counts"),
        [
            (_text("machine", _("Machine")), lambda one: named(one["name"], one["work_unit"])),
            (_text("tag", _("Tag")), _of("tag")),
            (_text("role", _("Role")), _of("role")),
            (_time("since", _("Reading before")), lambda one: _instant(one["since"])),
            (_time("at", _("Time")), lambda one: _instant(one["at"])),
            (_number("old", _("Old value")), _exact("old")),
            (_number("new", _("New value")), _exact("new")),
            (_number("amount", _("Counts")), _exact("amount")),
            (_text("why", _("Why")), lambda one: suspect_word(one["why"])),
            (_text("decision", _("Decision")), said("decision")),
            (_text("note", _("Note")), said("note")),
            (_text("person", _("Person")), said("person")),
            (
                _time("recorded", _("Decided at")),
                lambda one: _instant((one["decision"] or {}).get("recorded_at")),
            ),
        ],
        items,
    )


def excesses_grid(items: Iterable[Item], named: Named) -> Grid:
    """Jobs with more bad pieces than were made."""
    return described(
        "excesses",
        _("More rejects than pieces"),
        [
            (_text("machine", _("Machine")), lambda one: named(one["name"], one["work_unit"])),
            (_text("job", _("Job")), _of("job_order")),
            (
                _text("shift", _("Shift")),
                lambda one: f"{one['shift']['day']} {one['shift']['code']}",
            ),
            (_number("good", _("Good")), _exact("good")),
            (_number("scrap", _("Reject")), _exact("scrap")),
            (_number("rework", _("Rework")), _exact("rework")),
            (_time("at", _("Last entry")), lambda one: _instant(one["entry"]["at"])),
            (_text("person", _("Person")), lambda one: _cell(one["entry"].get("person"))),
        ],
        items,
    )


def kept_aside_grid(items: Iterable[Item]) -> Grid:
    """Records that ingest kept aside."""

    def cleared(key: str) -> Callable[[Any], Value]:
        return lambda one: _cell((one["cleared"] or {}).get(key))

    return described(
        "kept-aside",
        _("Records kept aside"),
        [
            (_text("source", _("Source")), _of("source")),
            (_time("received", _("Received")), lambda one: _instant(one["received_at"])),
            (_text("code", _("Code")), _of("code")),
            (_text("message", _("Reason")), _of("message")),
            (_text("record", _("Record")), lambda one: _cell(one["record"])),
            (
                _time("cleared", _("Cleared")),
                lambda one: _instant((one["cleared"] or {}).get("at")),
            ),
            (_text("person", _("Person")), cleared("person")),
            (_text("note", _("Note")), cleared("note")),
        ],
        items,
    )


def lost_reasons_grid(items: Iterable[Item], named: Named) -> Grid:
    """Statements of people that meet no stop."""
    return described(
        "orphans",
        _("Reasons without a stop"),
        [
            (_text("machine", _("Machine")), lambda one: named(one["name"], one["work_unit"])),
            (_time("start", _("Start")), lambda one: _instant(one["start"])),
            (_time("end", _("End")), lambda one: _instant(one["end"])),
            (_text("reason", _("Reason")), lambda one: _reason(one, named)),
            (_text("person", _("Person")), _of("person")),
        ],
        items,
    )


def stops_grid(items: Iterable[Item], named: Named) -> Grid:
    """Stops of a machine, a row for each of their parts."""
    parts = (
        {**part, "work_unit": stop["work_unit"], "stop": stop["start"], "of": stop}
        for stop in items
        for part in stop["parts"]
    )

    def length(part: Item) -> Value:
        if part["end"] is None:
            return None
        return parse_instant(part["end"]) - parse_instant(part["start"])

    return described(
        "stops",
        _("Stops"),
        [
            (_text("machine", _("Machine")), _of("work_unit")),
            (_time("stop", _("Stop since")), lambda part: _instant(part["stop"])),
            (_time("start", _("Start")), lambda part: _instant(part["start"])),
            (_time("end", _("End")), lambda part: _instant(part["end"])),
            (Column(key="minutes", label=_("min"), kind=Kind.MINUTES), length),
            (_text("state", _("State")), _of("state")),
            (
                _text("minor", _("Minor")),
                lambda part: _("minor stop") if part["of"]["minor"] else None,
            ),
            (_text("reason", _("Reason")), lambda part: _reason(part, named)),
            (_text("source", _("Said by")), _of("reason_source")),
            (_text("person", _("Person")), _of("person")),
            (
                _text("needs", _("No reason yet")),
                lambda part: _("yes") if part["of"]["needs_reason"] else None,
            ),
        ],
        parts,
    )


def reasons_grid(items: Iterable[Item], domain_word: Callable[[str], str], named: Named) -> Grid:
    """Reasons."""

    def class_of(one: Item) -> Value:
        return class_word(TimeClass(one["class"])) if one.get("class") else None

    return described(
        "reasons",
        _("Reasons"),
        [
            (_text("code", _("Code")), _of("code")),
            (_text("ko", _("Korean name")), lambda one: _cell(one["name"].get("ko"))),
            (_text("en", _("English name")), lambda one: _cell(one["name"].get("en"))),
            (_text("domain", _("Reason for")), lambda one: domain_word(one["domain"])),
            (_text("class", _("Class")), class_of),
            (_text("failure", _("Failure")), lambda one: _("yes") if one["failure"] else None),
            (
                _text("group", _("Group")),
                lambda one: named(one["group"], "") if one["group"] else None,
            ),
            (
                _text("state", _("State")),
                lambda one: _("Retired") if one["retired"] else _("In use"),
            ),
        ],
        items,
    )


def terminals_grid(rows: Iterable[TerminalRow], named: Named) -> Grid:
    """Terminals."""

    def state(row: TerminalRow) -> str:
        return {
            "enrolled": _("Enrolled"),
            "offered": _("Code open"),
            "expired": _("Code not used in time"),
        }.get(str(row.state), _("Revoked"))

    return described(
        "terminals",
        _("Terminals"),
        [
            (_text("code", _("Terminal")), lambda row: row.code),
            (_text("place", _("Line or machine")), lambda row: row.place),
            (_text("name", _("Name")), lambda row: named(row.names, row.place)),
            (_text("state", _("State")), state),
            (_time("enrolled", _("Enrolled at")), lambda row: row.enrolled_at),
            (_time("seen", _("Last seen")), lambda row: row.seen_at),
            (_text("people", _("Signed in")), lambda row: ", ".join(row.people)),
        ],
        rows,
    )


def displays_grid(rows: Iterable[DisplayRow]) -> Grid:
    """Wall displays."""
    return described(
        "displays",
        _("Wall displays"),
        [
            (_text("label", _("Where it hangs")), lambda row: row.label),
            (
                _text("state", _("State")),
                lambda row: _("Revoked") if row.revoked_at else _("In use"),
            ),
            (_time("made", _("Made")), lambda row: row.created_at),
            (_time("used", _("Last used")), lambda row: row.last_used_at),
            (_time("revoked", _("Revoked at")), lambda row: row.revoked_at),
            (_number("open", _("Open now")), lambda row: row.open),
        ],
        rows,
    )


def published_grid(items: Iterable[Item]) -> Grid:
    """Published figures with their revisions."""

    def kpi(key: str) -> Callable[[Any], Value]:
        return lambda one: one["result"]["kpis"][key]

    ratios = (
        ("oee", "OEE"),
        ("availability", _("Availability")),
        ("effectiveness", _("Performance")),
        ("quality_ratio", _("Quality ratio")),
    )
    return described(
        "published",
        _("Published figures"),
        [
            (_text("scope", _("Line or machine")), _of("scope")),
            (_text("day", _("Production day")), _of("production_day")),
            (_text("shift", _("Shift")), _of("shift")),
            (_number("revision", _("Revision")), _of("revision")),
            (_text(STATE, _("State of the figure")), lambda one: figure_word(one["state"])),
            *((Column(key=key, label=label, kind=Kind.RATIO), kpi(key)) for key, label in ratios),
            (
                Column(key=COVERAGE, label=_("Coverage"), kind=Kind.RATIO),
                lambda one: one["coverage"],
            ),
            (_time("published", _("Published at")), lambda one: _instant(one["published_at"])),
            (_text("by", _("Signed off by")), _of("signed_by")),
            (_time("signed", _("Signed off at")), lambda one: _instant(one["signed_at"])),
            (_text("note", _("Note")), _of("note")),
            (_text("changed", _("Changed")), lambda one: ", ".join(one["changed"]) or None),
            (_text("case", _("Case file")), _of("case")),
        ],
        items,
    )


def _text(key: str, label: str) -> Column:
    return Column(key=key, label=label)


def _number(key: str, label: str) -> Column:
    return Column(key=key, label=label, kind=Kind.NUMBER)


def _time(key: str, label: str) -> Column:
    return Column(key=key, label=label, kind=Kind.TIME)


def _of(key: str) -> Callable[[Any], Value]:
    return lambda item: _cell_or_number(item[key])


def _plain(key: str) -> Callable[[Any], Value]:
    return lambda item: _cell(item.get(key))


def _exact(key: str) -> Callable[[Any], Value]:
    def exact(item: Any) -> Value:
        return None if item[key] is None else Fraction(parse_number(item[key]))

    return exact


def _cell_or_number(value: object) -> Value:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value
    return _cell(value)


def _cell(value: object) -> Value:
    """Anything as a text, structures as JSON; None stays empty."""
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, default=str)


def _instant(value: str | int | None) -> int | None:
    return parse_instant(value) if isinstance(value, str) else value


def _reason(item: Item, named: Named) -> str | None:
    reason = item["reason"]
    return None if reason is None else named(reason.get("name"), reason["code"])

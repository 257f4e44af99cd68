"""Checking a plant file: every mistake with its line, nothing guessed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from pydantic import ValidationError

from connectors.sdk.errors import ConfigurationError
from connectors.sdk.manifest import manifest_of
from mes.features.plant.document import Document, Mistake, Unreadable, field_name
from mes.features.plant.schema import WEEK, Calendar, PlantFile, Shift, Signals, WorkUnit

Path = tuple[int | str, ...]
Problem = tuple[Path, str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """A plant file and what is wrong with it; `plant` is None while anything is wrong.

    `raw` is the file as plain values (empty when it is not readable).
    """

    plant: PlantFile | None
    raw: dict[str, Any]
    mistakes: tuple[Mistake, ...]


def check(text: str) -> Checked:
    """Check the text of a plant file; lists every mistake, sorted by line."""
    try:
        document = Document(text)
    except Unreadable as unreadable:
        return Checked(plant=None, raw={}, mistakes=(unreadable.mistake,))
    problems: list[Problem] = []
    plant = _shape(document.data, problems)
    problems.extend(_sources(document.data.get("sources")))
    if plant is not None:
        problems.extend(_references(plant))
    mistakes = sorted(
        {
            Mistake(line=document.line(path), field=field_name(path), code=code, message=message)
            for path, code, message in problems
        }
    )
    return Checked(
        plant=plant if not mistakes else None, raw=document.data, mistakes=tuple(mistakes)
    )


def _shape(data: dict[str, Any], problems: list[Problem]) -> PlantFile | None:
    if data.get("schema") != "plant/1":
        problems.append((("schema",), "schema_unknown", "the first line must be `schema: plant/1`"))
    try:
        return PlantFile.model_validate(data)
    except ValidationError as error:
        for item in error.errors(include_url=False, include_input=False):
            path = _known_path(data, tuple(item["loc"]))
            if path == ("schema",):
                continue
            problems.append((path, item["type"], _words(item["type"], item["msg"])))
        return None


def _known_path(data: Any, loc: Path) -> Path:
    """The path without what pydantic adds for unions and aliases."""
    path: list[int | str] = []
    node = data
    for position, step in enumerate(loc):
        inside = (isinstance(node, dict) and step in node) or (
            isinstance(node, list) and isinstance(step, int) and step < len(node)
        )
        missing_key = isinstance(node, dict) and isinstance(step, str) and position + 1 == len(loc)
        if not (inside or missing_key):
            continue
        node = node[step] if inside else None
        path.append(step)
    return tuple(path)


_WORDS = {
    "extra_forbidden": "this key is not known here",
    "missing": "this key is required",
}


def _words(kind: str, message: str) -> str:
    return _WORDS.get(kind, message.removeprefix("Value error, "))


def _sources(sources: object) -> Iterator[Problem]:
    if not isinstance(sources, list):
        return
    for index, source in enumerate(sources):
        path: Path = ("sources", index)
        if not isinstance(source, dict):
            continue
        protocol = source.get("protocol")
        if protocol is None:
            yield (*path, "protocol"), "missing", "this key is required"
            continue
        try:
            manifest_of(str(protocol)).config_model().model_validate(source)
        except ConfigurationError as error:
            yield (*path, "protocol"), error.code, str(error)
        except ValidationError as error:
            for item in error.errors(include_url=False, include_input=False):
                inner = _known_path(source, tuple(item["loc"]))
                yield (*path, *inner), item["type"], _words(item["type"], item["msg"])


def _references(plant: PlantFile) -> Iterator[Problem]:
    yield from _duplicates((("calendars", i, "id"), c.id) for i, c in enumerate(plant.calendars))
    yield from _duplicates((("reasons", i, "code"), r.code) for i, r in enumerate(plant.reasons))
    yield from _duplicates((("items", i, "code"), it.code) for i, it in enumerate(plant.items))
    yield from _duplicates((("sources", i, "id"), s.get("id")) for i, s in enumerate(plant.sources))
    yield from _duplicates(_equipment_codes(plant))
    for index, calendar in enumerate(plant.calendars):
        yield from _calendar(plant, ("calendars", index), calendar)
    reasons = {reason.code: reason for reason in plant.reasons}
    for index, reason in enumerate(plant.reasons):
        if reason.parent is not None and reason.parent not in reasons:
            path: Path = ("reasons", index, "parent")
            yield path, "reason_unknown", f"there is no reason {reason.parent!r}"
    calendars = {calendar.id for calendar in plant.calendars}
    for index, line in enumerate(plant.lines):
        if line.calendar is not None and line.calendar not in calendars:
            yield (
                ("lines", index, "calendar"),
                "calendar_unknown",
                f"there is no calendar {line.calendar!r}",
            )
        for number, unit in enumerate(line.work_units):
            yield from _work_unit(plant, ("lines", index, "work_units", number), unit)


def _equipment_codes(plant: PlantFile) -> Iterator[tuple[Path, object]]:
    yield ("site", "id"), plant.site.id
    for index, line in enumerate(plant.lines):
        yield ("lines", index, "id"), line.id
        for number, unit in enumerate(line.work_units):
            yield ("lines", index, "work_units", number, "id"), unit.id


def _duplicates(items: Iterable[tuple[Path, object]]) -> Iterator[Problem]:
    seen: dict[object, Path] = {}
    for path, value in items:
        if value is None:
            continue
        if value in seen:
            first = field_name(seen[value])
            yield path, "duplicate", f"{value!r} is already used by {first}"
        else:
            seen[value] = path


def _minutes(text: str) -> int:
    return int(text[:2]) * 60 + int(text[3:])


def _span(start: str, end: str) -> tuple[int, int]:
    begin, finish = _minutes(start), _minutes(end)
    return begin, finish if finish > begin else finish + 1440


def _calendar(plant: PlantFile, path: Path, calendar: Calendar) -> Iterator[Problem]:
    yield from _duplicates(
        ((*path, "shifts", i, "code"), shift.code) for i, shift in enumerate(calendar.shifts)
    )
    boundary = _minutes(plant.site.day_starts)
    reasons = {reason.code: reason for reason in plant.reasons}
    week: list[tuple[int, int, str]] = []
    for index, shift in enumerate(calendar.shifts):
        here: Path = (*path, "shifts", index)
        start, end = _span(shift.start, shift.end)
        if shift.day_offset is None and _crosses(boundary, start, end):
            yield (
                here,
                "shift_crosses_day",
                f"the shift runs across the day boundary {plant.site.day_starts}; "
                "give day_offset: 0 or -1 to say which production day it belongs to",
            )
        yield from _breaks(here, shift, reasons)
        week.extend(_occurrences(calendar, shift, start, end))
    week.sort()
    for (_, first_end, first), (second_start, _, second) in pairwise(week):
        if second_start < first_end:
            yield (
                (*path, "shifts"),
                "shifts_overlap",
                f"shift {second!r} begins before shift {first!r} has ended",
            )
            return


def _crosses(boundary: int, start: int, end: int) -> bool:
    return any(start < edge < end for edge in (boundary, boundary + 1440))


def _occurrences(
    calendar: Calendar, shift: Shift, start: int, end: int
) -> Iterator[tuple[int, int, str]]:
    for day in shift.days if shift.days is not None else calendar.days:
        offset = WEEK.index(day) * 1440
        yield offset + start, offset + end, shift.code
    first = (shift.days if shift.days is not None else calendar.days)[:1]
    for day in first:
        offset = (WEEK.index(day) + 7) * 1440
        yield offset + start, offset + end, shift.code


def _breaks(path: Path, shift: Shift, reasons: dict[str, Any]) -> Iterator[Problem]:
    start, end = _span(shift.start, shift.end)
    spans: list[tuple[int, int]] = []
    for index, pause in enumerate(shift.breaks):
        here: Path = (*path, "breaks", index)
        begin, finish = _span(pause.start, pause.end)
        if begin < start:
            begin, finish = begin + 1440, finish + 1440
        if not start <= begin < finish <= end:
            yield (
                here,
                "break_outside_shift",
                f"the break lies outside the shift {shift.start} to {shift.end}",
            )
        if any(begin < other_end and other_start < finish for other_start, other_end in spans):
            yield here, "breaks_overlap", "the break overlaps another break of the shift"
        spans.append((begin, finish))
        reason = reasons.get(pause.reason)
        if reason is None:
            yield (
                (*here, "reason"),
                "reason_unknown",
                f"there is no reason {pause.reason!r}",
            )
        elif reason.time_class not in ("break", "planned_stop"):
            yield (
                (*here, "reason"),
                "reason_not_planned",
                f"the reason of a break has class break or planned_stop, not {reason.time_class}",
            )


def _work_unit(plant: PlantFile, path: Path, unit: WorkUnit) -> Iterator[Problem]:
    items = {item.code for item in plant.items}
    if unit.default_item is not None and unit.default_item not in items:
        yield (
            (*path, "default_item"),
            "item_unknown",
            f"there is no item {unit.default_item!r}",
        )
    for field in ("ideal_cycle_s", "pieces_per_cycle"):
        for code in getattr(unit, field):
            if code not in items:
                yield (*path, field, code), "item_unknown", f"there is no item {code!r}"
    for code, count in unit.pieces_per_cycle.items():
        if count < 1:
            yield (*path, "pieces_per_cycle", code), "too_small", "must be 1 or more"
    yield from _signals(plant, (*path, "signals"), unit.signals)


def _signals(plant: PlantFile, path: Path, signals: Signals) -> Iterator[Problem]:
    tags = {
        f"{source.get('id')}/{tag.get('name')}"
        for source in plant.sources
        for tag in source.get("tags") or ()  # type: ignore[attr-defined]  # checked by connectors
        if isinstance(tag, dict)
    }
    named: list[tuple[Path, str | None]] = []
    if signals.state is not None:
        named.append(((*path, "state", "tag"), signals.state.tag))
        named.append(((*path, "state", "lamp"), signals.state.lamp))
    for role in ("total", "good", "scrap", "fault", "mode"):
        signal = getattr(signals, role)
        if signal is not None:
            named.append(((*path, role, "tag"), signal.tag))
    for where, tag in named:
        if tag is not None and tag not in tags:
            yield where, "tag_unknown", f"there is no tag {tag!r}; write SOURCE/TAG"
    from_counts = signals.state is not None and signals.state.from_counts is not None
    if from_counts and signals.total is None and signals.good is None:
        yield (
            (*path, "state", "from_counts"),
            "counter_missing",
            "a state from counts needs a total or good counter",
        )
    if signals.fault is not None:
        reasons = {reason.code for reason in plant.reasons}
        for value, code in signals.fault.map.items():
            if code not in reasons:
                yield (
                    (*path, "fault", "map", value),
                    "reason_unknown",
                    f"there is no reason {code!r}",
                )

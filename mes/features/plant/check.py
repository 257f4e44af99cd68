"""Checking a plant file: every mistake with its line, nothing guessed."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path as FilePath
from typing import Any

from connectors.sdk.errors import ConfigurationError
from connectors.sdk.registry import manifest_of
from connectors.templates.catalogue import Catalogue
from mes.core.calls import CallKind
from mes.features.plant.check_calendars import (
    break_reasons,
    calendar_problems,
    unlisted_break_reasons,
)
from mes.features.plant.check_calls import call_problems, job_call_problems
from mes.features.plant.check_counters import counter_notes, counter_problems
from mes.features.plant.check_writes import job_write_problems, write_problems
from mes.features.plant.document import (
    Document,
    Mistake,
    PlainDocument,
    Unreadable,
    field_name,
    text_of,
)
from mes.features.plant.kpi_targets import problems_of_targets
from mes.features.plant.objects import BUILT_IN_REASONS
from mes.features.plant.policies import Key, policy_problems
from mes.features.plant.repair import Path, Problem, all_problems, is_doubtful
from mes.features.plant.schema import SCHEMA, PlantFile, Signals, WorkUnit
from mes.features.plant.targets import target_problems
from mes.features.plant.templates import WrittenOut, plain_source, write_out
from mes.features.plant.write_schema import A_CALL, A_WRITE

DAY_STARTS: Path = ("site", "day_starts")
_OF_TIMES = ("shift_crosses_day", "shifts_overlap", "crews_collide", "end_before_start")
_OF_PATTERN = ("shifts_overlap", "crews_collide", "shift_unknown")
_PATTERN = ("cycle", "preset", "days")
"""Parts of a calendar that decide which of its shifts are worked on which day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """A plant file and what is wrong with it; `plant` is None while anything is wrong.

    `raw` is the file as plain values (empty when it is not readable); `notes` are no mistakes, but
    worth a look.
    """

    plant: PlantFile | None
    raw: dict[str, Any]
    mistakes: tuple[Mistake, ...]
    notes: tuple[Mistake, ...] = ()


def check_file(
    file: FilePath,
    stored: Mapping[Key, dict[str, Any]] | None = None,
    templates: Catalogue | None = None,
) -> Checked:
    """Check a plant file, see `check`; one that is too large or not UTF-8 is one mistake."""
    try:
        text = text_of(file)
    except Unreadable as unreadable:
        return Checked(plant=None, raw={}, mistakes=(unreadable.mistake,))
    return check(text, stored, templates)


def check(
    written: str | Mapping[str, Any],
    stored: Mapping[Key, dict[str, Any]] | None = None,
    templates: Catalogue | None = None,
) -> Checked:
    """Check a plant file; lists every mistake, sorted by line.

    Args:
        written: its text, or the same as plain values, all of which lie in line 1.
        stored: policies that the plant's database holds, to be compared with those of the file.
        templates: device templates that sources may name; None: those that ship.
    """
    try:
        document = Document(written) if isinstance(written, str) else PlainDocument(written)
    except Unreadable as unreadable:
        return Checked(plant=None, raw={}, mistakes=(unreadable.mistake,))
    written_out = write_out(document.data, (templates or Catalogue()).get)
    raw, problems = written_out.raw, list(written_out.problems)
    plant, mended = _shape(raw, problems)
    problems.extend(_of_sources(written_out))
    if plant is not None:
        found = [
            *_references(plant, raw),
            *policy_problems(plant.policies, plant.site.policy, stored or {}),
        ]
        problems.extend(one for one in found if _is_certain(one, mended))
    placed = [(written_out.place(path), code, words) for path, code, words in problems]
    mistakes = _at_their_lines(document, placed)
    notes: list[Mistake] = []
    if plant is not None and not mended:
        worth_a_look = [*unlisted_break_reasons(plant), *counter_notes(plant, raw)]
        found = [(written_out.place(path), code, words) for path, code, words in worth_a_look]
        notes = _at_their_lines(document, found)
    return Checked(
        plant=plant if not mistakes else None,
        raw=raw,
        mistakes=tuple(mistakes),
        notes=tuple(notes),
    )


def _is_certain(problem: Problem, mended: frozenset[Path]) -> bool:
    path, code, _ = problem
    if code in _OF_TIMES and is_doubtful(DAY_STARTS, mended):
        return False
    if code in _OF_PATTERN and any(is_doubtful((*path[:2], part), mended) for part in _PATTERN):
        return False
    return not is_doubtful(path, mended)


def _at_their_lines(
    document: Document | PlainDocument, problems: Iterable[Problem]
) -> list[Mistake]:
    return sorted(
        {
            Mistake(line=document.line(path), field=field_name(path), code=code, message=message)
            for path, code, message in problems
        }
    )


def _shape(
    data: dict[str, Any], problems: list[Problem]
) -> tuple[PlantFile | None, frozenset[Path]]:
    """The plant, mended where its shape is wrong, and where that was."""
    if data.get("schema") != SCHEMA:
        problems.append((("schema",), "schema_unknown", "the first line must be `schema: plant/1`"))
    plant, found, mended = all_problems(PlantFile, data, _problem)
    problems.extend(problem for problem in found if problem[0] != ("schema",))
    return plant, mended


def _problem(data: Any, error: Any) -> Problem:
    kind = error["type"]
    return _known_path(data, tuple(error["loc"])), kind, _words(kind, error["msg"])


def _known_path(data: Any, loc: Path) -> Path:
    """The path without what pydantic adds for unions and aliases."""
    path: list[int | str] = []
    node = data
    for position, step in enumerate(loc):
        if step in (A_WRITE, A_CALL):
            continue
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
    "model_type": "a mapping of keys is expected here",
    "dict_type": "a mapping of keys is expected here",
    "list_type": "a list is expected here",
    "string_type": "a text is expected here; put it in quotes",
}


def _words(kind: str, message: str) -> str:
    return _WORDS.get(kind, message.removeprefix("Value error, "))


def _of_sources(written_out: WrittenOut) -> Iterator[Problem]:
    """Mistakes of the sources, without those that follow from one of their template."""
    told = {path for path, _, _ in written_out.problems}
    for problem in _sources(written_out.raw.get("sources")):
        path = problem[0]
        follows = path[1] in written_out.unusable or is_doubtful(written_out.place(path), told)
        if not (follows and path[1] in written_out.expanded):
            yield problem


def _sources(sources: object) -> Iterator[Problem]:
    if not isinstance(sources, list):
        return
    links: dict[Hashable, tuple[object, object]] = {}
    for index, source in enumerate(sources):
        path: Path = ("sources", index)
        if not isinstance(source, dict):
            continue
        protocol = source.get("protocol")
        if protocol is None:
            yield (*path, "protocol"), "missing", "this key is required"
            continue
        try:
            model = manifest_of(str(protocol)).config_model()
        except ConfigurationError as error:
            yield (*path, "protocol"), error.code, error.detail
            continue
        config, problems, _ = all_problems(model, plain_source(source), _problem)
        for inner, kind, words in problems:
            yield (*path, *inner), kind, words
        if config is None or problems or config.shared_link is None:
            continue
        link, settings = config.shared_link
        other, known = links.setdefault(link, (source.get("id"), settings))
        if known != settings:
            words = f"source {other!r} uses the same link with other settings"
            yield (*path, "link"), "link_settings_differ", words


def _references(plant: PlantFile, raw: dict[str, Any]) -> Iterator[Problem]:
    yield from _duplicates((("calendars", i, "id"), c.id) for i, c in enumerate(plant.calendars))
    yield from _duplicates((("reasons", i, "code"), r.code) for i, r in enumerate(plant.reasons))
    yield from _duplicates((("items", i, "code"), it.code) for i, it in enumerate(plant.items))
    yield from _duplicates((("sources", i, "id"), s.get("id")) for i, s in enumerate(plant.sources))
    yield from _duplicates(_equipment_codes(plant))
    yield from _escalation(plant)
    yield from _duplicates((("targets", i, "place"), t.place) for i, t in enumerate(plant.targets))
    yield from problems_of_targets(
        plant.targets, {code: path for path, code in _equipment_codes(plant)}
    )
    yield from target_problems(plant.sources)
    yield from calendar_problems(plant)
    yield from counter_problems(plant, raw)
    yield from write_problems(plant, raw, set(_tags(raw)))
    yield from call_problems(plant, raw, _problem)
    reasons = _known(plant, raw, "reasons")
    for index, reason in enumerate(plant.reasons):
        if reason.parent is not None and reason.parent not in reasons:
            path: Path = ("reasons", index, "parent")
            yield path, "reason_unknown", f"there is no reason {reason.parent!r}"
    calendars = _known(plant, raw, "calendars")
    areas = _known(plant, raw, "areas")
    for index, line in enumerate(plant.lines):
        if line.area is not None and line.area not in areas:
            yield ("lines", index, "area"), "area_unknown", f"there is no area {line.area!r}"
        if line.calendar is not None and line.calendar not in calendars:
            yield (
                ("lines", index, "calendar"),
                "calendar_unknown",
                f"there is no calendar {line.calendar!r}",
            )
        for number, unit in enumerate(line.work_units):
            yield from _work_unit(plant, raw, ("lines", index, "work_units", number), unit)


def _escalation(plant: PlantFile) -> Iterator[Problem]:
    """A kind of call reaches each level at a time of its own."""
    seen: set[tuple[str, object]] = set()
    for index, level in enumerate(plant.site.call_escalation):
        kinds = level.kinds or [kind.value for kind in CallKind]
        own = {(kind, level.after_min) for kind in kinds}
        path: Path = ("site", "call_escalation", index, "after_min")
        if own & seen:
            yield (
                path,
                "duplicate",
                f"another level is reached after {level.after_min} minutes, too",
            )
        seen |= own


def _equipment_codes(plant: PlantFile) -> Iterator[tuple[Path, object]]:
    yield ("site", "id"), plant.site.id
    for index, area in enumerate(plant.areas):
        yield ("areas", index, "id"), area.id
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


def _known(plant: PlantFile, raw: dict[str, Any], section: str) -> set[object]:
    """Codes of a section, those that are wrong themselves and those that are built in included."""
    rows = raw.get(section)
    written = [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
    codes = {str(row.get("id", row.get("code"))) for row in written}
    if section == "reasons":
        codes.update(BUILT_IN_REASONS)
        codes.update(break_reasons(plant))
    return set(codes)


def _work_unit(
    plant: PlantFile, raw: dict[str, Any], path: Path, unit: WorkUnit
) -> Iterator[Problem]:
    items = _known(plant, raw, "items")
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
    yield from job_write_problems(plant, path, unit, items)
    yield from job_call_problems(plant, path, unit, items)
    yield from _signals(plant, raw, (*path, "signals"), unit.signals)


def _tags(raw: dict[str, Any]) -> Iterator[str]:
    """Every tag as SOURCE/TAG, whatever else is wrong with it."""
    sources = raw.get("sources")
    for source in sources if isinstance(sources, list) else ():
        tags = source.get("tags") if isinstance(source, dict) else None
        for tag in tags if isinstance(tags, list) else ():
            if isinstance(tag, dict):
                yield f"{source.get('id')}/{tag.get('name')}"


def _thinned(raw: dict[str, Any], bound: set[str]) -> Iterator[Problem]:
    """A signal is told by each change; straight lines through it would hide some."""
    sources = raw.get("sources")
    for index, source in enumerate(sources if isinstance(sources, list) else ()):
        tags = source.get("tags") if isinstance(source, dict) else None
        for number, tag in enumerate(tags if isinstance(tags, list) else ()):
            name = f"{source.get('id')}/{tag.get('name')}" if isinstance(tag, dict) else None
            if name in bound and tag.get("swinging_door") is not None:
                yield (
                    ("sources", index, "tags", number, "swinging_door"),
                    "swinging_door_on_signal",
                    f"{name} is a signal of a work unit, which is told by each change; "
                    "take `swinging_door` away",
                )


def _signals(
    plant: PlantFile, raw: dict[str, Any], path: Path, signals: Signals
) -> Iterator[Problem]:
    tags = set(_tags(raw))
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
    yield from _thinned(raw, {tag for _, tag in named if tag is not None})
    from_counts = signals.state is not None and signals.state.from_counts is not None
    if from_counts and signals.total is None and signals.good is None:
        yield (
            (*path, "state", "from_counts"),
            "counter_missing",
            "a state from counts needs a total or good counter",
        )
    if signals.fault is not None:
        reasons = _known(plant, raw, "reasons")
        for value, code in signals.fault.map.items():
            if code not in reasons:
                yield (
                    (*path, "fault", "map", value),
                    "reason_unknown",
                    f"there is no reason {code!r}",
                )

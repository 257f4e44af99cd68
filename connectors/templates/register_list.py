"""Reading a register list (CSV): every mistake with its line and column, nothing guessed."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from pydantic import ValidationError

from connectors.sdk.documents import Mistake
from connectors.sdk.errors import ConfigurationError
from connectors.sdk.register_lists import PlaceError, ReadPlace, RegisterLists
from connectors.sdk.registry import manifest_of
from connectors.templates.columns import (
    COLUMNS,
    COUNTER_COLUMNS,
    LABEL_COLUMNS,
    CellError,
    column_named,
)
from connectors.templates.model import TAGS_MAX, TemplateTag
from connectors.templates.reading import problems_of

BYTES_MAX = 2 * 1024 * 1024
CELL_MAX = 2000
ENCODINGS = ("utf-8-sig", "cp949")
GUARD = "'"
"""In front of a cell that a spreadsheet would take for a formula."""


class OnDuplicate(StrEnum):
    """What becomes of a second tag of a name or place, and of a template that is there."""

    REFUSE = "refuse"
    SKIP = "skip"
    REPLACE = "replace"


@dataclass(slots=True, kw_only=True)
class RegisterList:
    """What was read.

    Attributes:
        tags: as a template has them.
        lines: line of each tag, from 1.
        skipped: lines of rows that gave way to another of the same name or place.
    """

    tags: list[dict[str, Any]] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    mistakes: list[Mistake] = field(default_factory=list)
    skipped: list[int] = field(default_factory=list)

    def refuse(self, line: int, column: str, code: str, message: str) -> None:
        """Note a mistake."""
        self.mistakes.append(Mistake(line=line, field=column, code=code, message=message))


def text_of_list(content: bytes) -> str:
    """The text of a file as Excel writes it: UTF-8 with or without mark, CP949, UTF-16 with mark.

    Raises:
        ValueError: it is too large or none of these.
    """
    if len(content) > BYTES_MAX:
        raise ValueError(f"the file is larger than {BYTES_MAX} bytes")
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return content.decode("utf-16")
    for encoding in ENCODINGS:
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise ValueError("the file is neither UTF-8 nor CP949; save it as CSV UTF-8")


def read_list(
    text: str, lists: RegisterLists, duplicates: OnDuplicate = OnDuplicate.REFUSE
) -> RegisterList:
    """Read a register list and check it as tags of a source.

    Args:
        text: rows with a first row of headings; separated by comma, semicolon or tab.
        lists: of the protocol.
        duplicates: what becomes of a second tag of the same name or place.
    """
    found = RegisterList()
    rows = _rows(text, found)
    headings = next(rows, None)
    if headings is None:
        found.refuse(1, "", "list_empty", "the file has no row of headings")
        return found
    columns = _columns(headings[1], found)
    for line, cells in rows:
        if len(found.tags) >= TAGS_MAX:
            found.refuse(line, "", "list_too_long", f"more than {TAGS_MAX} tags in one list")
            break
        if any(cell.strip() for cell in cells):
            found.tags.append(_tag(line, columns, cells, lists.read_place, found))
            found.lines.append(line)
    if not found.tags:
        found.refuse(headings[0], "", "list_empty", "the file has no row of a tag")
    _settle_duplicates(found, duplicates)
    _check_tags(found, lists.example)
    found.mistakes = sorted(set(found.mistakes))
    return found


def _rows(text: str, found: RegisterList) -> Iterator[tuple[int, list[str]]]:
    first = text.partition("\n")[0]
    separator = max(",;\t", key=first.count)
    reader = csv.reader(text.splitlines(keepends=True), delimiter=separator, strict=True)
    line = 1
    try:
        for cells in reader:
            yield line, cells
            line = reader.line_num + 1
    except csv.Error as error:
        found.refuse(line, "", "list_malformed", f"no CSV from here on: {error}")


def _columns(headings: Sequence[str], found: RegisterList) -> list[str | None]:
    columns: list[str | None] = []
    for heading in headings:
        name = column_named(heading)
        if name is None and heading.strip():
            known = ", ".join(COLUMNS)
            message = f"the column {heading.strip()!r} is not known; known: {known}"
            found.refuse(1, heading.strip(), "column_unknown", message)
        elif name is not None and name in columns:
            found.refuse(1, name, "column_twice", f"the column {name!r} stands twice")
            name = None
        columns.append(name)
    if "name" not in columns:
        found.refuse(1, "name", "column_missing", "the column `name` is missing")
    return columns


def _tag(
    line: int,
    columns: Sequence[str | None],
    cells: Sequence[str],
    read_place: ReadPlace,
    found: RegisterList,
) -> dict[str, Any]:
    if len(cells) > len(columns):
        message = f"the row has {len(cells)} cells, the headings are {len(columns)}"
        found.refuse(line, "", "row_too_long", message)
    values: dict[str, Any] = {}
    for name, cell in zip(columns, cells, strict=False):
        written = cell.strip().removeprefix(GUARD)
        if name is None or not written:
            continue
        try:
            if len(written) > CELL_MAX:
                raise CellError(f"the cell is longer than {CELL_MAX} characters")
            values[name] = COLUMNS[name].read(written)
        except CellError as error:
            found.refuse(line, name, "cell_malformed", str(error))
            values[name] = _UNREADABLE
    _settle_address(line, values, read_place, found)
    values = {key: value for key, value in values.items() if value is not _UNREADABLE}
    return _in_parts(values)


def _settle_address(
    line: int, values: dict[str, Any], read_place: ReadPlace, found: RegisterList
) -> None:
    if "address" not in values:
        return
    try:
        place = read_place(str(values["address"]), values.get("table"))
    except PlaceError as error:
        column = "table" if error.code.startswith("table") else "address"
        found.refuse(line, column, error.code, str(error))
        values["address"] = values["table"] = _UNREADABLE
        return
    del values["address"]
    values.update(place)


def _in_parts(values: dict[str, Any]) -> dict[str, Any]:
    """The tag with what several columns say together."""
    tag = {k: v for k, v in values.items() if k not in (*COUNTER_COLUMNS, *LABEL_COLUMNS)}
    mode, modulus, most = (values.get(name) for name in COUNTER_COLUMNS)
    if (mode, modulus, most) != (None, None, None):
        counter = {"mode": mode, "modulus": modulus, "max_per_s": most}
        tag["counter"] = {key: value for key, value in counter.items() if value is not None}
    labels = [str(values[name]) for name in LABEL_COLUMNS if name in values]
    if labels:
        tag["label"] = {"ko": labels[0], "en": labels[-1]}
    return tag


def _settle_duplicates(found: RegisterList, duplicates: OnDuplicate) -> None:
    kept: dict[object, int] = {}
    dropped: set[int] = set()
    for index, tag in enumerate(found.tags):
        for what, key in _identities(tag):
            other = kept.get(key)
            if other is None or other in dropped:
                kept[key] = index
            elif duplicates is OnDuplicate.REFUSE:
                message = f"the same {what} stands in line {found.lines[other]} already"
                column = "name" if what == "name" else "address"
                found.refuse(found.lines[index], column, f"duplicate_{what}", message)
            elif duplicates is OnDuplicate.SKIP:
                dropped.add(index)
            else:
                dropped.add(other)
                kept[key] = index
    found.skipped = sorted(found.lines[index] for index in dropped)
    stay = [index for index in range(len(found.tags)) if index not in dropped]
    found.tags = [found.tags[index] for index in stay]
    found.lines = [found.lines[index] for index in stay]


def _identities(tag: Mapping[str, Any]) -> Iterator[tuple[str, object]]:
    if "name" in tag:
        yield "name", ("name", tag["name"])
    if "address" in tag:
        keys = ("table", "address", "bit", "type", "order")
        yield "place", ("place", *(tag.get(key) for key in keys))
    if "node" in tag:
        yield "place", ("node", tag["node"])


def _check_tags(found: RegisterList, source: Mapping[str, Any]) -> None:
    """What template and connector say; rows that are wrong are left out of the second look."""
    told = {(mistake.line, mistake.field) for mistake in found.mistakes}
    plain: list[dict[str, Any]] = []
    for line, tag in zip(found.lines, found.tags, strict=True):
        try:
            plain.append(TemplateTag.model_validate(tag).plain)
        except ValidationError as error:
            _refuse_all(found, line, error, told)
            plain.append({key: tag[key] for key in tag if key not in _OF_TEMPLATES})
    good = _connector_round(found, source, list(zip(found.lines, plain, strict=True)), told)
    if len(good) < len(plain):
        _connector_round(found, source, good, told)


def _connector_round(
    found: RegisterList,
    source: Mapping[str, Any],
    rows: Sequence[tuple[int, dict[str, Any]]],
    told: set[tuple[int, str]],
) -> list[tuple[int, dict[str, Any]]]:
    """Note what the connector says of the rows; the rows of which it says nothing are returned."""
    if not rows:
        return []
    try:
        model = manifest_of(str(source.get("protocol"))).config_model()
        model.model_validate({**source, "id": "list", "tags": [tag for _, tag in rows]})
    except ConfigurationError as error:
        found.refuse(1, "", error.code, error.detail)
    except ValidationError as error:
        names = {str(tag.get("name")) for tag in found.tags}
        wrong: set[int] = set()
        for path, code, words in problems_of(error):
            if path[:1] != ("tags",) or len(path) < 2 or not isinstance(path[1], int):
                found.refuse(1, "", code, words)
                continue
            line, tag = rows[path[1]]
            wrong.add(path[1])
            column = str(path[2]) if len(path) > 2 else ""
            is_known_name = code == "unknown_tag" and str(tag.get(column)) in names
            if not is_known_name and not _is_told(told, line, column):
                found.refuse(line, column, code, words)
        return [row for index, row in enumerate(rows) if index not in wrong]
    return list(rows)


def _refuse_all(
    found: RegisterList, line: int, error: ValidationError, told: set[tuple[int, str]]
) -> None:
    for path, code, words in problems_of(error):
        column = _column(path)
        if not _is_told(told, line, column):
            found.refuse(line, column, code, words)
            told.add((line, column))


def _column(path: tuple[int | str, ...]) -> str:
    """The column that a place inside a tag belongs to."""
    named = [str(step) for step in (*path[-1:], *path[:1])]
    return next((name for name in named if name in COLUMNS), named[-1] if named else "")


def _is_told(told: set[tuple[int, str]], line: int, column: str) -> bool:
    """Whether a cell that could not be read explains what is missing or repeated."""
    pair = {"table": "address", "address": "table"}
    return (line, column) in told or (line, pair.get(column, column)) in told


_UNREADABLE = object()
_OF_TEMPLATES = ("meaning", "counter", "map", "reasons", "label", "stride", "unverified")

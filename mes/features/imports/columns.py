"""Columns of a template, and finding them in whatever somebody sends. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from mes.features.imports.cells import NAME_MAX, Read, read_code, read_words
from mes.features.imports.table import Cells, Line, Mistake, Table, letters
from mes.features.imports.words import _, in_every_language

HEADER_WITHIN = 20
"""Rows among which the titles are looked for."""
UNKNOWN_TITLES_MAX = 20
_IGNORED = re.compile(r"[\s*·()\[\]{}_./:-]+")


class Needed(StrEnum):
    """When a cell must not be empty."""

    ALWAYS = "always"
    NEW = "new"
    """Where the row is about something new."""
    NEVER = "never"


class Look(StrEnum):
    """How a template formats a column."""

    TEXT = "text"
    NUMBER = "number"
    DATE = "date"
    MOMENT = "moment"


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column; `label`, `about` and the values of `choices` are texts of the catalogue.

    Attributes:
        key: stable name, in the second row of templates and in answers for programs.
        choices: what may be written, by the value that it means.
        refers_to: what the codes in it are of, such as `item`; templates list them.
        clearable: whether `-` takes the value away.
    """

    key: str
    label: str
    about: str
    example: str
    read: Read
    needed: Needed = Needed.NEVER
    look: Look = Look.TEXT
    choices: Mapping[str, str] = field(default_factory=dict)
    refers_to: str | None = None
    clearable: bool = False
    width: int = 16


def choice_words(choices: Mapping[str, str]) -> dict[str, str]:
    """What each word means: the values themselves and their words in every language."""
    found = {value.casefold(): value for value in choices}
    for value, label in choices.items():
        for word in in_every_language(label):
            found[unicodedata.normalize("NFKC", word).casefold()] = value
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Where the columns of a kind stand in a table.

    Attributes:
        places: index of each column by its key.
        first: index in `Table.lines` of the first row below the titles.
        row: number of the row of the titles.
        unknown: titles that mean nothing here, with their letters.
    """

    places: Mapping[str, int]
    first: int
    row: int
    unknown: Sequence[str]

    def letter(self, key: str | None) -> str:
        """Letters of a column; empty: it is not in the file."""
        return letters(self.places[key]) if key is not None and key in self.places else ""


def find_layout(table: Table, columns: Sequence[Column]) -> Layout | None:
    """The titles of a table; None: it has none of these columns.

    The keys of a template, if they are there, count more than the words above them.
    """
    known = _titles(columns)
    keys = {column.key for column in columns}
    best: tuple[int, int, dict[str, int]] | None = None
    for index, line in enumerate(table.lines[:HEADER_WITHIN]):
        found = _places(line.cells, known)
        exact = {cell.text.strip() for cell in line.cells if cell is not None} <= keys
        score = len(found) * 2 + (1 if exact else 0)
        if found and (best is None or score > best[0]):
            best = (score, index, found)
    if best is None or len(best[2]) < min(2, len(columns)):
        return None
    _, index, places = best
    line = table.lines[index]
    titles = line
    first = index + 1
    if is_key_row(line.cells, places) and index > 0:
        titles = table.lines[index - 1]
    elif first < len(table.lines):
        below = table.lines[first]
        under = _places(below.cells, {key: key for key in keys})
        if under and set(under.values()) >= set(places.values()) and is_key_row(below.cells, under):
            places, first = under, first + 1
    return Layout(
        places=places,
        first=first,
        row=titles.number,
        unknown=_unknown(titles, set(places.values())),
    )


def is_key_row(cells: Cells, places: Mapping[str, int]) -> bool:
    """Whether a row is the row of keys of a template."""
    written = [(place, cell.text.strip()) for place, cell in enumerate(cells) if cell is not None]
    return bool(written) and all(places.get(text) == place for place, text in written)


def missing_mistakes(layout: Layout, columns: Sequence[Column]) -> list[Mistake]:
    """A mistake for each column that every row needs and that is not there."""
    return [
        Mistake(row=layout.row, column=column.key, value="", code="column_missing")
        for column in columns
        if column.needed is Needed.ALWAYS and column.key not in layout.places
    ]


def _titles(columns: Sequence[Column]) -> dict[str, str]:
    found: dict[str, str] = {}
    for column in columns:
        for word in (*in_every_language(column.label), column.key):
            found.setdefault(_bare(word), column.key)
    return found | {column.key: column.key for column in columns}


def _places(cells: Cells, known: Mapping[str, str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for place, cell in enumerate(cells):
        if cell is None:
            continue
        key = known.get(cell.text.strip()) or known.get(_bare(cell.text))
        if key is not None:
            found.setdefault(key, place)
    return found


def _unknown(line: Line, known: set[int]) -> list[str]:
    titles = [
        f"{letters(place)} {cell.text.strip()[:40]}"
        for place, cell in enumerate(line.cells)
        if cell is not None and place not in known
    ]
    return titles[:UNKNOWN_TITLES_MAX]


def _bare(title: str) -> str:
    return _IGNORED.sub("", unicodedata.normalize("NFKC", title).casefold())


def code_column(label: str, example: str) -> Column:
    """The column of the code by which a row is found again."""
    return Column(
        key="code",
        label=label,
        about=_("Letters, digits, '.', '_' or '-', at most 60; zeros at the beginning stay."),
        example=example,
        read=read_code,
        needed=Needed.ALWAYS,
    )


def name_column(key: str, label: str, about: str, example: str) -> Column:
    """The column of a name in one language."""
    return Column(
        key=key, label=label, about=about, example=example, read=read_words(NAME_MAX), width=24
    )


NAME_KO = name_column(
    "name_ko",
    _("Korean name"),
    _("1 to 200 characters; a new row without it takes the English name, or the code."),
    "브래킷 A",
)
NAME_EN = name_column(
    "name_en",
    _("English name"),
    _("1 to 200 characters; a new row without it takes the Korean name, or the code."),
    "Bracket A",
)

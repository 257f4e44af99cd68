"""What a kind of import is: its columns, what is there now, and what a file would change."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy.orm import Session

from mes.features.commands.context import Context
from mes.features.imports.cells import CellMistake
from mes.features.imports.columns import Column
from mes.features.imports.table import Mistake
from mes.web.roles import Role

Value = str | int | bool | Decimal | date | datetime | tuple[str, ...] | None
"""A value of the present data: a code of a choice, not its word; None: an empty cell."""


class Cleared:
    """Stands where somebody wrote `-`: what is there is to go."""


CLEARED = Cleared()


class RowState(StrEnum):
    """What a row does."""

    NEW = "new"
    CHANGED = "changed"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A row whose cells all mean something.

    Attributes:
        given: values of the cells that are not empty, `CLEARED` among them, by key of the column.
        shown: what the cells hold, for mistakes.
    """

    number: int
    given: Mapping[str, Any]
    shown: Mapping[str, str]

    def mistake(self, found: CellMistake, column: str | None = None) -> Mistake:
        """What is wrong with it."""
        key = found.column or column
        return Mistake(
            row=self.number,
            column=key,
            value=self.shown.get(key or "", ""),
            code=found.code,
            details=found.details,
        )


Details = Mapping[str, Any]


def _nothing(session: Session, context: Context, details: Details) -> None:
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What rows would do to the present data.

    Attributes:
        states: by number of the row, of those that are right.
        write: does it; `details` belong into the audit log. Called in the same transaction.
    """

    states: Mapping[int, RowState]
    mistakes: Sequence[Mistake] = ()
    write: Callable[[Session, Context, Details], None] = field(default=_nothing)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """Something that can be imported; `title` and `about` are texts of the catalogue.

    Attributes:
        identity: columns by which a row is found again; two rows with the same are a mistake.
        editors: who may import it, besides an administrator.
        tokens: whether machine clients may.
        page: address of the page that shows the same data.
        current: what is there now, by key of the column; the second argument is plant time.
        plan: what rows would change; asked again inside the writing transaction.
    """

    key: str
    title: str
    about: str
    columns: tuple[Column, ...]
    identity: tuple[str, ...]
    editors: tuple[Role, ...]
    tokens: bool
    rows_max: int
    page: str
    current: Callable[[Session, int], Iterable[Mapping[str, Value]]]
    plan: Callable[[Session, int, Sequence[Row]], Plan]

    def column(self, key: str) -> Column:
        """The column of that key."""
        return next(column for column in self.columns if column.key == key)


def names_given(row: Row, code: str, old: Mapping[str, str] | None) -> dict[str, str]:
    """Both names: as given, else as they are, else the other one, else the code."""
    ko, en = row.given.get("name_ko"), row.given.get("name_en")
    if old is not None:
        return {"ko": ko or old["ko"], "en": en or old["en"]}
    return {"ko": ko or en or code, "en": en or ko or code}


def needed_new(row: Row, *columns: str) -> None:
    """That a new row has these.

    Raises:
        CellMistake: `value_missing_new`.
    """
    for column in columns:
        if row.given.get(column) in (None, CLEARED):
            raise CellMistake("value_missing_new", column=column)


def chosen(row: Row, column: str, old: Any) -> Any:
    """What a cell says, else what is there; None where it was cleared."""
    value = row.given.get(column, old)
    return None if value is CLEARED else value

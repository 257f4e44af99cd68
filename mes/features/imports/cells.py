"""The value that a cell means. Pure: the same for every program that wrote it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation

from mes.core.amounts import LARGEST, PLACES
from mes.core.instants import YEAR_MAX, YEAR_MIN
from mes.features.imports.table import Cell, CellKind
from mes.features.plant.parts import CODE

Read = Callable[[Cell], object]
CODE_MAX = 60
NAME_MAX = 200
DIGITS_MAX = 15
"""Digits of a number that spreadsheets keep."""
_INVISIBLE = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff\u00ad"))
_FORMULA_GUARD = re.compile(r"\A'(?='*[=+\-@\t\r\n])")
_THOUSANDS = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?")
_PLAIN = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?")
_DATE = re.compile(
    r"(?P<y>\d{4})(?:\s*[-./]\s*|\s*년\s*)(?P<m>\d{1,2})(?:\s*[-./]\s*|\s*월\s*)(?P<d>\d{1,2})\s*[.일]?"
)
_COMPACT = re.compile(r"(?P<y>\d{4})(?P<m>\d{2})(?P<d>\d{2})")
_CLOCK = re.compile(
    r"(?:(?P<half>오전|오후|am|pm)\s*)?(?P<h>\d{1,2})[:시]\s*(?P<m>\d{1,2})분?(?::(?P<s>\d{1,2}))?"
    r"(?:\s*(?P<after>am|pm))?",
    re.IGNORECASE,
)
YES = frozenset({"y", "yes", "o", "1", "true", "예", "네", "사용", "t", "v"})
NO = frozenset({"n", "no", "x", "0", "false", "아니오", "아니요", "미사용", "f"})


class CellMistake(Exception):
    """A cell cannot mean anything here.

    Attributes:
        code: see `words.MISTAKES`; `details` are the values of its sentence.
        column: key of the column that it is about; None: the one that was being read.
    """

    def __init__(self, code: str, *, column: str | None = None, **details: str) -> None:
        super().__init__(code)
        self.code = code
        self.column = column
        self.details = details


def plain_text(cell: Cell) -> str:
    """The text of a cell without what nobody sees: spaces around it, marks of zero width.

    Raises:
        CellMistake: the cell holds an error, or a formula without its value.
    """
    if cell.kind is CellKind.ERROR:
        raise CellMistake("cell_error")
    if cell.kind is CellKind.FORMULA:
        raise CellMistake("formula_without_value")
    text = cell.text.translate(_INVISIBLE)
    return _FORMULA_GUARD.sub("", text, count=1).strip() if cell.kind is CellKind.TEXT else text


def narrow(cell: Cell) -> str:
    """As `plain_text`, full-width signs as usual ones: `１２` is `12`."""
    return unicodedata.normalize("NFKC", plain_text(cell)).strip()


def read_code(cell: Cell) -> str:
    """A code: letters, digits, `.`, `_`, `-`; zeros at its beginning stay."""
    if cell.kind is CellKind.DATE or cell.kind is CellKind.TIME:
        raise CellMistake("code_is_date")
    _refuse_lost_digits(cell)
    text = narrow(cell)
    if not CODE.fullmatch(text) or len(text) > CODE_MAX:
        raise CellMistake("code_invalid")
    return text


def read_words(maximum: int) -> Read:
    """A text in one line of at most so many characters."""

    def read(cell: Cell) -> str:
        if cell.kind is CellKind.NUMBER:
            _refuse_lost_digits(cell)
        text = plain_text(cell)
        if not text.isprintable():
            raise CellMistake("control_characters")
        if len(text) > maximum:
            raise CellMistake("too_long", most=str(maximum))
        return text

    return read


def read_note(maximum: int) -> Read:
    """A text of several lines."""

    def read(cell: Cell) -> str:
        text = plain_text(cell).replace("\r\n", "\n").replace("\r", "\n")
        if not text.replace("\n", "").replace("\t", "").isprintable():
            raise CellMistake("control_characters")
        if len(text) > maximum:
            raise CellMistake("too_long", most=str(maximum))
        return text

    return read


def read_decimal(cell: Cell) -> Decimal:
    """An exact number, thousands separators and full-width digits understood."""
    if cell.kind in (CellKind.DATE, CellKind.TIME, CellKind.YES_NO):
        raise CellMistake("number_invalid")
    text = narrow(cell).replace(" ", "").replace("\u2212", "-")
    if _THOUSANDS.fullmatch(text):
        text = text.replace(",", "")
    if not _PLAIN.fullmatch(text):
        raise CellMistake("number_invalid")
    try:
        return Decimal(text)
    except InvalidOperation:
        raise CellMistake("number_invalid") from None


def read_amount(*, zero: bool) -> Read:
    """An amount of pieces: at most six decimal places, not negative.

    Args:
        zero: whether nothing is an amount too.
    """

    def read(cell: Cell) -> Decimal:
        number = read_decimal(cell)
        if number < 0 or (number == 0 and not zero):
            raise CellMistake("number_too_small", least="0" if zero else "> 0")
        if number > LARGEST:
            raise CellMistake("number_too_large", most=f"{LARGEST:,}")
        if number != round(number, PLACES):
            raise CellMistake("too_many_places", most=str(PLACES))
        return number

    return read


def read_whole(least: int, most: int) -> Read:
    """A whole number within limits."""

    def read(cell: Cell) -> int:
        number = read_decimal(cell)
        if number < least:
            raise CellMistake("number_too_small", least=str(least))
        if number > most:
            raise CellMistake("number_too_large", most=f"{most:,}")
        if number != int(number):
            raise CellMistake("not_whole")
        return int(number)

    return read


def read_seconds(*, zero: bool) -> Read:
    """Seconds with decimals, as the plant file takes them."""

    def read(cell: Cell) -> Decimal:
        number = read_decimal(cell)
        if number < 0 or (number == 0 and not zero):
            raise CellMistake("number_too_small", least="0" if zero else "> 0")
        if number > LARGEST:
            raise CellMistake("number_too_large", most=f"{LARGEST:,}")
        if number != round(number, PLACES):
            raise CellMistake("too_many_places", most=str(PLACES))
        return number

    return read


def read_date(cell: Cell) -> date:
    """A date: of a spreadsheet, or written year first."""
    if cell.kind is CellKind.DATE:
        return _within_years(datetime.fromisoformat(cell.text)).date()
    text = narrow(cell)
    found = _DATE.fullmatch(text) or _COMPACT.fullmatch(text)
    if found is None:
        raise CellMistake("date_invalid")
    return _moment(found, None).date()


def read_moment(cell: Cell) -> datetime:
    """A date with a time of day, without a zone; a date alone means its last minute."""
    if cell.kind is CellKind.DATE:
        moment = _within_years(datetime.fromisoformat(cell.text))
        return moment if "T" in cell.text else moment.replace(hour=23, minute=59)
    text = narrow(cell).replace("T", " ")
    day = _DATE.match(text) or _COMPACT.match(text)
    if day is None:
        raise CellMistake("moment_invalid")
    rest = text[day.end() :].strip()
    if not rest:
        return _moment(day, None, "moment_invalid").replace(hour=23, minute=59)
    clock = _CLOCK.fullmatch(rest)
    if clock is None:
        raise CellMistake("moment_invalid")
    return _moment(day, clock, "moment_invalid")


def read_time(cell: Cell) -> str:
    """A time of day as `HH:MM`; 24:00 is midnight."""
    text = narrow(cell)
    if cell.kind is CellKind.NUMBER and text == "0":
        return "00:00"
    if cell.kind is CellKind.NUMBER or re.fullmatch(r"\d{3,4}", text):
        text = f"{text[:-2]}:{text[-2:]}"
    found = _CLOCK.fullmatch(text)
    if found is None:
        raise CellMistake("time_invalid")
    hour, minute = _clock(found, "time_invalid")
    return f"{hour % 24:02d}:{minute:02d}"


def read_yes_no(cell: Cell) -> bool:
    """Yes or no in many ways of writing it."""
    word = narrow(cell).casefold()
    if word in YES:
        return True
    if word in NO:
        return False
    raise CellMistake("yes_no_invalid")


def read_choice(words: Callable[[], Mapping[str, str]]) -> Read:
    """One of several words.

    Args:
        words: what each word means, by the word in small letters; asked at every reading.
    """

    def read(cell: Cell) -> str:
        found = words().get(narrow(cell).casefold())
        if found is None:
            raise CellMistake("choice_unknown")
        return found

    return read


def read_choices(words: Callable[[], Mapping[str, str]]) -> Read:
    """Several words with commas between them, without repeats, in a fixed order."""

    def read(cell: Cell) -> tuple[str, ...]:
        known = words()
        parts = [part.strip() for part in re.split(r"[,;/·\n]", narrow(cell)) if part.strip()]
        found = [known.get(part.casefold()) for part in parts]
        if not found or None in found:
            raise CellMistake("choice_unknown")
        return tuple(sorted({one for one in found if one is not None}))

    return read


def _refuse_lost_digits(cell: Cell) -> None:
    digits = cell.text.lstrip("-").replace(".", "")
    if cell.kind is CellKind.NUMBER and len(digits) > DIGITS_MAX:
        raise CellMistake("digits_lost", most=str(DIGITS_MAX))


def _moment(
    day: re.Match[str], clock: re.Match[str] | None, code: str = "date_invalid"
) -> datetime:
    hour, minute = (0, 0) if clock is None else _clock(clock, code)
    second = int(clock["s"] or 0) if clock is not None else 0
    try:
        moment = datetime(int(day["y"]), int(day["m"]), int(day["d"]), hour, minute, second)  # noqa: DTZ001 - wall time of the plant
    except ValueError:
        raise CellMistake(code) from None
    return _within_years(moment)


def _clock(found: re.Match[str], code: str) -> tuple[int, int]:
    hour, minute = int(found["h"]), int(found["m"])
    half = (found["half"] or found["after"] or "").lower()
    if half and not 1 <= hour <= 12:
        raise CellMistake(code)
    if half:
        hour = hour % 12 + (12 if half in ("오후", "pm") else 0)
    if minute > 59 or hour > 24 or (hour == 24 and (minute or code != "time_invalid")):
        raise CellMistake(code)
    return hour, minute


def _within_years(moment: datetime) -> datetime:
    if not YEAR_MIN <= moment.year <= YEAR_MAX:
        raise CellMistake("year_impossible", least=str(YEAR_MIN), most=str(YEAR_MAX))
    return moment

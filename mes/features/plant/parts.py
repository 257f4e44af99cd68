"""Kinds of values that the parts of a plant file share."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from mes.core.instants import YEAR_MAX, YEAR_MIN

NUMBER_MAX = Decimal(10**9)
"""Largest number of seconds, or of counts a second: some thirty years."""
PLACES_MAX = 30
"""Most decimal places of such a number."""
CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEK: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def _code(value: str) -> str:
    if not CODE.fullmatch(value) or len(value) > 60:
        raise ValueError("a code has letters, digits, '.', '_' or '-' and at most 60 characters")
    return value


def _time_of_day(value: str) -> str:
    if not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", value):
        raise ValueError('write a time of day as "HH:MM" in quotes, 00:00 to 23:59')
    return value


def _day(value: object) -> object:
    """A date as YYYY-MM-DD."""
    if not isinstance(value, str) or not re.fullmatch(r"\d{4}-\d\d-\d\d", value):
        raise ValueError("write a date as YYYY-MM-DD")
    try:
        year = date.fromisoformat(value).year
    except ValueError:
        raise ValueError(f"{value} is no date") from None
    if not YEAR_MIN <= year <= YEAR_MAX:
        raise ValueError(f"a year goes from {YEAR_MIN} to {YEAR_MAX}")
    return value


def _zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(f"{value!r} is no IANA time zone such as Asia/Seoul") from error
    return value


def _decimal_text(value: object) -> object:
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


def _not_negative(value: Decimal) -> Decimal:
    if not value.is_finite() or value < 0:
        raise ValueError("must be a number from 0")
    return _measured(value)


def _positive(value: Decimal) -> Decimal:
    if not value.is_finite() or value <= 0:
        raise ValueError("must be a number above 0")
    return _measured(value)


def _measured(value: Decimal) -> Decimal:
    exponent = value.as_tuple().exponent
    if value > NUMBER_MAX or not isinstance(exponent, int) or exponent < -PLACES_MAX:
        raise ValueError(f"must be at most {NUMBER_MAX} with at most {PLACES_MAX} decimal places")
    return value


Code = Annotated[str, AfterValidator(_code)]
TimeOfDay = Annotated[str, AfterValidator(_time_of_day)]
Day = Annotated[str, BeforeValidator(_day)]
Zone = Annotated[str, AfterValidator(_zone)]
Seconds = Annotated[Decimal, BeforeValidator(_decimal_text), AfterValidator(_positive)]

SecondsFromZero = Annotated[Decimal, BeforeValidator(_decimal_text), AfterValidator(_not_negative)]


class Part(BaseModel):
    """Base of all parts: an unknown key is a mistake."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Names(Part):
    """A name in both languages."""

    ko: str = Field(min_length=1, max_length=200)
    en: str = Field(min_length=1, max_length=200)

"""Instants: ISO 8601 with an offset, to the microsecond."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from mes.core.instants import format_instant, parse_instant

EIGHT = 1_772_406_000_000_000
"""2026-03-02 08:00 in Korea."""


@pytest.mark.parametrize(
    "text",
    [
        "2026-03-02T08:00:00+09:00",
        "2026-03-01T23:00:00Z",
        "2026-03-01T23:00Z",
        "2026-03-02T08:00:00.000000+09:00",
        "2026-03-02T08:00:00.000000000+09:00",
        "20260302T080000+0900",
        "2026-03-01T18:00:00-05:00",
        "2026-03-02 08:00:00+09",
    ],
)
def test_every_spelling_of_an_instant_is_the_same_instant(text: str) -> None:
    assert parse_instant(text) == EIGHT


def test_microseconds_are_kept() -> None:
    assert parse_instant("2026-03-01T23:00:00.000001Z") == EIGHT + 1
    assert parse_instant("2026-03-01T22:59:59.9Z") == EIGHT - 100_000


def test_the_end_of_a_day_may_be_written_as_24_o_clock() -> None:
    midnight = parse_instant("2026-03-03T00:00:00+09:00")
    assert parse_instant("2026-03-02T24:00:00+09:00") == midnight
    assert parse_instant("2026-03-02T24:00+09:00") == midnight
    assert parse_instant("20260302T240000+0900") == midnight


def test_instants_before_1970_are_negative() -> None:
    assert parse_instant("1969-12-31T23:59:59.999999Z") == -1


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("2026-03-02T08:00:00", "no offset"),
        ("2026-03-02", "no offset"),
        ("2026-02-30T08:00:00Z", "not an ISO 8601 instant"),
        ("2026-03-02T25:00:00Z", "not an ISO 8601 instant"),
        ("2026-03-02T24:01:00Z", "not an ISO 8601 instant"),
        ("2026-03-02T08:00:00.0000001Z", "finer than a microsecond"),
        ("0001-01-01T00:00:00+09:00", "outside the years 1 to 9999"),
        ("9999-12-31T24:00:00Z", "outside the years 1 to 9999"),
        ("", "not an ISO 8601 instant"),
        (1_772_406_000, "write ISO 8601"),
        (None, "write ISO 8601"),
    ],
)
def test_what_is_no_instant_is_refused_with_the_reason(value: object, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        parse_instant(value)


def test_an_instant_is_printed_with_the_offset_of_its_zone() -> None:
    assert format_instant(EIGHT, ZoneInfo("Asia/Seoul")) == "2026-03-02T08:00:00+09:00"
    assert format_instant(EIGHT) == "2026-03-01T23:00:00+00:00"


def test_the_last_instant_that_can_be_told_is_printed_in_utc_where_its_zone_is_beyond() -> None:
    last = parse_instant("9999-12-31T23:59:59.999999Z")
    assert format_instant(last, ZoneInfo("Asia/Seoul")) == "9999-12-31T23:59:59.999999+00:00"

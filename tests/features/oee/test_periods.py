"""Periods: ISO weeks by production day, months, quarters and years."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mes.features.oee.periods import (
    PeriodKind,
    first_day,
    label,
    last_day,
    next_first,
)

DAYS = st.dates(date(1990, 1, 1), date(2090, 1, 1))


@pytest.mark.parametrize(
    ("kind", "day", "name", "first", "last"),
    [
        (PeriodKind.DAY, "2026-03-02", "2026-03-02", "2026-03-02", "2026-03-02"),
        (PeriodKind.WEEK, "2027-01-02", "2026-W53", "2026-12-28", "2027-01-03"),
        (PeriodKind.WEEK, "2024-12-31", "2025-W01", "2024-12-30", "2025-01-05"),
        (PeriodKind.MONTH, "2024-02-29", "2024-02", "2024-02-01", "2024-02-29"),
        (PeriodKind.QUARTER, "2026-12-31", "2026-Q4", "2026-10-01", "2026-12-31"),
        (PeriodKind.QUARTER, "2026-05-01", "2026-Q2", "2026-04-01", "2026-06-30"),
        (PeriodKind.YEAR, "2026-07-01", "2026", "2026-01-01", "2026-12-31"),
    ],
)
def test_a_period_has_a_name_and_its_days(
    kind: PeriodKind, day: str, name: str, first: str, last: str
) -> None:
    at = date.fromisoformat(day)
    assert label(kind, at) == name
    assert (first_day(kind, at).isoformat(), last_day(kind, at).isoformat()) == (first, last)


@given(kind=st.sampled_from(list(PeriodKind)), day=DAYS)
def test_periods_follow_one_another_without_a_hole(kind: PeriodKind, day: date) -> None:
    first, last = first_day(kind, day), last_day(kind, day)
    assert first <= day <= last
    assert next_first(kind, first) == last + timedelta(days=1)
    assert {label(kind, first + timedelta(days=n)) for n in range((last - first).days + 1)} == {
        label(kind, day)
    }
    assert label(kind, last + timedelta(days=1)) != label(kind, day)

"""Signing shifts off in tests: the small plant of `tests.features.commands.floor`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mes.core.case_model import Span
from mes.core.oee import compute
from mes.core.policies import PROFILES
from mes.features.oee.service import known_unit, unit_case
from mes.features.production.master_loading import masters
from mes.features.publishing.service import reopen, sign_off
from mes.features.publishing.settling import settle
from mes.features.publishing.store import latest_figures, revisions
from mes.models import PublishedFigure, ShiftSignoff
from tests.features.commands.floor import DAY_START, MINUTE, Floor, S

HOUR = 60 * MINUTE
SHIFT_END = 12 * HOUR
DAY = "2026-03-02"


def run_shift(floor: Floor, hours: int = 12, start: int = 0) -> None:
    """press-1 stands from minute 10 to 30 of each hour; both presses count every minute."""
    feed = floor.feed
    for hour in range(hours):
        at = start + hour * HOUR
        for minute, state in ((0, 2), (10, 1), (30, 2)):
            feed.value(at + minute * MINUTE, "state", state)
            feed.value(at + minute * MINUTE + S, "state2", 2)
        for minute in (*range(10), *range(31, 60)):
            made = hour * 39 + (minute if minute < 10 else minute - 21)
            feed.value(at + minute * MINUTE + 2 * S, "total", 20 * made)
            feed.value(at + minute * MINUTE + 3 * S, "total2", 10 * made)
    feed.send(start + hours * HOUR - 2 * S)


def sign(
    floor: Floor, at: int, shift: str | None = "D", day: str = DAY, line: str = "line-1", **how: Any
) -> ShiftSignoff:
    """Sign a shift off."""
    given: dict[str, Any] = {"note": "known", "coverage_min": 0.9, **how}
    return floor.do(at, lambda s, c: sign_off(s, c, line, day, shift, **given))


def open_again(floor: Floor, at: int, reason: str = "mistake") -> ShiftSignoff:
    """Open shift D of line-1 again."""
    return floor.do(at, lambda s, c: reopen(s, c, "line-1", DAY, "D", reason=reason))


def compare(floor: Floor, at: int) -> int:
    """Settle; how many revisions were written."""
    return settle(floor.database, DAY_START + at)


def published(
    floor: Floor, scope: str = "press-1", period: str = f"{DAY}/D"
) -> list[PublishedFigure]:
    """All revisions of a figure."""
    return floor.ask(lambda s: list(revisions(s, scope, period)))


def latest(floor: Floor) -> Sequence[PublishedFigure]:
    """The last revision of every figure."""
    return floor.ask(lambda s: latest_figures(s))


def kernel(
    floor: Floor,
    at: int,
    unit: str = "press-1",
    start: int = 0,
    end: int = SHIFT_END,
    policy: str | None = None,
) -> Any:
    """What the kernel says of a shift by all facts known at an instant, as JSON."""
    with floor.database.reading() as session:
        known = masters(session)
        given = known_unit(session, known, known.work_units[floor.ids[unit]], DAY_START + at)
        case = unit_case(
            session,
            given,
            Span(DAY_START + start, DAY_START + end),
            policy=None if policy is None else PROFILES[policy],
        )
    return compute(case).to_json()

"""Lost time by reason from stored sums is that of the kernel, in any cut and after a rebuild."""

from __future__ import annotations

import itertools
from collections import defaultdict
from datetime import date

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from mes.core.case_model import Span
from mes.core.oee import classify, tally
from mes.core.policies import ISO22400
from mes.core.tally import TOLD_BY_REASON, ReasonKey, Tally, sum_of
from mes.db import Database
from mes.features.ingest.healing import WAITING, heal, old_shifts
from mes.features.ingest.rebuild import rebuild
from mes.features.oee.periods import PeriodKind
from mes.features.oee.places import Level, places
from mes.features.oee.rollup import Question, reason_times
from mes.features.oee.rollup_query import Group
from mes.features.oee.service import known_unit, unit_case
from mes.features.production.master_loading import masters
from mes.models import RollupHour, RollupShift
from tests.features.production.plant import DAY_START, HOUR, MINUTE, Feed, apply_plant

DAYS = 3
END = DAYS * 24 * HOUR - 5 * HOUR


def feed_reasons(database: Database) -> None:
    """Stops with a fault that names a reason, stops without one, setups, waiting, minor stops."""
    feed = Feed(database)
    for hour in range(0, END // HOUR, 2):
        for minute, state, fault in (
            (0, 2, 0),
            (20, 3, 7),
            (50, 1, 0),
            (70, 4, 0),
            (90, 5, 0),
            (100, 2, 0),
            (110, 1, 7),
            (112, 2, 0),
        ):
            at = hour * HOUR + minute * MINUTE
            if at < END:
                feed.value(at, "state", state)
                feed.value(at, "fault", fault)
    feed.send(END)


def by_kernel(session: Session, unit: str, window: Span) -> dict[ReasonKey, int]:
    """Lost time of a window by class and reason from its partition."""
    known = masters(session)
    given = known_unit(session, known, known.work_units[known.work_unit_ids[unit]], DAY_START + END)
    found: dict[ReasonKey, int] = defaultdict(int)
    for segment in classify(unit_case(session, given, window)):
        if segment.reason is not None and segment.time_class in TOLD_BY_REASON:
            found[segment.time_class, segment.reason] += segment.length_us
    return dict(found)


def by_rows(session: Session, kind: PeriodKind) -> list[tuple[str, dict[ReasonKey, int] | None]]:
    """The same from stored sums, by period."""
    known = masters(session)
    question = Question(
        places=places(known, Level.MACHINE, "press-1", None),
        kind=kind,
        first=date(2026, 3, 2),
        last=date(2026, 3, 4),
        group=Group.NONE,
        policy=ISO22400,
        now_us=DAY_START + END,
    )
    found = reason_times(session, known, question)
    return [(key.period, None if one is None else dict(one)) for key, one in sorted(found.items())]


def test_stored_sums_by_reason_are_those_of_the_kernel(database: Database) -> None:
    apply_plant(database)
    feed_reasons(database)
    with database.reading() as session:
        for number, (_, found) in enumerate(by_rows(session, PeriodKind.DAY)):
            start = DAY_START + number * 24 * HOUR
            assert found == by_kernel(session, "press-1", Span(start, start + 24 * HOUR))
        ((_, year),) = by_rows(session, PeriodKind.YEAR)
        whole = Span(DAY_START, DAY_START + DAYS * 24 * HOUR)
        assert year == by_kernel(session, "press-1", whole)
        assert len(year) >= 1
        hours = by_rows(session, PeriodKind.HOUR)
        total: dict[ReasonKey, int] = defaultdict(int)
        for _, one in hours:
            for key, us in (one or {}).items():
                total[key] += us
        assert dict(total) == year


def test_a_rebuild_makes_the_same_sums_and_fills_those_that_were_not_kept(
    sqlite_database: Database,
) -> None:
    database = sqlite_database
    apply_plant(database)
    feed_reasons(database)
    assert rebuild(database, DAY_START + END, check=True).count == 0
    with database.transaction() as session:
        session.execute(update(RollupHour).values(reasons=None))
        session.execute(update(RollupShift).values(reasons=None))
    with database.reading() as session:
        assert [one for _, one in by_rows(session, PeriodKind.YEAR)] == [None]
    rebuild(database, DAY_START + END)
    with database.reading() as session:
        ((_, year),) = by_rows(session, PeriodKind.YEAR)
        whole = Span(DAY_START, DAY_START + DAYS * 24 * HOUR)
        assert year == by_kernel(session, "press-1", whole)


def test_old_sums_are_made_again_by_themselves_and_then_equal_a_rebuild(database: Database) -> None:
    apply_plant(database)
    feed_reasons(database)
    with database.transaction() as session:
        session.execute(update(RollupHour).values(reasons=None))
        session.execute(update(RollupShift).values(reasons=None))
    with database.reading() as session:
        all_old = old_shifts(session)
    assert heal(database, lambda: True) == all_old - 1  # one shift, then the rest is left
    left = heal(database, lambda: False)
    assert left == WAITING._value.get() < all_old
    with database.reading() as session:
        days = by_rows(session, PeriodKind.DAY)
        for number, (_, found) in enumerate(days[:-1]):
            start = DAY_START + number * 24 * HOUR
            assert found == by_kernel(session, "press-1", Span(start, start + 24 * HOUR))
        assert days[-1][1] is None  # its last shift is not closed
    feed = Feed(database, epoch="f" * 16)
    feed.value(END + 8 * HOUR, "state", 2)
    feed.send(END + 20 * HOUR)
    assert heal(database, lambda: False) == 0
    assert rebuild(database, DAY_START + END + 20 * HOUR, check=True).count == 0


@pytest.mark.parametrize("cut", [HOUR, 7 * MINUTE])
def test_reasons_of_tiles_add_up_to_those_of_the_whole(sqlite_database: Database, cut: int) -> None:
    apply_plant(sqlite_database)
    feed_reasons(sqlite_database)
    with sqlite_database.reading() as session:
        known = masters(session)
        unit = known.work_units[known.work_unit_ids["press-1"]]
        given = known_unit(session, known, unit, DAY_START + END)
        ends = [*range(0, 6 * HOUR, cut), 6 * HOUR]
        tiles = [
            tally(unit_case(session, given, Span(DAY_START + a, DAY_START + b)))
            for a, b in itertools.pairwise(ends)
        ]
        whole = by_kernel(session, "press-1", Span(DAY_START, DAY_START + 6 * HOUR))
        assert dict(sum_of(tiles).reasons or {}) == whole
        again = Tally.from_json(sum_of(tiles).to_json())
        assert again.reasons == whole

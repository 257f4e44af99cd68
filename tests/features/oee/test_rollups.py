"""Roll-ups are the kernel's figure over the whole range, in every cut of it."""

from __future__ import annotations

import random
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from mes.core.case_model import Span
from mes.core.instants import parse_instant
from mes.core.oee import OeeResult, result_of, tally
from mes.core.policies import PROFILES, Policy
from mes.core.short_figures import short_of
from mes.core.tally import EMPTY
from mes.db import Database
from mes.features.oee.periods import PeriodKind
from mes.features.oee.places import Level, LineRule
from mes.features.oee.rollup_answer import Request, answer
from mes.features.oee.rollup_query import Group
from mes.features.oee.service import known_unit, unit_case
from mes.features.production.master_loading import masters
from tests.features.production.plant import (
    DAY_START,
    HOUR,
    MINUTE,
    Feed,
    S,
    apply_plant,
    wipe_facts,
)

DAYS = 3
MANY = settings(
    max_examples=6,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
CASE_US = 60 * 24 * HOUR


@pytest.fixture(scope="module")
def plant_database(request: pytest.FixtureRequest, tmp_path_factory: Any) -> Any:
    from tests.conftest import fresh_database

    with fresh_database("sqlite", request, tmp_path_factory.mktemp("rollups")) as made:
        apply_plant(made)
        yield made


def feed_days(database: Database, seed: int) -> int:
    """Some days of two presses with stops, bad values, gaps and resets; the instant they end."""
    rng = random.Random(seed)
    feed = Feed(database)
    at, totals = rng.randrange(0, 5 * HOUR), {"total": 0, "total2": 0}
    end = DAYS * 24 * HOUR - rng.randrange(1, 9 * HOUR)
    while at < end:
        at += rng.choice([20 * S, 3 * MINUTE, rng.randrange(1, 50 * MINUTE)])
        second = rng.random() < 0.4
        if rng.random() < 0.5:
            name = "total2" if second else "total"
            totals[name] = (totals[name] + rng.randrange(0, 60)) % 65536
            gap = at - rng.randrange(1, 40 * MINUTE) if rng.random() < 0.1 else None
            feed.value(at, name, totals[name], gap_from=gap)
        elif rng.random() < 0.2:
            feed.value(at, "scrap", rng.choice([0, 1, 5]))
        elif rng.random() < 0.1:
            feed.gap(at - rng.randrange(1, 20 * MINUTE), at)
        elif second:
            feed.value(at, "state2", rng.choice([0, 1, 2, 2]))
        else:
            feed.value(at, "state", rng.choice([0, 1, 2, 2, 2, 3, 4, 5]))
    last = max(row[7] for row in feed.records if row[1] == "v") - DAY_START
    records, feed.records = feed.records, []
    for begin in range(0, len(records), 150):
        part = records[begin : begin + 150]
        feed.post(part, last if begin + 150 >= len(records) else None, last)
    return DAY_START + last


def items(database: Database, now: int, **wanted: Any) -> list[dict[str, Any]]:
    with database.reading() as session:
        return answer(session, Request(**wanted), now).items


def whole_range(unit: str | None = None, **more: Any) -> dict[str, Any]:
    return {"id": unit, "first": "2026-03-01", "last": "2026-03-08", **more}


@MANY
@given(seed=st.integers(0, 10_000), policy=st.sampled_from([*PROFILES.values()]))
def test_roll_ups_are_the_kernel_over_the_whole_period(
    plant_database: Database, seed: int, policy: Policy
) -> None:
    database = plant_database
    wipe_facts(database)
    now = feed_days(database, seed)
    for kind in PeriodKind:
        found = items(database, now, **whole_range("press-1", period=kind, policy=policy))
        assert found
        for item in found:
            expected = kernel(database, "press-1", item["period"], policy, now)
            assert item["result"] == expected.to_json(), (kind, item["period"])


def kernel(
    database: Database, code: str, period: dict[str, Any], policy: Policy, now: int
) -> OeeResult:
    """The figure of the whole period from facts alone, in tiles that a case may cover."""
    with database.reading() as session:
        known = masters(session)
        unit = known_unit(session, known, known.work_units[known.work_unit_ids[code]], now)
        at, end = parse_instant(period["start"]), parse_instant(period["end"])
        sums = EMPTY
        while at < min(end, unit.as_of):
            until = min(end, at + CASE_US)
            sums += tally(unit_case(session, unit, Span(at, until)))
            at = until
    return result_of(sums, policy)

"""Any order of arrival, repeats and splits of the same records give the same projections."""

from __future__ import annotations

import random
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from mes.core.case import case_to_json, parse_case
from mes.core.case_model import Span
from mes.core.oee import compute
from mes.core.policies import PROFILES
from mes.db import Database
from mes.features.ingest.rebuild import rebuild
from mes.features.oee.service import known_unit, unit_case, unit_result
from mes.features.production.master_loading import masters
from mes.features.production.queries import tiles
from mes.models import Base
from tests.features.production.plant import (
    DAY_START,
    HOUR,
    MINUTE,
    Feed,
    Record,
    S,
    ids_of,
    wipe_facts,
)

LENGTH = 3 * HOUR
POLICIES = ("iso22400", "tpm", "oee_com")


def make_records(feed: Feed, seed: int) -> list[Record]:
    """Some hours of a press: states with short and long stops, counters, bad values, gaps."""
    rng = random.Random(seed)
    at, total, scrap, state = rng.randrange(0, 5 * MINUTE), rng.randrange(65536), 3, 2
    feed.value(at, "state", state)
    feed.value(at, "total", total)
    while at < LENGTH:
        kind = rng.random()
        at += rng.choice([S, 7 * S, 40 * S, rng.randrange(1, 8 * MINUTE)])
        if kind < 0.55:
            total = (total + rng.randrange(0, 30)) % 65536
            gap = at - rng.randrange(1, 3 * MINUTE) if rng.random() < 0.05 else None
            feed.value(at, "total", total, gap_from=gap)
        elif kind < 0.65:
            scrap = rng.choice([scrap + 1, scrap + 2, 0])
            feed.value(at, "scrap", scrap)
        elif kind < 0.9:
            state = rng.choice([1, 2, 2, 3, 4, 5, 0])
            feed.value(at, "state", state)
        elif kind < 0.94:
            feed.value(at, "state", None, quality=2)
        elif kind < 0.97:
            feed.value(at, "fault", rng.choice([0, 7]))
        else:
            feed.gap(at - rng.randrange(1, 2 * MINUTE), at)
    records, feed.records = feed.records, []
    return records


def projections(database: Database) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    with database.reading() as session:
        for name in ("state_record", "job_run", "quantity_record"):
            table = Base.metadata.tables[name]
            columns = [c for c in table.columns if c.name != "id"]
            found[name] = sorted(map(repr, session.execute(select(*columns))))
    return found


@settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(seed=st.integers(0, 10_000), order=st.integers(0, 10_000))
def test_any_order_of_arrival_gives_the_same_projections(
    plant_database: Database, seed: int, order: int
) -> None:
    database = plant_database
    wipe_facts(database)
    feed = Feed(database)
    records = make_records(feed, seed)
    end = max(row[7] for row in records if row[1] == "v") - DAY_START
    feed.post(records, end)
    whole = projections(database)
    press = ids_of(database)["press-1"]
    with database.reading() as session:
        (tile,) = tiles(session, [press], DAY_START + end)

    wipe_facts(database)
    rng = random.Random(order)
    mixed = list(records)
    if rng.random() < 0.5:
        rng.shuffle(mixed)
    mixed += rng.sample(mixed, min(5, len(mixed)))
    at = 0
    while at < len(mixed):
        size = rng.choice([1, 3, 20, 60])
        last = at + size >= len(mixed)
        feed.post(mixed[at : at + size], end if last else None, end)
        at += size
    assert projections(database) == whole
    with database.reading() as session:
        (again,) = tiles(session, [press], DAY_START + end)
    kept = {"version": 0, "last_data_at": None}
    assert {**again, **kept} == {**tile, **kept}
    checked = rebuild(database, DAY_START + end, check=True)
    assert checked.differences == ()


@settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(seed=st.integers(0, 10_000), cut=st.integers(10, 100))
def test_the_tile_is_the_kernels_figure_over_the_full_case(
    plant_database: Database, seed: int, cut: int
) -> None:
    database = plant_database
    wipe_facts(database)
    feed = Feed(database)
    records = make_records(feed, seed)
    part = records[: len(records) * cut // 100 or 1]
    end = max([row[7] for row in part if row[1] == "v"]) - DAY_START
    for at in range(0, len(part), 40):
        feed.post(part[at : at + 40], None if at + 40 < len(part) else end, end)
    press = ids_of(database)["press-1"]
    for lag in (S, 2 * MINUTE):
        now = DAY_START + end + lag
        with database.reading() as session:
            (tile,) = tiles(session, [press], now)
            known = masters(session)
            unit = known_unit(session, known, known.work_units[press], now)
            window = Span(DAY_START, DAY_START + 12 * HOUR)
            case = unit_case(session, unit, window)
            summed = unit_result(session, unit, window)
        result = compute(parse_case(case_to_json(case)))
        assert result.to_json() == compute(case).to_json() == summed.to_json()
        figures = result.to_json()
        kpis = figures["kpis"]
        assert isinstance(kpis, dict)
        for key in ("oee", "availability", "effectiveness", "quality_ratio"):
            assert tile[key] == kpis[key], key
        assert tile["coverage"] == figures["coverage"]
        assert tile["flags"] == figures["flags"]
        quantities, excluded = figures["quantities"], figures["excluded"]
        assert isinstance(quantities, dict)
        assert isinstance(excluded, dict)
        assert tile["good"] == quantities["GQ"] + excluded["GQ"]
        assert tile["scrap"] == quantities["SQ"] + excluded["SQ"]


@settings(
    max_examples=5,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(seed=st.integers(0, 10_000))
def test_readings_that_come_one_by_one_give_what_a_rebuild_gives(
    plant_database: Database, seed: int
) -> None:
    database = plant_database
    wipe_facts(database)
    rng = random.Random(seed)
    feed = Feed(database)
    at, total, state = 0, 0, 2
    press = ids_of(database)["press-1"]
    feed.value(0, "state", state)
    feed.value(0, "total", 0)
    feed.send(0)
    for step in range(80):
        at += rng.choice([S, S, 2 * S, 10 * S, 45 * S])
        if rng.random() < 0.8:
            total += rng.randrange(3)
            feed.value(at, "total", total)
        if rng.random() < 0.3:
            state = rng.choice([state, state, 2, 1])
            feed.value(at, "state", state)
        if rng.random() < 0.05:
            feed.value(max(0, at - 90 * S), "total", total)
        if rng.random() < 0.05:
            feed.value(at, "scrap", rng.randrange(5))
        feed.send(at)
        if step % 40 == 39:
            with database.reading() as session:
                (tile,) = tiles(session, [press], DAY_START + at)
                known = masters(session)
                unit = known_unit(session, known, known.work_units[press], DAY_START + at)
                case = unit_case(session, unit, Span(DAY_START, DAY_START + 12 * HOUR))
            figures = compute(case).to_json()
            kpis, quantities = figures["kpis"], figures["quantities"]
            assert isinstance(kpis, dict)
            assert isinstance(quantities, dict)
            assert (tile["oee"], tile["good"]) == (kpis["oee"], quantities["GQ"])
            assert rebuild(database, DAY_START + at, check=True).differences == ()


@settings(
    max_examples=4,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(seed=st.integers(0, 10_000), start=st.integers(0, 4 * 60), policy=st.sampled_from(POLICIES))
def test_a_long_range_from_hour_sums_is_the_kernels_figure_over_one_case(
    plant_database: Database, seed: int, start: int, policy: str
) -> None:
    database = plant_database
    wipe_facts(database)
    feed = Feed(database)
    rng = random.Random(seed)
    at, total = 0, 0
    while at < 40 * HOUR:
        at += rng.randrange(1, 25 * MINUTE)
        total += rng.randrange(200)
        feed.value(at, "total", total % 65536)
        if rng.random() < 0.4:
            feed.value(at, "state", rng.choice([1, 2, 2, 2, 3, 4, 5]))
    feed.send(at)
    press = ids_of(database)["press-1"]
    with database.reading() as session:
        known = masters(session)
        unit = known_unit(session, known, known.work_units[press], DAY_START + at)
        window = Span(DAY_START + start * MINUTE, DAY_START + 60 * HOUR)
        profile = PROFILES[policy]
        summed = unit_result(session, unit, window, policy=profile)
        case = unit_case(session, unit, window, policy=profile)
    assert summed.to_json() == compute(case).to_json()

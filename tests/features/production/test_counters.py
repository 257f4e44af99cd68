"""Counters in the wild, through the real ingest: nothing lost, nothing invented, doubt is shown."""

from __future__ import annotations

import random
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from mes.core.case import case_to_json, parse_case
from mes.core.case_model import CounterMode, Span
from mes.core.derive.increments import CountDecision as Choice
from mes.core.derive.increments import CounterRule, Reading
from mes.core.oee import compute
from mes.db import Database
from mes.features.ingest.rebuild import rebuild
from mes.features.oee.service import known_unit, unit_case, unit_result
from mes.features.plant.check import check
from mes.features.plant.service import apply
from mes.features.production.hot import forget_hot
from mes.features.production.master_loading import masters
from mes.features.production.queries import tiles
from mes.features.production.service import facts_changed
from mes.models import Base, CountDecision, QuantityRecord
from tests.core.derive.device import lived
from tests.features.commands.floor import make_floor
from tests.features.production.plant import (
    DAY_START,
    HOUR,
    MINUTE,
    PLANT,
    Feed,
    Record,
    S,
    apply_plant,
    ids_of,
    tag_id,
    wipe_facts,
)

BOUNDED = PLANT.replace(
    "total: {tag: plc/total, counter: {mode: rollover, modulus: 65536}}",
    "total: {tag: plc/total, counter: {mode: rollover, modulus: 65536, max_per_s: 10}}",
)
MODES = """
  - id: line-3
    work_units:
"""
UNIT = """
      - id: m-{name}
        default_item: A
        ideal_cycle_s: {{A: "2"}}
        signals:
          state: {{tag: plc/state2, map: {{2: running}}}}
          total: {{tag: plc/c_{name}, counter: {{{rule}}}}}
"""
RULES = {
    "turn97": CounterRule(mode=CounterMode.ROLLOVER, modulus=97),
    "turn65536": CounterRule(mode=CounterMode.ROLLOVER, modulus=65536),
    "reset": CounterRule(mode=CounterMode.RESETTABLE),
    "absolute": CounterRule(mode=CounterMode.ABSOLUTE),
    "pulse": CounterRule(mode=CounterMode.PULSE),
}


def plant_of_all_modes() -> str:
    """The small plant with a machine for each mode of a counter."""
    tags = "".join(
        f"\n      - {{name: c_{name}, table: holding, address: {100 + 2 * n}, type: uint32}}"
        for n, name in enumerate(RULES)
    )
    units = "".join(
        UNIT.format(
            name=name,
            rule=f"mode: {rule.mode}" + (f", modulus: {rule.modulus}" if rule.modulus else ""),
        )
        for name, rule in RULES.items()
    )
    last = "      - {name: temperature, table: holding, address: 20, type: int16}"
    return PLANT.replace(last, last + tags) + MODES.rstrip() + units


@pytest.fixture(scope="module")
def all_modes(request: pytest.FixtureRequest, tmp_path_factory: Any) -> Any:
    from tests.conftest import fresh_database

    with fresh_database("sqlite", request, tmp_path_factory.mktemp("modes")) as made:
        apply_plant(made, plant_of_all_modes())
        yield made


@pytest.fixture(scope="module")
def bounded(request: pytest.FixtureRequest, tmp_path_factory: Any) -> Any:
    from tests.conftest import fresh_database

    with fresh_database("sqlite", request, tmp_path_factory.mktemp("bounded")) as made:
        apply_plant(made, BOUNDED)
        yield made


def made_by(database: Database, unit: str) -> int:
    """All good pieces of a work unit in the minute rows."""
    with database.reading() as session:
        query = select(func.sum(QuantityRecord.good)).where(
            QuantityRecord.work_unit_id == ids_of(database)[unit]
        )
        return int(session.scalar(query) or 0)


def tile(database: Database, unit: str, at: int) -> dict[str, Any]:
    """The live tile at an instant since the start of the day."""
    with database.reading() as session:
        (found,) = tiles(session, [ids_of(database)[unit]], DAY_START + at)
    return found


def shift_result(database: Database, unit: str, now: int) -> dict[str, Any]:
    """The kernel's figures of the first day shift, out of the exported case."""
    with database.reading() as session:
        known = masters(session)
        work_unit = known.work_units[ids_of(database)[unit]]
        given_unit = known_unit(session, known, work_unit, DAY_START + now)
        case = unit_case(session, given_unit, Span(DAY_START, DAY_START + 12 * HOUR))
    exported = parse_case(case_to_json(case))
    assert compute(exported).to_json() == compute(case).to_json()
    return compute(exported).to_json()


def projections(database: Database) -> dict[str, list[str]]:
    """What follows from the facts."""
    found = {}
    with database.reading() as session:
        for name in ("state_record", "job_run", "quantity_record", "count_suspect"):
            table = Base.metadata.tables[name]
            columns = [column for column in table.columns if column.name != "id"]
            found[name] = sorted(map(repr, session.execute(select(*columns))))
    return found


def consistent(database: Database, at: int) -> None:
    """A rebuild from the same facts changes nothing."""
    assert rebuild(database, DAY_START + at, check=True).differences == ()


def numbered(feed: Feed, tag: str, readings: list[Reading]) -> list[Record]:
    """The readings of a device as an edge sends them."""
    for one in readings:
        feed.value(one.event_time, tag, one.value, quality=2 if one.value is None else 0)
    records, feed.records = feed.records, []
    return records


@pytest.mark.parametrize("name", RULES)
@settings(
    max_examples=2,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(seed=st.integers(0, 10**6), order=st.integers(0, 10**6))
def test_no_piece_is_lost_or_invented_whichever_way_readings_come(
    all_modes: Database, name: str, seed: int, order: int
) -> None:
    database, unit = all_modes, f"m-{name}"
    device = lived(RULES[name], seed, 16, period_s=5)  # close enough for the quick way
    end = device.now
    found = []
    for way in ("at once", "one by one", "without memory", "shuffled"):
        wipe_facts(database)
        feed = Feed(database)
        feed.value(0, "state2", 2)
        feed.send(0)
        records = numbered(feed, f"c_{name}", device.readings)
        for lot in _lots(records, way, random.Random(order)):
            if way == "without memory":
                with database.transaction() as session:
                    forget_hot(session)
            in_order = way in ("one by one", "without memory")
            feed.post(lot, lot[-1][7] - DAY_START if in_order else None, end)
        feed.post([], end, end)
        assert made_by(database, unit) == device.made, way
        found.append(projections(database))
        consistent(database, end)
    assert all(one == found[0] for one in found)


def _lots(records: list[Record], way: str, rng: random.Random) -> list[list[Record]]:
    if way == "at once":
        return [records]
    if way == "shuffled":
        mixed = records + rng.sample(records, len(records) // 3)
        rng.shuffle(mixed)
        return [mixed[at : at + 9] for at in range(0, len(mixed), 9)]
    return [records[at : at + 2] for at in range(0, len(records), 2)]


def doubtful(feed: Feed, rng: random.Random) -> list[Record]:
    """A press whose counter jumps, falls, shows nonsense and is read after gaps."""
    at, total = 0, rng.randrange(500)
    feed.value(0, "state", 2)
    for _ in range(30):
        step = rng.choice([S, 3 * S, 20 * S, 4 * MINUTE])
        at += step
        kind = rng.random()
        gap = at - rng.randrange(1, step + 1) if kind < 0.2 else None
        total = {0: 7, 1: total + 900, 2: 70_000, 3: rng.randrange(65536)}.get(
            rng.randrange(12), total + rng.randrange(9)
        )
        if kind < 0.1:
            feed.value(at, "state", rng.choice([1, 2, 3]))
        feed.value(at, "total", total, gap_from=gap)
    records, feed.records = feed.records, []
    return records


@settings(
    max_examples=6,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(seed=st.integers(0, 10**6), order=st.integers(0, 10**6))
def test_doubt_and_decisions_are_the_same_in_any_order_of_arrival(
    bounded: Database, seed: int, order: int
) -> None:
    database = bounded
    found = []
    for way in ("at once", "one by one", "shuffled"):
        wipe_facts(database)
        rng = random.Random(seed)
        feed = Feed(database)
        records = doubtful(feed, rng)
        end = records[-1][7] - DAY_START
        said: list[Any] = [
            (rng.choice(list(Choice)), row[7], row[8] or row[7], rng.randrange(50), n)
            for n, row in enumerate(records)
            if row[2] == "total" and rng.random() < 0.5
        ]
        lots: list[Any] = [*_lots(records, way, random.Random(order)), *said]
        if way == "shuffled":
            random.Random(order).shuffle(lots)
        for lot in lots:
            if isinstance(lot, tuple):
                _say(database, *lot)
            else:
                feed.post(lot, lot[-1][7] - DAY_START if way == "one by one" else None, end)
        feed.post([], end, end)
        found.append(projections(database))
        assert tile(database, "press-1", end)["checks"] == sum(
            "None" in row for row in found[-1]["count_suspect"]
        )
        consistent(database, end)
    assert all(one == found[0] for one in found)


def _say(database: Database, choice: Choice, at: int, begin: int, counts: int, number: int) -> None:
    """A decision as it is stored, about whichever increment ends at a reading; its gap's begin."""
    unit = ids_of(database)["press-1"]
    with database.transaction() as session:
        session.add(
            CountDecision(
                command_id=f"decision-{number}",
                work_unit_id=unit,
                tag_id=tag_id(database, "total"),
                reading_at=at,
                seen_since=None,
                decision=choice.value,
                amount=counts if choice is Choice.AMOUNT else None,
                note=None,
                actor={},
                recorded_at=at + number,
            )
        )
        facts_changed(session, unit, begin)


def test_the_first_reading_is_a_baseline_for_ever(sqlite_database: Database) -> None:
    database = sqlite_database
    apply_plant(database)
    feed = Feed(database)
    feed.value(0, "state", 2)
    feed.value(0, "total", 500)
    feed.send(MINUTE)
    with database.transaction() as session:
        forget_hot(session)  # as after a restart
    feed.value(20 * 24 * HOUR, "total", 510)
    feed.send(20 * 24 * HOUR)

    assert made_by(database, "press-1") == 10
    consistent(database, 20 * 24 * HOUR)


def test_a_device_that_restarts_at_0_is_seen_on_a_resettable_counter(
    sqlite_database: Database,
) -> None:
    database = sqlite_database
    apply_plant(database)
    feed = Feed(database)
    feed.value(0, "state", 2)
    for at, scrap in ((0, 40), (1, 41), (2, 2), (3, 5)):
        feed.value(at * MINUTE, "total", 100 * at)
        feed.value(at * MINUTE, "scrap", scrap)
    feed.send(4 * MINUTE)

    found = tile(database, "press-1", 4 * MINUTE)

    assert (found["scrap"], found["good"]) == (6, 294)
    assert "counter_reset" in found["flags"]
    assert "counter_suspect" not in found["flags"]
    assert found["checks"] == 0


@pytest.mark.parametrize("one_by_one", [True, False])
def test_a_reset_of_a_rollover_counter_waits_for_a_person_and_the_count_goes_on(
    sqlite_database: Database, one_by_one: bool
) -> None:
    database = sqlite_database
    apply_plant(database, BOUNDED)
    feed = Feed(database)
    feed.value(0, "state", 2)
    for at, total in ((0, 900), (2, 901), (4, 902), (30, 7), (32, 8), (34, 9)):
        feed.value(at * S, "total", total)
        if one_by_one:
            feed.send(at * S)
    feed.send(MINUTE)

    found = tile(database, "press-1", MINUTE)

    assert (found["good"], found["checks"]) == (4, 1)
    assert "counter_suspect" in found["flags"]
    assert shift_result(database, "press-1", MINUTE)["quantities"]["PQ"] == 4
    consistent(database, MINUTE)


def test_open_checks_stay_on_the_tile_through_shifts_and_follow_late_data(
    sqlite_database: Database,
) -> None:
    database = sqlite_database
    apply_plant(database, BOUNDED)
    feed = Feed(database)
    feed.value(0, "state", 2)
    feed.value(0, "total", 0)
    feed.value(S, "total", 50)
    at = S
    for hours in range(1, 30):
        at = hours * HOUR
        feed.value(at, "state", 1 + hours % 2)
        feed.value(at, "total", 50 + hours)
        feed.send(at)
    assert tile(database, "press-1", at)["checks"] == 1
    consistent(database, at)

    feed.value(S // 2, "total", 60)  # late, and no better: too fast, and then back
    feed.send(at)
    assert tile(database, "press-1", at)["checks"] == 2
    consistent(database, at)


def test_a_text_or_a_monstrous_number_is_no_reading_of_a_counter(
    sqlite_database: Database,
) -> None:
    database = sqlite_database
    apply_plant(database)
    feed = Feed(database)
    feed.value(0, "state", 2)
    for at, total in ((0, 10), (1, "full"), (2, 15), (3, 1e300), (4, 1e-200), (5, 18), (6, "x")):
        feed.value(at * MINUTE, "total", total)
        feed.send(at * MINUTE)
    feed.value(7 * MINUTE, "total", 20)
    feed.send(7 * MINUTE)

    assert made_by(database, "press-1") == 10
    consistent(database, 7 * MINUTE)


def test_a_huge_jump_does_not_stop_the_stream_and_waits(sqlite_database: Database) -> None:
    database = sqlite_database
    apply_plant(database)
    feed = Feed(database, source="io")
    feed.value(0, "lamp", True)
    for at, count in ((0, 0), (1, 2**62), (2, 2**62 + 5)):
        feed.value(at * MINUTE, "count", count)
        feed.send(at * MINUTE)

    assert made_by(database, "washer-1") == 5
    assert tile(database, "washer-1", 2 * MINUTE)["checks"] == 1
    consistent(database, 2 * MINUTE)


def test_pieces_of_a_gap_are_spread_over_the_shift_that_was_worked(
    sqlite_database: Database,
) -> None:
    database = sqlite_database
    apply_plant(database)
    feed = Feed(database)
    feed.value(0, "state", 2)
    feed.value(0, "total", 0)
    last = 12 * HOUR - 30 * MINUTE  # 19:30; the night shift is worked until the break at 00:00
    feed.value(last - MINUTE, "total", 10)
    back = 17 * HOUR + 30 * MINUTE  # 01:30 in the night shift
    feed.gap(last, back)
    feed.value(back, "total", 310, gap_from=last)
    feed.value(back, "state", 2, gap_from=last)
    feed.send(back)

    day = shift_result(database, "press-1", back)
    assert (day["quantities"]["PQ"], day["excluded"]["PQ"]) == (10, 30)
    assert "estimated_quantity" in day["flags"]
    with database.reading() as session:
        rows = session.execute(
            select(QuantityRecord.minute, QuantityRecord.good, QuantityRecord.estimated)
        ).all()
    estimated = {row.minute - DAY_START: int(row.good) for row in rows if row.estimated}
    assert sum(estimated.values()) == 300
    assert set(estimated.values()) == {1}
    assert all(not 16 * HOUR <= minute < 17 * HOUR for minute in estimated), "the break is left"
    consistent(database, back)


def test_pieces_of_a_gap_follow_what_is_said_about_it_later(sqlite_database: Database) -> None:
    from tests.features.production.test_people_and_machines import People

    database = sqlite_database
    apply_plant(database)
    feed = Feed(database)
    feed.value(0, "state", 2)
    feed.value(0, "total", 0)
    feed.gap(10 * MINUTE, 40 * MINUTE)
    feed.value(40 * MINUTE, "state", 2, gap_from=10 * MINUTE)
    feed.value(40 * MINUTE, "total", 60, gap_from=10 * MINUTE)
    feed.value(50 * MINUTE, "total", 61)
    feed.send(50 * MINUTE)
    assert shift_result(database, "press-1", 50 * MINUTE)["quantities"]["PQ"] == 1

    people = People(database, "press-1")
    people.statement(
        "declare", 51 * MINUTE, None, start=10 * MINUTE, end=20 * MINUTE, state="running"
    )
    people.statement(
        "declare", 52 * MINUTE, "jam", start=20 * MINUTE, end=40 * MINUTE, state="down"
    )

    with database.reading() as session:
        rows = session.execute(select(QuantityRecord.minute, QuantityRecord.estimated)).all()
    minutes = [row.minute - DAY_START for row in rows if row.estimated]
    assert minutes == [n * MINUTE for n in range(10, 20)]
    assert shift_result(database, "press-1", 50 * MINUTE)["quantities"]["PQ"] == 61
    consistent(database, 50 * MINUTE)


def test_a_changed_rule_goes_on_from_the_last_reading(sqlite_database: Database) -> None:
    database = sqlite_database
    apply_plant(database)
    feed = Feed(database)
    feed.value(0, "state", 2)
    feed.value(0, "total", 0)
    feed.value(4 * MINUTE, "total", 100)
    feed.send(5 * MINUTE)
    changed = BOUNDED.replace("max_per_s: 10}}", "max_per_s: 10}, pieces_per_count: 2}")
    checked = check(changed)
    assert checked.plant is not None
    with database.transaction() as session:
        apply(session, checked.plant, actor="test", now_us=DAY_START + 5 * MINUTE)
    feed.value(6 * MINUTE, "total", 103)
    feed.send(7 * MINUTE)

    assert made_by(database, "press-1") == 106, "three more counts of two pieces each"
    consistent(database, 7 * MINUTE)


def test_a_family_tool_credits_each_job_and_shares_the_time_of_a_cycle(
    database: Database,
) -> None:
    floor = make_floor(database)
    left, right = floor.job(item="A"), floor.job(item="B")  # 2 s and 1.5 s a cycle
    floor.start(left, 0)
    floor.start(right, 0, together=True)
    floor.count(0, 10 * MINUTE)
    floor.enter(10 * MINUTE, "press-1", scrap=3, job_order=right, reason="burr")

    result = shift_result(database, "press-1", 10 * MINUTE)
    quantities, kpis = result["quantities"], result["kpis"]
    assert (quantities["PQ"], quantities["GQ"], quantities["SQ"]) == (600, 597, 3)
    ideal = [Fraction(2) * Fraction(rate) / Fraction(7, 2) for rate in (2, Fraction(3, 2))]
    assert kpis["effectiveness"] == pytest.approx(1.0, abs=1e-6), "ideal speed is 100 %"
    assert kpis["quality_ratio"] == pytest.approx(float(1 - 3 * ideal[1] / 600), abs=1e-6)
    found = tile(database, "press-1", 10 * MINUTE)
    for key in ("oee", "effectiveness", "quality_ratio"):
        assert found[key] == kpis[key]
    jobs = {floor.find_job(number).id: number for number in (left, right)}
    with database.reading() as session:
        rows = session.execute(
            select(QuantityRecord.job_order_id, func.sum(QuantityRecord.good)).group_by(
                QuantityRecord.job_order_id
            )
        ).all()
    assert {jobs[job]: int(good) for job, good in rows} == {left: 300, right: 297}
    consistent(database, 10 * MINUTE)


def test_a_family_tool_over_a_day_is_the_same_from_hour_sums_and_from_its_case(
    sqlite_database: Database,
) -> None:
    floor = make_floor(sqlite_database)
    left, right = floor.job(item="A"), floor.job(item="B")
    floor.start(left, 0)
    floor.start(right, HOUR, together=True)
    feed, end = floor.feed, 30 * HOUR
    feed.value(0, "state", 2)
    for n, at in enumerate(range(0, end, 7 * MINUTE)):
        feed.value(at, "total", 11 * n)
        if n % 9 == 0:
            feed.value(at + S, "state", 1 + n % 2)
    feed.send(end)

    with sqlite_database.reading() as session:
        known = masters(session)
        unit = known_unit(session, known, known.work_units[floor.ids["press-1"]], DAY_START + end)
        window = Span(DAY_START, DAY_START + 29 * HOUR)
        case = unit_case(session, unit, window)
        summed = unit_result(session, unit, window)
    assert parse_case(case_to_json(case)) == case
    figures, sums = compute(case).to_json(), summed.to_json()
    for key in ("times_us", "quantities", "excluded", "flags"):
        assert figures[key] == sums[key]
    exact, stored = figures["kpis"], sums["kpis"]
    assert isinstance(exact, dict)
    assert isinstance(stored, dict)
    assert [exact[key] for key in ("oee", "effectiveness", "quality_ratio")] == [
        stored[key] for key in ("oee", "effectiveness", "quality_ratio")
    ]
    consistent(sqlite_database, end)


def test_cavities_of_a_tool_change_from_an_instant_on(sqlite_database: Database) -> None:
    database = sqlite_database
    four = PLANT.replace(
        'ideal_cycle_s: {A: "2", B: "1.5"}',
        'ideal_cycle_s: {A: "8"}\n        pieces_per_cycle: {A: 4}',
    )
    apply_plant(database, four)
    feed = Feed(database)
    feed.value(0, "state", 2)
    for n in range(301):
        feed.value(2 * n * S, "total", n)
    feed.send(10 * MINUTE)
    assert tile(database, "press-1", 10 * MINUTE)["effectiveness"] == pytest.approx(1.0, abs=1e-6)
    two = check(four.replace("pieces_per_cycle: {A: 4}", "pieces_per_cycle: {A: 2}"))
    assert two.plant is not None
    with database.transaction() as session:
        apply(session, two.plant, actor="test", now_us=DAY_START + 10 * MINUTE)
    for n in range(1, 151):
        feed.value(10 * MINUTE + 4 * n * S, "total", 300 + n)
    feed.send(20 * MINUTE)

    result = shift_result(database, "press-1", 20 * MINUTE)

    ideal_s = 299 * 2 + 151 * 4  # the piece at the change itself is made at the new rate
    assert result["kpis"]["effectiveness"] == pytest.approx(ideal_s / 1200, abs=1e-6)
    assert result["quantities"]["PQ"] == 450
    assert tile(database, "press-1", 20 * MINUTE)["oee"] == result["kpis"]["oee"]
    consistent(database, 20 * MINUTE)


def test_rejects_are_counted_and_typed_at_once_and_more_scrap_than_pieces_is_kept_and_flagged(
    sqlite_database: Database,
) -> None:
    from tests.features.production.test_people_and_machines import People

    database = sqlite_database
    apply_plant(database)
    feed = Feed(database)
    feed.value(0, "state", 2)
    for at, total, scrap in ((0, 0, 0), (5, 100, 4)):
        feed.value(at * MINUTE, "total", total)
        feed.value(at * MINUTE, "scrap", scrap)
    feed.send(6 * MINUTE)
    people = People(database, "press-1")
    people.quantity(3 * MINUTE, scrap=2)
    result = shift_result(database, "press-1", 6 * MINUTE)
    assert [result["quantities"][key] for key in ("PQ", "GQ", "SQ")] == [100, 94, 6]

    people.quantity(4 * MINUTE, scrap=120)
    result = shift_result(database, "press-1", 6 * MINUTE)
    assert [result["quantities"][key] for key in ("PQ", "GQ", "SQ")] == [100, -26, 126]
    assert "counter_suspect" in result["flags"]
    assert tile(database, "press-1", 6 * MINUTE)["checks"] == 0
    consistent(database, 6 * MINUTE)

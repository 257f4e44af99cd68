"""Roll-ups are the kernel's figure over the whole range, in every cut of it."""

from __future__ import annotations

import csv
import io
import random
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import BigInteger, cast, func, select
from sqlalchemy.orm import Session

from mes.core.case_model import Span
from mes.core.instants import parse_instant
from mes.core.oee import OeeResult, result_of, tally
from mes.core.policies import ISO22400, PART_VALUES, Policy, RunningOutsidePlan
from mes.core.refusal import Refusal
from mes.core.tally import EMPTY
from mes.db import Database
from mes.features.oee.periods import PeriodKind
from mes.features.oee.places import Level, LineRule
from mes.features.oee.rollup_answer import Request, answer
from mes.features.oee.rollup_csv import csv_text
from mes.features.oee.rollup_query import Group
from mes.features.oee.service import known_unit, unit_case
from mes.features.production.hot import forget_hot
from mes.features.production.master_loading import masters
from mes.features.production.rollup_row import SUM_COLUMNS
from mes.models import RollupHour, RollupShift, WorkUnitLive
from tests.features.production.plant import (
    DAY_START,
    HOUR,
    MINUTE,
    PLANT,
    Feed,
    S,
    apply_plant,
    wipe_facts,
)
from tests.features.production.test_people_and_machines import People, job

DAYS = 3
MANY = settings(
    max_examples=6,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
CASE_US = 60 * 24 * HOUR
POLICIES = st.builds(
    Policy,
    **{key: st.sampled_from(values) for key, values in PART_VALUES.items()},
    running_outside_plan=st.sampled_from(list(RunningOutsidePlan)),
)
"""Any policy that can be written."""


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
    return DAY_START + int(last)


def items(database: Database, now: int, **wanted: Any) -> list[dict[str, Any]]:
    with database.reading() as session:
        return answer(session, Request(**wanted), now).items


def whole_range(unit: str | None = None, **more: Any) -> dict[str, Any]:
    return {"id": unit, "first": "2026-03-01", "last": "2026-03-08", **more}


@MANY
@given(seed=st.integers(0, 10_000), policy=POLICIES)
def test_roll_ups_are_the_kernel_over_the_whole_period(
    plant_database: Database, seed: int, policy: Policy
) -> None:
    database = plant_database
    wipe_facts(database)
    now = feed_days(database, seed)
    for unit in ("press-1", "press-2"):
        for kind in PeriodKind:
            found = items(database, now, **whole_range(unit, period=kind, policy=policy))
            assert found
            for item in found:
                expected = kernel(database, [unit], item["period"], policy, now)
                assert item["result"] == expected.to_json(), (kind, item["period"])


@MANY
@given(seed=st.integers(0, 10_000), policy=POLICIES, kind=st.sampled_from(list(PeriodKind)))
def test_the_short_view_says_what_whole_results_say(
    plant_database: Database, seed: int, policy: Policy, kind: PeriodKind
) -> None:
    database = plant_database
    wipe_facts(database)
    now = feed_days(database, seed)
    wanted = whole_range(None, period=kind, policy=policy)
    whole = items(database, now, **wanted)
    short = items(database, now, **wanted, short=True)
    assert [one["id"] for one in short] == [one["id"] for one in whole]
    for one, other in zip(short, whole, strict=True):
        assert one["period"] == other["period"]["label"]
        result = other["result"]
        for key in ("oee", "availability", "effectiveness", "quality_ratio"):
            assert one[key] == result["kpis"][key], (key, one, result)
            assert one.get("causes", {}).get(key) == result["causes"].get(key)
        assert one["coverage"] == result["coverage"]
        assert (one["planned_us"], one["run_us"]) == (
            result["iso_us"]["PBT"],
            result["iso_us"]["APT"],
        )
        pieces = result["quantities"]
        assert (one["good"], one["scrap"], one["rework"]) == (
            pieces["GQ"],
            pieces["SQ"],
            pieces["RQ"],
        )
        assert one["flags"] == result["flags"]


@MANY
@given(
    seed=st.integers(0, 10_000), group=st.sampled_from([g for g in Group if g is not Group.NONE])
)
@example(seed=129, group=Group.ORDER)  # a stop that goes on when its order ends
def test_groups_of_a_period_add_up_to_it(plant_database: Database, seed: int, group: Group) -> None:
    database = plant_database
    wipe_facts(database)
    people = People(database, "press-1")
    rng = random.Random(seed)
    jobs = [job(database, "press-1", 100 + n, rng.choice("AB")) for n in range(3)]
    now = feed_days(database, seed)
    at = rng.randrange(1, 4 * HOUR)
    for job_id in jobs:
        people.job_event(job_id, "start", at)
        at += rng.randrange(2, 15) * HOUR + rng.randrange(HOUR)
        people.job_event(job_id, "complete", at)
        at += rng.randrange(0, 3) * HOUR
    people.quantity(2 * HOUR, good=0, scrap=2, job_id=rng.choice(jobs))
    wanted = whole_range("press-1", period=PeriodKind.WEEK)
    (whole,) = items(database, now, **wanted)
    parts = items(database, now, **wanted, group=group)
    values = {part["group"]["value"] for part in parts}
    if group is Group.ORDER:
        assert values - {None} <= {f"WO-{100 + n}-10" for n in range(3)}
        assert len(values) > 1
    if group is Group.ITEM:
        assert "A" in values or "B" in values
    for key in ("window", "running", "unplanned_stop", "unknown", "break", "no_order"):
        total = sum(part["result"]["times_us"][key] for part in parts)
        assert total == whole["result"]["times_us"][key], key
    for key in ("GQ", "SQ", "PQ"):
        total = sum(part["result"]["quantities"][key] for part in parts)
        assert total == whole["result"]["quantities"][key], key
    assert (
        whole["result"] == kernel(database, ["press-1"], whole["period"], ISO22400, now).to_json()
    )


def test_r10_a_line_is_its_key_machine_and_three_stations_that_stop_together_cost_ten_minutes(
    database: Database,
) -> None:
    apply_plant(database)
    feed = Feed(database)
    for at, state in ((0, 2), (20 * MINUTE, 3), (30 * MINUTE, 2)):
        feed.value(at, "state", state)
        feed.value(at, "state2", min(state, 2) if state != 3 else 1)
    feed.value(2 * HOUR, "total", 0)
    feed.value(2 * HOUR, "total2", 0)
    feed.send(2 * HOUR)
    now = DAY_START + 2 * HOUR
    wanted = {"level": Level.LINE, "id": "line-1", "period": PeriodKind.SHIFT}
    (line,) = items(database, now, **wanted)
    assert (line["rule"], line["work_units"]) == ("key_machine", ["press-1"])
    assert line["result"]["times_us"]["unplanned_stop"] == 10 * MINUTE
    (machine,) = items(database, now, id="press-1", period=PeriodKind.SHIFT)
    assert line["result"] == machine["result"]
    (summed,) = items(database, now, **wanted, rule=LineRule.SUM)
    assert summed["work_units"] == ["press-1", "press-2"]
    period = summed["period"]
    both = kernel(database, ["press-1", "press-2"], period, ISO22400, now)
    assert summed["result"] == both.to_json()
    (last,) = items(database, now, **wanted, rule=LineRule.LAST)
    assert last["work_units"] == ["press-2"]


def test_a_plant_adds_the_machines_that_its_lines_count(database: Database) -> None:
    apply_plant(database)
    now = feed_days(database, 5)
    found = items(database, now, **whole_range(None, level=Level.PLANT, period=PeriodKind.WEEK))
    assert [item["id"] for item in found] == ["busan"] * len(found)
    item = found[-1]
    assert item["work_units"] == ["press-1", "bench-1"]
    expected = kernel(database, ["press-1", "bench-1"], item["period"], ISO22400, now)
    assert item["result"] == expected.to_json()


def test_a_rule_of_the_plant_file_is_the_rule_of_its_line(database: Database) -> None:
    apply_plant(
        database,
        PLANT.replace("calendar: two-shift\n", "calendar: two-shift\n    oee_rule: sum\n", 1),
    )
    now = feed_days(database, 6)
    (line, *_) = items(database, now, **whole_range("line-1", level=Level.LINE))
    assert (line["rule"], line["work_units"]) == ("sum", ["press-1", "press-2"])


def test_what_whole_numbers_cannot_hold_is_added_all_the_same(database: Database) -> None:
    apply_plant(database, PLANT.replace('{A: "2", B', '{A: "2.12345678", B'))
    now = feed_days(database, 7)
    with database.reading() as session:
        kept = session.scalars(select(RollupShift.exact).where(RollupShift.exact.is_not(None)))
        assert kept.first() is not None
    for short in (False, True):
        for item in items(
            database, now, **whole_range("press-1", period=PeriodKind.WEEK), short=short
        ):
            period = {"start": "2026-03-01T23:00:00Z", "end": "2026-03-08T23:00:00Z"}
            expected = kernel(database, ["press-1"], period, ISO22400, now)
            if short:
                oee = expected.kpis["oee"]
                assert item["oee"] == (None if oee is None else float(oee))
            else:
                assert item["result"] == expected.to_json()


@pytest.mark.parametrize(
    ("wanted", "code", "field"),
    [
        ({"id": "press-9"}, "place_unknown", "id"),
        ({"level": Level.AREA, "id": "hall"}, "place_unknown", "id"),
        ({"first": "yesterday"}, "window_malformed", "from"),
        ({"last": "2026-13-01"}, "window_malformed", "to"),
        ({"first": "2026-03-05", "last": "2026-03-02"}, "window_malformed", "to"),
        ({"period": PeriodKind.YEAR, "last": "9999-12-31"}, "window_malformed", "to"),
        ({"first": "2020-01-01", "last": "2026-03-02"}, "range_too_long", "to"),
        (
            {"period": PeriodKind.HOUR, "first": "2026-01-01", "last": "2026-03-02"},
            "range_too_long",
            "to",
        ),
    ],
)
def test_what_cannot_be_rolled_up_is_refused_by_name(
    plant_database: Database, wanted: dict[str, Any], code: str, field: str
) -> None:
    with pytest.raises(Refusal) as refused:
        items(plant_database, DAY_START, **wanted)
    assert (refused.value.code, refused.value.field) == (code, field)


def test_csv_has_one_line_a_figure_and_no_formula(database: Database) -> None:
    apply_plant(database)
    now = feed_days(database, 8)
    with database.reading() as session:
        found = answer(session, Request(**whole_range("press-1", short=True)), now)
    rows = list(csv.DictReader(io.StringIO(csv_text(found))))
    assert len(rows) == len(found.items)
    assert rows[0]["id"] == "press-1"
    assert rows[0]["period"] == found.items[0]["period"]
    shown = found.items[-1]["oee"]
    assert rows[-1]["oee"] == ("" if shown is None else str(shown))


def test_shift_rows_are_the_sum_of_their_hours_after_late_facts(database: Database) -> None:
    apply_plant(database)
    now = feed_days(database, 9)
    late = Feed(database, epoch="00000000000000aa")
    for n in range(6):
        late.value(5 * HOUR + n * 7 * MINUTE, "state", [1, 2, 3][n % 3])
        late.value(5 * HOUR + n * 7 * MINUTE, "total", 40_000 + n)
    recent = now - DAY_START - 3 * HOUR
    for n in range(4):
        late.value(recent + n * 11 * MINUTE, "state", [1, 2][n % 2])
    late.send(None, now - DAY_START)
    with database.reading() as session:
        for unit_id in set(session.scalars(select(RollupShift.work_unit_id))):
            hours = _summed(session, RollupHour, unit_id)
            assert hours == _summed(session, RollupShift, unit_id)
            assert hours


def test_hours_of_an_older_program_stand_and_go_on_where_they_end(database: Database) -> None:
    apply_plant(database)
    now = feed_days(database, 10)
    with database.transaction() as session:
        for row in session.scalars(select(WorkUnitLive)):
            row.tile = {**row.tile, "v": 0}  # another layout than this program reads
        forget_hot(session)
    later = now - DAY_START + 50 * HOUR
    after = Feed(database, epoch="00000000000000bb")
    after.value(later, "state", 2)
    after.value(later, "state2", 2)
    after.send(later + 5 * MINUTE)
    now = DAY_START + later + 5 * MINUTE
    for item in items(database, now, **whole_range("press-1", period=PeriodKind.DAY)):
        expected = kernel(database, ["press-1"], item["period"], ISO22400, now)
        assert item["result"] == expected.to_json(), item["period"]


def _summed(session: Session, model: Any, unit_id: int) -> dict[tuple[Any, ...], list[int]]:
    keys = (model.production_day, model.shift, model.job_order_id, model.material_id)
    sums = [cast(func.sum(getattr(model, name)), BigInteger) for name in SUM_COLUMNS]
    rows = session.execute(
        select(*keys, *sums).where(model.work_unit_id == unit_id).group_by(*keys)
    )
    return {tuple(row[:4]): [int(value) for value in row[4:]] for row in rows}


def kernel(
    database: Database, codes: list[str], period: dict[str, Any], policy: Policy, now: int
) -> OeeResult:
    """The figure of the whole period from facts alone, in tiles that a case may cover."""
    sums = EMPTY
    with database.reading() as session:
        known = masters(session)
        for code in codes:
            unit = known_unit(session, known, known.work_units[known.work_unit_ids[code]], now)
            at, end = parse_instant(period["start"]), parse_instant(period["end"])
            while at < min(end, unit.as_of):
                until = min(end, at + CASE_US)
                sums += tally(unit_case(session, unit, Span(at, until)))
                at = until
    return result_of(sums, policy)

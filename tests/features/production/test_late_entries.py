"""What people type days late derives again the hours it touches, and nothing else."""

from __future__ import annotations

import random
from collections.abc import Iterable
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from mes.db import Database
from mes.features.ingest.rebuild import rebuild
from mes.features.production.queries import tiles
from mes.features.production.service import entries_changed, job_events_changed
from mes.models import JobEvent, QuantityStatement
from tests.features.oee.test_rollups import feed_days
from tests.features.production.plant import (
    DAY_START,
    HOUR,
    MINUTE,
    Feed,
    S,
    ids_of,
    wipe_facts,
)
from tests.features.production.test_late_readings import four_days, hours, written
from tests.features.production.test_mending import opened_hours, rows_of
from tests.features.production.test_people_and_machines import job

DAY = 24 * HOUR


def type_in(
    database: Database,
    name: str,
    at: int,
    *,
    job_id: int | None = None,
    voids: str | None = None,
    others: Iterable[int] = (),
    **pieces: int,
) -> None:
    """Typed pieces of press-1; `others`: when the pieces were made that it replaces."""
    unit = ids_of(database)["press-1"]
    amounts = {"good": 0, "scrap": 0, "rework": 0, "startup_scrap": 0} | pieces
    with database.transaction() as session:
        session.add(
            QuantityStatement(
                command_id=name,
                work_unit_id=unit,
                job_order_id=job_id,
                at=DAY_START + at,
                reason=None,
                adjustment=False,
                voids=voids,
                lot=None,
                serial=None,
                note=None,
                actor={},
                recorded_at=DAY_START + 30 * DAY,
                **amounts,
            )
        )
        entries_changed(session, unit, [DAY_START + one for one in (at, *others)])


def job_events(
    database: Database, job_id: int, *events: tuple[str, int], unit: str = "press-1"
) -> None:
    """Events of a job that become known together."""
    unit_id = ids_of(database)[unit]
    with database.transaction() as session:
        for kind, at in events:
            session.add(
                JobEvent(
                    job_order_id=job_id,
                    work_unit_id=unit_id,
                    command_id=f"{job_id}-{kind}-{at}",
                    kind=kind,
                    at=DAY_START + at,
                    reason=None,
                    actor={},
                    recorded_at=DAY_START + at,
                )
            )
        job_events_changed(session, unit_id, DAY_START + min(at for _, at in events))


def changed_hours(before: dict[int, str], after: dict[int, str]) -> list[int]:
    """Hours since the start that are other than before."""
    starts = before.keys() | after.keys()
    return sorted(
        (start - DAY_START) // HOUR for start in starts if before.get(start) != after.get(start)
    )


def tile(database: Database, at: int) -> dict[str, Any]:
    with database.reading() as session:
        (found,) = tiles(session, [ids_of(database)["press-1"]], DAY_START + at)
    return {**found, "version": 0}


def test_pieces_typed_for_three_days_ago_rewrite_only_their_hour(plant_database: Database) -> None:
    database = plant_database
    wipe_facts(database)
    end = four_days(database)
    before, shown = hours(database), tile(database, end)
    with written(database) as counts, opened_hours(database) as opened:
        type_in(database, "late", 26 * HOUR + 20 * MINUTE, scrap=3)
    assert changed_hours(before, hours(database)) == [26]
    assert opened == []
    assert counts["quantity_record"] == 1, counts
    assert counts["rollup_hour"] <= 3, counts
    assert "state_record" not in counts
    assert tile(database, end) == shown
    assert rebuild(database, DAY_START + end, check=True).differences == ()


def test_late_pieces_of_a_job_that_is_still_loaded_reach_its_tile(plant_database: Database) -> None:
    database = plant_database
    wipe_facts(database)
    made = job(database, "press-1", 1)
    job_events(database, made, ("start", 0))
    end = four_days(database)
    before, shown = hours(database), tile(database, end)
    with opened_hours(database) as opened:
        type_in(database, "late", 26 * HOUR, job_id=made, scrap=3)
    assert changed_hours(before, hours(database)) == [26]
    assert opened == []
    told = tile(database, end)
    assert told["job"]["scrap"] == shown["job"]["scrap"] + 3
    assert told["job"]["good"] == shown["job"]["good"] - 3
    assert (told["good"], told["scrap"]) == (shown["good"], shown["scrap"])
    assert rebuild(database, DAY_START + end, check=True).differences == ()


def test_a_correction_rewrites_the_hour_it_takes_from_and_the_one_it_gives_to(
    plant_database: Database,
) -> None:
    database = plant_database
    wipe_facts(database)
    end = four_days(database)
    type_in(database, "first", 20 * HOUR, scrap=3)
    before = hours(database)
    with opened_hours(database) as opened:
        type_in(database, "second", 40 * HOUR, voids="first", others=[20 * HOUR], scrap=5)
    assert changed_hours(before, hours(database)) == [20, 40]
    assert opened == []
    assert rebuild(database, DAY_START + end, check=True).differences == ()


def test_a_late_pause_of_a_machine_with_a_signal_rewrites_nothing(plant_database: Database) -> None:
    database = plant_database
    wipe_facts(database)
    made = job(database, "press-1", 1)
    job_events(database, made, ("start", 0))
    end = four_days(database)
    before = rows_of(database)
    with written(database) as counts, opened_hours(database) as opened:
        job_events(database, made, ("pause", 26 * HOUR))
        job_events(database, made, ("resume", 27 * HOUR))
    assert opened == []
    assert set(counts) <= {"job_event", "work_unit_live"}, counts
    assert rows_of(database) == before
    assert rebuild(database, DAY_START + end, check=True).differences == ()


def test_a_job_of_the_past_rewrites_the_hours_in_which_it_was_loaded(
    plant_database: Database,
) -> None:
    database = plant_database
    wipe_facts(database)
    end = four_days(database)
    before, shown = hours(database), tile(database, end)
    made = job(database, "press-1", 1, item="B")
    with opened_hours(database) as opened:
        job_events(database, made, ("start", 25 * HOUR), ("complete", 27 * HOUR + 30 * MINUTE))
    assert changed_hours(before, hours(database)) == [25, 26, 27]
    assert opened == []
    assert tile(database, end) == shown
    assert rebuild(database, DAY_START + end, check=True).differences == ()


def test_a_job_that_ends_inside_a_stop_changes_the_rest_of_the_stop(
    plant_database: Database,
) -> None:
    """With an order loaded before the hour, four minutes of stop after it are minor no longer."""
    database = plant_database
    wipe_facts(database)
    end = four_days(database)
    made, following = job(database, "press-1", 1), job(database, "press-1", 2)
    job_events(database, following, ("start", 27 * HOUR), ("complete", 30 * HOUR))
    late = Feed(database, epoch="late")
    late.value(26 * HOUR + 57 * MINUTE, "state", 1)
    late.value(27 * HOUR, "state", 1)
    late.value(27 * HOUR + 4 * MINUTE, "state", 2)
    late.send(end)
    before = hours(database)
    with opened_hours(database) as opened:
        job_events(database, made, ("start", 25 * HOUR), ("complete", 27 * HOUR))
    assert changed_hours(before, hours(database)) == [25, 26, 27]
    assert opened == []
    assert rebuild(database, DAY_START + end, check=True).differences == ()


@settings(
    max_examples=10,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(seed=st.integers(0, 10_000))
def test_late_entries_and_jobs_give_what_a_rebuild_gives(
    plant_database: Database, seed: int
) -> None:
    database = plant_database
    wipe_facts(database)
    rng = random.Random(seed)
    jobs = [job(database, "press-1", number, rng.choice("AB")) for number in range(1, 5)]
    job_events(database, jobs[0], ("start", 6 * HOUR))
    now = feed_days(database, seed)
    said: list[tuple[str, int]] = []
    with opened_hours(database) as opened:
        for number in range(8):
            at = rng.randrange(6 * HOUR, 44 * HOUR)
            name = f"entry-{number}"
            if rng.random() < 0.3 and len(jobs) > 1:
                events = [("start", at), ("complete", at + rng.randrange(MINUTE, 6 * HOUR))]
                events += [("pause", at + 30 * S)] * rng.randrange(2)
                job_events(database, jobs.pop(), *events)
            elif said and rng.random() < 0.4:
                voided, made_at = said.pop()
                type_in(database, name, at, voids=voided, others=[made_at], scrap=rng.randrange(3))
            else:
                job_id = rng.choice([None, jobs[0]])
                type_in(database, name, at, job_id=job_id, scrap=rng.randrange(1, 9))
                said.append((name, at))
    assert len(opened) < 8, "every late entry went the general way"
    before = rows_of(database)
    shown = tile(database, now - DAY_START)
    assert rebuild(database, now, check=True).differences == ()
    rebuild(database, now)
    again = rows_of(database)
    assert again["state_record"] == before["state_record"]
    assert again["quantity_record"] == before["quantity_record"]
    assert tile(database, now - DAY_START) == shown

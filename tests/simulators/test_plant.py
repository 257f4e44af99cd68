"""The plant itself: repeatable, sound, realistic."""

from __future__ import annotations

from collections import Counter, defaultdict
from fractions import Fraction
from pathlib import Path

import pytest

from simulators.build import Built, build
from simulators.journal import Journal
from simulators.plant.model import JobMode, State
from simulators.scenarios import SCENARIOS
from tests.simulators.helpers import journal, pieces, seoul_us

MINUTE_US = 60_000_000
HOUR_US = 60 * MINUTE_US


def _worked(
    directory: Path, scenario: str, *, seed: int, hours: int, batch: bool = False
) -> tuple[Built, list[dict[str, object]]]:
    start = seoul_us(23, 8)
    built = build(SCENARIOS[scenario], seed=seed, start_us=start, job_mode=JobMode.CYCLE)
    written = Journal(directory)
    built.plant.listeners.append(written)
    built.plant.batch_until = start + hours * HOUR_US if batch else None
    built.plant.start()
    built.plant.advance(start + hours * HOUR_US)
    written.close()
    return built, journal(directory)


def test_the_same_seed_gives_the_same_journal(tmp_path: Path) -> None:
    _, first = _worked(tmp_path / "1", "demo", seed=11, hours=3)
    _, second = _worked(tmp_path / "2", "demo", seed=11, hours=3)
    assert first == second
    assert len(first) > 5000


def test_another_seed_gives_another_journal(tmp_path: Path) -> None:
    _, first = _worked(tmp_path / "1", "press", seed=1, hours=1)
    _, second = _worked(tmp_path / "2", "press", seed=2, hours=1)
    assert first != second


def test_past_days_make_the_same_pieces_as_live_ones(tmp_path: Path) -> None:
    _, live = _worked(tmp_path / "1", "press", seed=5, hours=6)
    _, batch = _worked(tmp_path / "2", "press", seed=5, hours=6, batch=True)
    assert pieces(batch, "press-1") == pieces(live, "press-1")
    assert [line for line in batch if line["kind"] != "part"] == [
        line for line in live if line["kind"] != "part"
    ]


@pytest.mark.parametrize("batch", [False, True])
def test_the_counters_agree_with_the_journal(tmp_path: Path, batch: bool) -> None:
    built, lines = _worked(tmp_path, "demo", seed=3, hours=8, batch=batch)
    for machine in built.plant.machines:
        counted = pieces(lines, machine.id)
        assert machine.total == sum(counted.values())
        assert machine.rejects == counted[False]
        assert machine.total > 0


def test_scrap_only_people_find_is_not_made_live(tmp_path: Path) -> None:
    _, lines = _worked(tmp_path, "demo", seed=3, hours=8)
    assert pieces(lines, "washer-1")[False] == 0


def test_live_lines_are_in_the_order_of_time(tmp_path: Path) -> None:
    _, lines = _worked(tmp_path, "demo", seed=4, hours=4)
    instants = [line["t"] for line in lines]
    assert instants == sorted(instants)  # type: ignore[type-var]  # instants are whole numbers


def test_pieces_are_made_only_while_running(tmp_path: Path) -> None:
    _, lines = _worked(tmp_path, "demo", seed=4, hours=10)
    state: dict[object, object] = {}
    for line in lines:
        if line["kind"] == "state":
            state[line["unit"]] = line["state"]
        elif line["kind"] == "part":
            assert state[line["unit"]] == "running"


def test_presses_stand_in_the_break_and_on_sunday(tmp_path: Path) -> None:
    built = build(SCENARIOS["demo"], seed=1, start_us=seoul_us(28, 19), job_mode=JobMode.CYCLE)
    plant = built.plant
    plant.start()
    plant.advance(seoul_us(29, 0, 30))
    assert {plant.machine(f"press-{n}").state for n in (1, 2, 3)} <= {
        State.STOPPED,
        State.DOWN,
        State.SETUP,
        State.WAITING,
    }
    plant.advance(seoul_us(29, 9))
    assert plant.machine("press-1").state is State.OFF
    plant.advance(seoul_us(30, 8, 20))
    assert plant.machine("press-1").state is not State.OFF


def test_the_cell_is_blocked_and_starved_at_times(tmp_path: Path) -> None:
    _, lines = _worked(tmp_path, "demo", seed=2, hours=12)
    seen = {(line["unit"], line["reason"]) for line in lines if line.get("state") == "waiting"}
    assert ("cnc-1", "blocked") in seen
    assert ("cnc-2", "starved") in seen


def test_all_kinds_of_stop_happen_on_the_press_line(tmp_path: Path) -> None:
    _, lines = _worked(tmp_path, "demo", seed=2, hours=40, batch=True)
    states = {
        line["state"]
        for line in lines
        if str(line["unit"]).startswith("press") and line["kind"] == "state"
    }
    assert states == {"running", "stopped", "down", "setup", "waiting"}


def test_a_machine_with_only_a_lamp_is_running_or_stopped(tmp_path: Path) -> None:
    _, lines = _worked(tmp_path, "demo", seed=2, hours=24, batch=True)
    states = {
        line["state"] for line in lines if line["unit"] == "washer-1" and line["kind"] == "state"
    }
    assert states == {"running", "stopped"}


def test_oee_lies_where_real_plants_are(tmp_path: Path) -> None:
    built, lines = _worked(tmp_path, "demo", seed=7, hours=120, batch=True)
    planned = _planned_us(lines)
    for machine in built.plant.machines:
        ideal = Fraction(0)
        for line in lines:
            if line["kind"] == "part" and line["unit"] == machine.id and line["good"]:
                cycle = Fraction(str(machine.spec.ideal_cycle_s[str(line["item"])]))
                ideal += cycle * Fraction(str(line["count"])) * 1_000_000
        assert Fraction(60, 100) < ideal / planned[machine.id] < Fraction(85, 100), machine.id


def _planned_us(lines: list[dict[str, object]]) -> dict[str, int]:
    """Time of each unit outside breaks and off, in microseconds."""
    planned: dict[str, int] = defaultdict(int)
    last: dict[str, dict[str, object]] = {}
    for line in lines:
        if line["kind"] != "state":
            continue
        unit = str(line["unit"])
        before = last.get(unit)
        if before is not None and before["reason"] not in ("lunch", "rest", "night-meal"):
            planned[unit] += int(str(line["t"])) - int(str(before["t"]))
        last[unit] = line
    return planned


def test_a_held_job_stays_loaded_and_the_machine_still_changes_dies() -> None:
    built = build(SCENARIOS["demo"], seed=9, start_us=seoul_us(23, 8), job_mode=JobMode.HOLD)
    plant = built.plant
    plant.start()
    setups: Counter[str] = Counter()
    for minute in range(0, 30 * 60, 2):
        plant.advance(seoul_us(23, 8) + minute * MINUTE_US)
        setups.update(m.id for m in plant.machines if m.state is State.SETUP)
    job = plant.machine("press-3").working_job
    assert job.order == "P3-0001"
    assert job.good > job.quantity
    assert setups["press-3"] > 0


def test_a_full_journal_is_put_aside_and_a_new_one_begins(tmp_path: Path) -> None:
    written = Journal(tmp_path, max_bytes=300)
    for number in range(12):
        written.note(number, "plant", "start")
        written.flush()
    written.close()
    old = (tmp_path / "journal.old.jsonl").read_text(encoding="utf-8").splitlines()
    new = (tmp_path / "journal.jsonl").read_text(encoding="utf-8").splitlines()
    assert 0 < len(old) < 8
    assert '"t":11' in (old + new)[-1]

"""The history file against the journal of the same days."""

from __future__ import annotations

import itertools
import json
import time
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from simulators.build import Built, build
from simulators.history import write_history
from simulators.journal import Journal
from simulators.plant.model import JobMode
from simulators.scenarios import SCENARIOS
from tests.simulators.helpers import journal, pieces, seoul_us

FROM = seoul_us(23, 8)
UNTIL = seoul_us(26, 17, 25)
COUNTER = {
    "press-1": ("press_plc", "press1_strokes", "press1_rejects"),
    "press-2": ("press_plc", "press2_strokes", "press2_rejects"),
    "press-3": ("press_plc", "press3_strokes", "press3_rejects"),
    "cnc-1": ("cnc_cell", "cnc1_parts", "cnc1_rejects"),
    "cnc-2": ("cnc_cell", "cnc2_parts", "cnc2_rejects"),
    "washer-1": ("remote_io", "washer1_count", None),
}


@dataclass(frozen=True, kw_only=True)
class Written:
    """A history of three and a half days and its journal."""

    built: Built
    lines: list[dict[str, Any]]
    truth: list[dict[str, Any]]

    @property
    def persons(self) -> list[dict[str, Any]]:
        return [line for line in self.lines if line["kind"] == "person"]

    def readings(self, source: str, tag: str) -> list[tuple[int, Any]]:
        """(received time, value) of a tag."""
        return [
            (record[7], record[3])
            for line in self.lines
            if line["kind"] == "records" and line["source"] == source
            for record in line["records"]
            if record[2] == tag
        ]


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Written:
    directory = tmp_path_factory.mktemp("history")
    built = build(SCENARIOS["demo"], seed=7, start_us=FROM, job_mode=JobMode.CYCLE)
    truth = Journal(directory)
    built.plant.listeners.append(truth)
    write_history(built, until=UNTIL, path=directory / "history.jsonl")
    truth.close()
    text = (directory / "history.jsonl").read_text(encoding="utf-8")
    assert {path.name for path in directory.iterdir()} == {"journal.jsonl", "history.jsonl"}
    lines = [json.loads(line) for line in text.splitlines()]
    return Written(built=built, lines=lines, truth=journal(directory))


def _increments(readings: list[tuple[int, int]], modulus: int) -> list[tuple[int, int]]:
    pairs = itertools.pairwise(readings)
    return [(after[0], (after[1] - before[1]) % modulus) for before, after in pairs]


def _truth_between(written: Written, unit: str, start: int, end: int, *, bad: bool) -> int:
    return sum(
        line["count"]
        for line in written.truth
        if line["kind"] == "part"
        and line["unit"] == unit
        and start <= line["t"] < end
        and (not bad or not line["good"])
    )


@pytest.mark.parametrize("unit", list(COUNTER))
def test_counter_readings_of_each_hour_equal_the_journal(written: Written, unit: str) -> None:
    source, total, rejects = COUNTER[unit]
    hour = 3_600_000_000
    for tag, bad in ((total, False), (rejects, True)):
        if tag is None:
            continue
        modulus = 65_536 if tag.endswith("strokes") else 2**32
        increments = _increments(written.readings(source, tag), modulus)
        for start in range(FROM, UNTIL, hour):
            read = sum(n for at, n in increments if start <= at < start + hour)
            assert read == _truth_between(written, unit, start, start + hour, bad=bad)


def test_pieces_of_each_completed_job_equal_its_counters(written: Written) -> None:
    completed = [line for line in written.persons if line["action"] == "job_complete"]
    started = {
        line["order"]: line["t"] for line in written.persons if line["action"] == "job_start"
    }
    assert len(completed) > 30
    for line in completed:
        source, tag, _ = COUNTER[line["work_unit"]]
        modulus = 65_536 if tag.endswith("strokes") else 2**32
        counted = sum(
            n
            for at, n in _increments(written.readings(source, tag), modulus)
            if started[line["order"]] <= at < line["t"]
        )
        assert counted == line["good"] + line["scrap"]


def test_state_readings_equal_the_journal(written: Written) -> None:
    codes = {"off": 0, "stopped": 1, "running": 2, "down": 3, "setup": 4, "waiting": 5}
    truth: list[tuple[int, int]] = []
    for line in written.truth:
        if line["kind"] == "state" and line["unit"] == "press-2":
            code = codes[line["state"]]
            if not truth or truth[-1][1] != code:
                truth.append((line["t"], code))
    assert written.readings("press_plc", "press2_state") == truth


def test_typed_scrap_is_all_the_scrap_of_the_washer(written: Written) -> None:
    typed = [line for line in written.persons if line["action"] == "scrap"]
    assert {line["work_unit"] for line in typed} == {"washer-1"}
    assert sum(line["quantity"] for line in typed) == pieces(written.truth, "washer-1")[False]
    assert all(line["at"] <= line["t"] <= UNTIL for line in typed)


def test_lines_are_in_the_order_of_time(written: Written) -> None:
    assert written.lines[0]["kind"] == "head"
    latest = 0
    for line in written.lines[1:]:
        if line["kind"] == "person":
            assert line["t"] >= latest
            latest = line["t"]
        else:
            assert all(record[7] >= latest for record in line["records"])
            assert line["covered_until"] >= max((r[7] for r in line["records"]), default=0)
    later: int | None = None
    for line in reversed(written.lines):
        if line["kind"] == "person":
            later = line["t"]
        elif later is not None and line["kind"] == "records":
            assert all(record[7] <= later for record in line["records"])


def test_sequence_numbers_rise_by_one_and_the_last_line_covers_all(written: Written) -> None:
    seq: dict[tuple[str, str], int] = defaultdict(int)
    covered: dict[tuple[str, str], int] = {}
    for line in written.lines:
        if line["kind"] != "records":
            continue
        key = (line["source"], line["stream"])
        assert line["epoch"] == written.lines[0]["epoch"]
        covered[key] = line["covered_until"]
        for record in line["records"]:
            seq[key] += 1
            assert record[0] == seq[key]
    assert {key[0] for key in covered} == set(written.lines[0]["sources"])
    assert set(covered.values()) == {UNTIL}


def test_readings_stay_between_begin_and_end(written: Written) -> None:
    for line in written.lines:
        for record in line.get("records", []):
            assert FROM <= record[7] <= UNTIL
            assert record[6] in (None, record[7])


def test_event_tags_have_a_first_reading_at_the_begin(written: Written) -> None:
    for source, total, rejects in COUNTER.values():
        for tag in (total, rejects):
            if tag is not None:
                assert written.readings(source, tag)[0][0] == FROM


def test_orders_are_made_released_and_dispatched_before_they_start(written: Written) -> None:
    steps: dict[str, list[str]] = defaultdict(list)
    for line in written.persons:
        if "order" in line and line["action"] != "scrap":
            steps[line["order"]].append(line["action"])
    whole = ["order_create", "order_release", "job_dispatch", "job_start", "job_complete"]
    for actions in steps.values():
        assert actions[: len(whole)] == whole[: len(actions)]
        assert actions[len(whole) :] in ([], ["order_close"])
    waiting = [order for order, actions in steps.items() if len(actions) == 3]
    running = [order for order, actions in steps.items() if len(actions) == 4]
    assert len(waiting) == 2 * len(COUNTER)
    assert len(COUNTER) - 1 <= len(running) <= len(COUNTER)


def test_at_most_one_job_of_a_machine_runs_at_a_time(written: Written) -> None:
    loaded: dict[str, str] = {}
    for line in written.persons:
        if line["action"] == "job_start":
            assert line["work_unit"] not in loaded
            loaded[line["work_unit"]] = line["order"]
        elif line["action"] == "job_complete":
            assert loaded.pop(line["work_unit"]) == line["order"]


def test_every_explained_stop_is_a_stop_of_the_signals(written: Written) -> None:
    explained = [line for line in written.persons if line["action"] == "stop_reason"]
    assert len(explained) > 100
    for line in explained:
        if not line["work_unit"].startswith("press"):
            continue
        tag = line["work_unit"].replace("-", "") + "_state"
        readings = written.readings("press_plc", tag)
        family = {0: "s", 1: "s", 3: "s", 4: "setup", 5: "waiting", 2: "run"}
        at_start = [family[code] for at, code in readings if at <= line["start"]]
        assert at_start[-1] != "run"
        assert at_start[-1] != at_start[-2]
        assert line["end"] is None or line["end"] <= line["t"]
        assert line["start"] < line["t"]


def test_the_three_latest_long_stops_are_left_unexplained(written: Written) -> None:
    explained = {
        (line["work_unit"], line["start"])
        for line in written.persons
        if line["action"] == "stop_reason"
    }
    long = _long_unplanned(written)
    assert len([stop for stop in long[-3:] if stop not in explained]) == 3
    last_day = [stop for stop in long if stop[1] > UNTIL - 20 * 3_600_000_000]
    assert len([stop for stop in last_day if stop not in explained]) == 3
    assert len(last_day) > 6


def _long_unplanned(written: Written) -> list[tuple[str, int]]:
    """Ended stops with more than five minutes outside breaks and off, by start."""
    quiet = ("lunch", "rest", "night-meal", None)
    found: list[tuple[int, str]] = []
    current: dict[str, list[tuple[int, str | None]]] = {}
    for line in written.truth:
        if line["kind"] != "state":
            continue
        unit = line["unit"]
        if line["state"] in ("stopped", "down", "off"):
            current.setdefault(unit, []).append((line["t"], line["reason"]))
            continue
        marks = [*current.pop(unit, []), (line["t"], None)]
        open_us = sum(
            after[0] - before[0]
            for before, after in itertools.pairwise(marks)
            if before[1] not in quiet
        )
        if open_us >= 300_000_000:
            found.append((marks[0][0], unit))
    return [(unit, start) for start, unit in sorted(found)]


def test_persons_and_reasons_are_known(written: Written) -> None:
    badges = {person["badge"] for person in written.lines[0]["persons"]}
    file = SCENARIOS["demo"].plant_file(modbus_port=1, opcua_port=2)
    assert {line["person"] for line in written.persons} <= badges
    for line in written.persons:
        if "reason" in line:
            assert f"code: {line['reason']}," in file


def test_an_open_sensor_is_bad_and_no_number(written: Written) -> None:
    records = [
        record
        for line in written.lines
        if line.get("source") == "furnace"
        for record in line["records"]
        if record[2] == "temperature"
    ]
    bad = [record for record in records if record[4] == 2]
    assert bad
    assert all(record[3] is None and record[5] == "sensor open" for record in bad)
    assert all(150 < record[3] < 250 for record in records if record[4] == 0)


def test_the_plant_goes_on_live_from_where_the_history_ends(tmp_path: Path) -> None:
    start, end = seoul_us(24, 8), seoul_us(24, 9, 30)
    built = build(SCENARIOS["press"], seed=3, start_us=start, job_mode=JobMode.CYCLE)
    truth = Journal(tmp_path)
    built.plant.listeners.append(truth)
    write_history(built, until=end, path=tmp_path / "history.jsonl")
    made = built.plant.machine("press-1").total
    built.plant.advance(end + 3_600_000_000)
    truth.close()
    machine = built.plant.machine("press-1")
    assert machine.total > made
    counted = pieces(journal(tmp_path), "press-1")
    assert sum(counted.values()) == machine.total
    live = [line for line in journal(tmp_path) if line["kind"] == "part" and line["t"] > end]
    assert all(line["count"] == 1 for line in live)


def test_a_week_of_the_demo_plant_is_written_in_seconds(tmp_path: Path) -> None:
    built = build(SCENARIOS["demo"], seed=7, start_us=seoul_us(16, 8), job_mode=JobMode.CYCLE)
    began = time.process_time()
    write_history(built, until=seoul_us(23, 17), path=tmp_path / "history.jsonl")
    assert time.process_time() - began < 6.0

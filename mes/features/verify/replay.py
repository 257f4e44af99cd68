"""Verifying past days: the simulators write them, mishaps spoil them, the MES takes them in.

The signals go through the same ingest as those of a running edge, at full speed; what people did
with orders goes through the same services. Then every work unit is compared with the journal of the
simulators: first what could be known of it (exactly), then what happened (explained).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from mes.clock import monotonic_s
from mes.db import Database
from mes.features.storage.opening import opened
from mes.features.verify.differences import Bounds, Story, Verdict, Wire, differences
from mes.features.verify.mishaps import Mishap, MishapKind, knowable
from mes.features.verify.noticed import noticed
from mes.features.verify.past_days import make_history, prepare, read_lines, write_spoilt
from mes.features.verify.roster import COUNTED_WITHOUT_REJECTS, SOURCES
from mes.features.verify.truth import Loaded, Made, UnitTruth, read_journal

READ_EVERY_US = 120_000_000
"""How far apart the readings of a counter that changes lie in past days."""


def verify_past(
    folder: Path,
    *,
    seed: int,
    start: int,
    end: int,
    mishaps: Sequence[Mishap],
    scenario: str = "demo",
) -> Verdict:
    """Let a plant work through past days and compare what the MES makes of them with what happened.

    Args:
        folder: empty or new; keeps everything afterwards.
        start, end: UTC microseconds of plant time.

    Raises:
        Refusal: `verify_failed`: the simulators or the loading ended with an error.
    """
    began = monotonic_s()
    folder.mkdir(parents=True, exist_ok=True)
    made = make_history(folder, scenario, seed, start, end)
    readings = write_spoilt(made, folder / "arrived.jsonl", mishaps)
    kills = [one.start for one in mishaps if one.kind is MishapKind.KILL_WEB]
    prepare(folder, scenario, end, kills)
    truth = _read_truth(folder / "simulators" / "journal.jsonl", folder / "arrived.jsonl", end)
    verdict = Verdict(seed=seed, wire=Wire.REPLAY, mishaps=mishaps, readings=readings)
    with opened(folder / "data") as database:
        _compare(database, verdict, truth, (start, end))
    verdict.seconds = monotonic_s() - began
    return verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class _Truth:
    """What happened, and what people said about it.

    Attributes:
        units: by work unit, from the journal.
        loaded: orders by work unit, from when people started them to when they completed them.
        sorted_out: pieces that people found bad where nothing counts them, by work unit.
    """

    units: Mapping[str, UnitTruth]
    loaded: Mapping[str, Sequence[Loaded]]
    sorted_out: Mapping[str, Sequence[Made]]


def _read_truth(journal: Path, arrived: Path, end: int) -> _Truth:
    with open(journal, encoding="utf-8") as file:
        lines = [line for line in read_lines(file) if line["t"] <= end and line["unit"] is not None]
    with open(arrived, encoding="utf-8") as file:
        people = [line for line in read_lines(file) if line["kind"] == "person"]
    items = {line["order"]: line["item"] for line in people if line["action"] == "order_create"}
    loaded: dict[str, list[Loaded]] = {}
    sorted_out: dict[str, list[Made]] = {}
    for line in people:
        order, unit = str(line.get("order")), str(line.get("work_unit"))
        action = line["action"]
        if action == "job_start":
            one = Loaded(job=order, item=items[order], start=line["t"], end=None)
            loaded.setdefault(unit, []).append(one)
        elif action == "job_complete":
            loads = loaded[unit]
            loads[-1] = replace(loads[-1], end=line["t"])
        elif action == "scrap":
            found = Made(at=line["at"], good=-line["quantity"], scrap=line["quantity"])
            sorted_out.setdefault(unit, []).append(found)
    return _Truth(units=read_journal(lines), loaded=loaded, sorted_out=sorted_out)


def _as_counted(truth: UnitTruth, found: Sequence[Made]) -> UnitTruth:
    """Every piece as good until somebody says otherwise."""
    counted = [Made(at=one.at, good=one.good + one.scrap, scrap=0) for one in truth.made]
    return replace(truth, made=sorted([*counted, *found], key=lambda one: one.at))


def _compare(database: Database, verdict: Verdict, truth: _Truth, window: tuple[int, int]) -> None:
    with database.reading() as session:
        for unit, happened in sorted(truth.units.items()):
            mishaps = [one for one in verdict.mishaps if one.strikes(SOURCES[unit])]
            known = knowable(happened, mishaps)
            if unit in COUNTED_WITHOUT_REJECTS:
                known = _as_counted(known, truth.sorted_out.get(unit, []))
            story = Story(
                happened=happened,
                known=known,
                loaded=truth.loaded.get(unit, []),
                mishaps=mishaps,
                bounds=Bounds(count_us=READ_EVERY_US),
            )
            verdict.differences += differences(session, story, window)
        verdict.noted = noticed(session)

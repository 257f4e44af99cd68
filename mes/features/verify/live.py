"""Verifying a plant that runs: real processes and wires, real faults, and kill -9.

`mes run` supervises web and edge; the simulators serve Modbus TCP and OPC UA. Devices fail by the
simulators, processes are killed, all at times that follow from the seed. When the plant stands
still and the spool is empty, every work unit is compared with the journal of the simulators.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from mes.clock import monotonic_s
from mes.core.instants import parse_instant
from mes.core.refusal import Refusal
from mes.features.storage.opening import opened
from mes.features.verify.delivery import delivered, unsent
from mes.features.verify.differences import Difference, Verdict, Wire, differences
from mes.features.verify.live_faults import (
    FIRST_STROKES,
    PRESSES,
    LiveFault,
    device_mishaps,
    device_options,
    everywhere,
    plan,
    rollovers,
)
from mes.features.verify.live_known import (
    BACK_S,
    STROKES_MAX_PER_S,
    Gap,
    gap_differences,
    story,
)
from mes.features.verify.live_plant import LEAD_S, PlantProcess, PlantRun
from mes.features.verify.mishaps import Mishap, MishapKind
from mes.features.verify.noticed import noticed, suspects
from mes.features.verify.orders import start_order
from mes.features.verify.roster import CYCLES, SOURCES
from mes.features.verify.truth import Loaded, UnitTruth, read_journal
from mes.features.verify.waiting import failed
from mes.models import GapFact, SignalFact, Source

BEGIN = parse_instant("2026-03-02T19:50:00+09:00")
"""A Monday, ten minutes before a change of shift."""
BEFORE_US = 10_000_000
"""Plant time before the plant begins that is looked at: everything is off."""
AFTER_US = 20_000_000
"""Plant time after the standstill that is looked at: many polls."""
READY_AFTER_S = 1.5
"""Real seconds that the simulators need until they serve."""
DRAIN_S = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveRun:
    """A plant that ran and stands still.

    Attributes:
        window: what is looked at, [from, to) in us of plant time.
        mishaps: what went wrong.
        loaded: the orders by work unit.
    """

    folder: Path
    seed: int
    speed: int
    window: tuple[int, int]
    mishaps: Sequence[Mishap]
    loaded: dict[str, list[Loaded]]

    @property
    def data(self) -> Path:
        """The data folder of the MES."""
        return self.folder / "data"


def verify_live(
    folder: Path,
    *,
    seed: int,
    plant_us: int,
    speed: int,
    kinds: Sequence[MishapKind] | None = None,
) -> Verdict:
    """Let a plant run with faults and compare what the MES makes of it with what happened.

    Args:
        folder: empty or new; keeps everything afterwards.
        plant_us: how long the plant works, in plant time.
        speed: how many times as fast as real time.
        kinds: only these faults; None: all.

    Raises:
        Refusal: `verify_failed`: a process did not start, come back or end in time.
    """
    began = monotonic_s()
    faults = plan(seed, plant_us / speed / 1e6, kinds)
    verdict = judge(run_live(folder, seed=seed, plant_us=plant_us, speed=speed, faults=faults))
    verdict.seconds = monotonic_s() - began
    return verdict


def run_live(
    folder: Path, *, seed: int, plant_us: int, speed: int, faults: Sequence[LiveFault]
) -> LiveRun:
    """Run a plant from its beginning to its standstill, with faults; afterwards nothing runs."""
    folder.mkdir(parents=True, exist_ok=True)
    stop_at = BEGIN + plant_us
    run = PlantRun(
        seed=seed,
        speed=speed,
        begin_at=BEGIN,
        stop_at=stop_at,
        first_strokes=FIRST_STROKES,
        strokes_max_per_s=STROKES_MAX_PER_S,
    )
    plant = PlantProcess(folder, run, run.clock(LEAD_S))
    try:
        plant.prepare()
        ready_s = (BEGIN - plant.clock.now_us()) / speed / 1e6 - READY_AFTER_S
        plant.start_simulators(device_options(faults, ready_s, speed))
        plant.start_supervised()
        plant.await_ready(BEFORE_US)
        loaded = {unit: [start_order(plant, unit, next(iter(CYCLES[unit])))] for unit in CYCLES}
        kills = [_strike(plant, one) for one in faults if one.is_kill]
        plant.await_plant_time(stop_at + AFTER_US)
        plant.await_covered(plant.await_halt(DRAIN_S) + AFTER_US, DRAIN_S)
        plant.end("run")
        plant.end("simulators")
    except Refusal as refusal:
        raise failed(f"{refusal.message}; logs: {folder}/*.log") from refusal
    finally:
        plant.close()
    return LiveRun(
        folder=folder,
        seed=seed,
        speed=speed,
        window=(BEGIN - BEFORE_US, stop_at + AFTER_US),
        mishaps=[*device_mishaps(plant.journal()), *kills],
        loaded=loaded,
    )


def judge(run: LiveRun) -> Verdict:
    """Compare the MES of a plant that has ended with its journal."""
    truths = read_journal(PlantProcess.journal_of(run.folder))
    mishaps = sorted([*run.mishaps, *_rollovers(truths, run)], key=lambda one: one.start)
    verdict = Verdict(seed=run.seed, wire=Wire.LIVE, mishaps=mishaps)
    with opened(run.data) as database, database.reading() as session:
        gaps = _gaps(session)
        for unit, happened in sorted(truths.items()):
            told = story(
                happened,
                loaded=run.loaded[unit],
                mishaps=mishaps,
                gaps=gaps,
                speed=run.speed,
            )
            verdict.differences += differences(session, told, run.window)
            doubted = sum(one.in_doubt for one in told.bounds.restarts)
            verdict.differences.append(
                _same(unit, "counts in doubt", doubted, suspects(session, unit))
            )
        for source in dict.fromkeys(SOURCES.values()):
            verdict.differences += gap_differences(source, mishaps, gaps, run.speed)
        verdict.differences += _delivery(session, run)
        verdict.noted = noticed(session)
        verdict.readings = session.scalar(select(func.count()).select_from(SignalFact)) or 0
    return verdict


def _strike(plant: PlantProcess, fault: LiveFault) -> Mishap:
    """Kill a process when it is due; what was done, in plant time."""
    plant.await_plant_time(BEGIN + int(fault.at_s * plant.run.speed * 1e6))
    first, last = plant.kill(fault.target, BACK_S, fault.for_s)
    return everywhere(fault.kind, first, last)


def _rollovers(truths: dict[str, UnitTruth], run: LiveRun) -> Iterator[Mishap]:
    restarts = [one.start for one in run.mishaps if one.kind is MishapKind.REBOOT]
    for unit, truth in truths.items():
        if SOURCES[unit] == PRESSES:
            yield from rollovers(truth, restarts)


def _gaps(session: Session) -> list[Gap]:
    rows = session.execute(
        select(Source.code, GapFact.start, GapFact.end)
        .join(Source, Source.id == GapFact.source_id)
        .order_by(GapFact.start)
    )
    return [Gap(source=code, start=start, end=end) for code, start, end in rows]


def _delivery(session: Session, run: LiveRun) -> Iterator[Difference]:
    """Records of each event stream, and those that still wait in the spool."""
    for stream in delivered(session):
        if stream.stored is not None:
            yield _same(stream.source, "records stored", stream.acknowledged, stream.stored)
            yield _same(stream.source, "records repeated", 0, stream.repeated)
        yield _same(stream.source, "holes in records", 0, stream.islands)
    yield _same("edge", "records not sent", 0, unsent(run.data))


def _same(unit: str, figure: str, expected: int, told: int) -> Difference:
    return Difference(unit=unit, figure=figure, happened=expected, knowable=expected, told=told)

"""Verifying past days: the simulators write them, mishaps spoil them, the MES takes them in.

The signals go through the same ingest as those of a running edge, at full speed; what people did
with orders goes through the same services. Then every work unit is compared with the journal of the
simulators: first what could be known of it (exactly), then what happened (explained).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from mes.clock import monotonic_s
from mes.core.case_model import Span
from mes.core.exact import Number
from mes.core.oee import OeeResult, compute
from mes.db import Database
from mes.features.oee.queries import unit_at
from mes.features.oee.service import unit_result
from mes.features.storage.opening import opened
from mes.features.verify.mishaps import Mishap, MishapKind, knowable, silences
from mes.features.verify.past_days import make_history, prepare, read_lines, write_spoilt
from mes.features.verify.roster import CYCLES, ON_SUNDAYS, SOURCES, plan_around, shifts_around
from mes.features.verify.truth import Loaded, Made, UnitTruth, case_of, read_journal
from mes.models import CountSuspect, GapFact, Quarantine, SignalFact

READ_EVERY_US = 120_000_000
"""How far apart the readings of a counter that changes lie in past days."""
QUANTITIES = ("good", "scrap")
COUNTED_WITHOUT_REJECTS = frozenset({"washer-1"})
"""Work units whose bad pieces only people know of."""
UNTYPED = "bad pieces that nobody has typed yet"


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One compared figure.

    Attributes:
        happened: what the journal says.
        knowable: what could be known of it after the mishaps.
        told: what the MES says.
        allowed: largest difference between the last two.
        why: what makes the first two differ; empty: nothing.
    """

    unit: str
    figure: str
    happened: float
    knowable: float
    told: float
    allowed: float = 0.0
    why: str = ""

    @property
    def agrees(self) -> bool:
        """Whether the MES told what there was to tell."""
        return abs(self.told - self.knowable) <= self.allowed + 1e-9


@dataclass(slots=True)
class Verdict:
    """What one verified stretch told."""

    seed: int
    mishaps: Sequence[Mishap]
    differences: list[Difference] = field(default_factory=list)
    noted: dict[str, int] = field(default_factory=dict)
    readings: int = 0
    seconds: float = 0.0

    @property
    def unexplained(self) -> list[Difference]:
        """Figures in which the MES tells something else than what could be known."""
        return [one for one in self.differences if not one.agrees]


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
    prepare(folder, scenario, end)
    truth = _read_truth(folder / "simulators" / "journal.jsonl", folder / "arrived.jsonl", end)
    verdict = Verdict(seed=seed, mishaps=mishaps, readings=readings)
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
            mishaps = [one for one in verdict.mishaps if one.source == SOURCES[unit]]
            loads = truth.loaded.get(unit, [])
            known = knowable(happened, mishaps)
            if unit in COUNTED_WITHOUT_REJECTS:
                known = _as_counted(known, truth.sorted_out.get(unit, []))
            given = unit_at(session, unit, window[1])
            told = unit_result(session, given, Span(*window))
            was, could = _truly(happened, loads, window), _truly(known, loads, window)
            verdict.differences += _totals(known, was, could, told, mishaps)
            verdict.differences += _shifts(session, known, mishaps, window)
        verdict.noted = _noted(session)


def _truly(truth: UnitTruth, loads: Sequence[Loaded], window: tuple[int, int]) -> OeeResult:
    return compute(
        case_of(
            truth,
            window=window,
            plan=plan_around(*window, sundays=truth.unit in ON_SUNDAYS),
            default_item=next(iter(CYCLES[truth.unit])),
            cycles=CYCLES[truth.unit],
            loaded=loads,
        )
    )


def _totals(
    truth: UnitTruth,
    happened: OeeResult,
    could: OeeResult,
    told: OeeResult,
    mishaps: Sequence[Mishap],
) -> Iterator[Difference]:
    """Pieces, time classes and OEE of the whole stretch."""
    unit = truth.unit
    kinds = sorted({one.kind.value for one in mishaps})
    reason = ", ".join(kinds)
    for name in QUANTITIES:
        yield Difference(
            unit=unit,
            figure=name,
            happened=_pieces(happened, name),
            knowable=_pieces(could, name),
            told=_pieces(told, name),
            why=UNTYPED if _pieces(happened, name) != _pieces(could, name) else "",
        )
    for kind, length in told.figures.times_us.items():
        was, known = happened.figures.times_us[kind], could.figures.times_us[kind]
        yield Difference(
            unit=unit,
            figure=f"{kind.value} s",
            happened=was / 1e6,
            knowable=known / 1e6,
            told=length / 1e6,
            why=reason if was != known else "",
        )
    values = [result.kpis["oee"] for result in (happened, could, told)]
    was_oee, known_oee, told_oee = (0.0 if one is None else float(one) * 100 for one in values)
    yield Difference(
        unit=unit,
        figure="oee %",
        happened=was_oee,
        knowable=known_oee,
        told=told_oee,
        allowed=1e-6 + _points_of_losses(truth, mishaps, told),
        why=reason if was_oee != known_oee else "",
    )


def _points_of_losses(truth: UnitTruth, mishaps: Sequence[Mishap], told: OeeResult) -> float:
    """OEE points of the pieces that nobody can place while the collector is lost.

    In past days a counter that changes is read once in a minute or two, so that the pieces before
    an edge may be counted behind it; and pieces of a pause inside a loss are taken for pieces of
    the unknown time around it, which a figure leaves out with their time.
    """
    if not told.figures.pbt_us:
        return 0.0
    pieces = 0
    for one in mishaps:
        if one.kind is MishapKind.COLLECTOR_LOSS:
            for edge in (one.start, one.end):
                pieces += max(1, sum(truth.pieces(edge - READ_EVERY_US, edge)))
            for start, end in _pauses(truth.unit, one.start, one.end):
                pieces += sum(truth.pieces(start, end))
    longest_us = max(float(cycle) for cycle in CYCLES[truth.unit].values()) * 1e6
    return 100 * pieces * longest_us / told.figures.pbt_us


def _pauses(unit: str, start: int, end: int) -> list[tuple[int, int]]:
    """The parts of a stretch in which nothing is planned."""
    plan = plan_around(start, end, sundays=unit in ON_SUNDAYS)
    inside = [(max(a, start), min(b, end)) for a, b, _ in plan.breaks]
    at = start
    for first, last in [*plan.shifts, (end, end)]:
        inside.append((at, min(first, end)))
        at = max(at, last)
    return [(a, b) for a, b in inside if a < b]


def _shifts(
    session: Session,
    known: UnitTruth,
    mishaps: Sequence[Mishap],
    window: tuple[int, int],
) -> Iterator[Difference]:
    """Pieces of each shift; of one whose edge lies in a silence, within the pieces of that."""
    given = unit_at(session, known.unit, window[1])
    for number, (start, end) in enumerate(shifts_around(*window, sundays=known.unit in ON_SUNDAYS)):
        if start < window[0] or end > window[1]:
            continue
        told = unit_result(session, given, Span(start, end))
        cut = [m for m in mishaps if silences(m) and (m.holds(start) or m.holds(end))]
        allowed = sum(_pieces_moved(known, one) for one in cut)
        for name, made in zip(QUANTITIES, _between(known, start, end), strict=True):
            yield Difference(
                unit=known.unit,
                figure=f"shift {number} {name}",
                happened=made,
                knowable=made,
                told=_pieces(told, name),
                allowed=allowed,
                why=", ".join(one.kind.value for one in cut),
            )


def _pieces_moved(truth: UnitTruth, mishap: Mishap) -> int:
    """Pieces that a shift's end inside a mishap may put on either side of it."""
    lost = mishap.kind is MishapKind.COLLECTOR_LOSS
    return sum(truth.pieces(mishap.start - READ_EVERY_US, mishap.end if lost else mishap.start))


def _between(truth: UnitTruth, start: int, end: int) -> tuple[int, int]:
    """Pieces in [start, end), as a figure takes them."""
    return truth.pieces(start - 1, end - 1)


def _pieces(result: OeeResult, name: str) -> float:
    """What entered the figure and what the policy left out, together."""
    both: list[Number] = [
        getattr(part, name) for part in (result.figures.counted, result.figures.excluded)
    ]
    return float(sum(both))


def _noted(session: Session) -> dict[str, int]:
    """What the MES noticed by itself."""

    def count(query: Any) -> int:
        return int(session.scalar(query) or 0)

    return {
        "suspect counts left for a decision": count(select(func.count()).select_from(CountSuspect)),
        "gaps": count(select(func.count()).select_from(GapFact)),
        "readings with a clock that was off": count(
            select(func.count()).select_from(SignalFact).where(SignalFact.clock_skew)
        ),
        "records put aside": count(select(func.count()).select_from(Quarantine)),
    }

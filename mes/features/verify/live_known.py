"""What could be known of a plant whose devices failed and whose processes were killed. Pure.

An edge that is back says since when it had read nothing: a gap. That time is unknown, and has to be
explained: a gap without a fault is as wrong as a fault of some length without a gap. Everywhere
else the MES has to tell what happened.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from mes.core.case_model import CounterMode
from mes.core.counters import plausible, step
from mes.core.intervals import union
from mes.features.demo.supervisor import FIRST_PAUSE_S
from mes.features.verify.differences import Bounds, Difference, Restart, Story
from mes.features.verify.live_faults import CELL, FIRST_STROKES, PRESSES
from mes.features.verify.mishaps import MODULUS, Mishap, MishapKind, knowable, leaves_unknown
from mes.features.verify.roster import CYCLES, SOURCES
from mes.features.verify.truth import Loaded, Made, UnitTruth

MODBUS_POLL_US = 1_000_000
OPCUA_PUBLISH_US = 250_000
SHORTEST_REAL_POLL_US = 10_000
LATE_S = 1.0
"""Real seconds that a reading may take: a poll on a busy computer, the way to a wrong clock."""
UNTOLD_S = 1.5
"""Longest real silence without a gap: a device is asked twice, half a second each."""
UNTOLD_OF_KILL_S = 0.25
"""The same after a kill: what an edge read right before it may be on disk."""
BACK_S = 30.0
"""Real seconds after the end of a fault within which the source is read again."""
STROKES_MAX_PER_S = 20
"""More strokes a second than even a late look and the next one show: what tells a restarted counter
from a full turn."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """A time (us) in which the edge says that it read nothing of a source."""

    source: str
    start: int
    end: int


def story(
    happened: UnitTruth,
    *,
    loaded: Sequence[Loaded],
    mishaps: Sequence[Mishap],
    gaps: Sequence[Gap],
    speed: int,
) -> Story:
    """A work unit with what could be known of it.

    Args:
        mishaps: all of the run.
        gaps: all of the run.
    """
    source = SOURCES[happened.unit]
    own = [one for one in mishaps if one.strikes(source)]
    silent = [one for one in gaps if one.source == source]
    restarts = [one.start for one in own if one.kind is MishapKind.REBOOT]
    losses = [_loss(one, own, speed) for one in silent]
    stood = [_stood(one, silent) for one in own if one.kind is MishapKind.FROZEN]
    look_us = poll_us(happened.unit, speed)
    late_us = int(LATE_S * speed * 1e6)
    known, begun_again = _restarted(happened, restarts, silent, look_us, late_us)
    known = replace(known, lags={**known.lags, **_skewed(happened, own, speed)})
    return Story(
        happened=happened,
        known=knowable(known, [*stood, *losses]),
        loaded=loaded,
        mishaps=[*stood, *losses, *(one for one in own if not _is_told_by_gaps(one))],
        bounds=Bounds(
            poll_us=look_us,
            count_us=look_us,
            cut_us=look_us + late_us,
            restarts=begun_again,
        ),
    )


def gap_differences(
    source: str, mishaps: Sequence[Mishap], gaps: Sequence[Gap], speed: int
) -> Iterator[Difference]:
    """Each gap beside the faults that explain it, and each silence beside the gaps that tell it.

    Args:
        mishaps: all of the run.
        gaps: all of the run.
    """
    own = [one for one in gaps if one.source == source]
    faults = [
        _until_back(one, speed)
        for one in mishaps
        if one.strikes(source) and _silences_the_wire(one)
    ]
    for number, gap in enumerate(own):
        reasons = [one for one in faults if _explains(one, gap, speed)]
        explained_us = _common(gap, reasons)
        yield Difference(
            unit=source,
            figure=f"gap {number} s",
            happened=explained_us / 1e6,
            knowable=explained_us / 1e6,
            told=(gap.end - gap.start) / 1e6,
            allowed_more=(BACK_S if reasons else 0.0) * speed,
            why=", ".join(sorted({one.kind.value for one in reasons})),
        )
    for number, fault in enumerate(faults):
        lasted_us = fault.end - fault.start
        untold_s = UNTOLD_OF_KILL_S if fault.kind is MishapKind.KILL_EDGE else UNTOLD_S
        yield Difference(
            unit=source,
            figure=f"silence {number} s",
            happened=lasted_us / 1e6,
            knowable=lasted_us / 1e6,
            told=_common(fault, own) / 1e6,
            allowed=untold_s * speed,
            why=fault.kind.value,
        )


def _until_back(fault: Mishap, speed: int) -> Mishap:
    """A fault; a killed edge is away for its parent's pause at least."""
    if fault.kind is not MishapKind.KILL_EDGE:
        return fault
    return replace(fault, end=fault.end + int(FIRST_PAUSE_S * speed * 1e6))


def _common(one: Mishap | Gap, others: Sequence[Mishap | Gap]) -> int:
    """How much (us) of a stretch is covered by others."""
    inside = [(max(one.start, other.start), min(one.end, other.end)) for other in others]
    return sum(end - start for start, end in union(inside))


def _explains(fault: Mishap, gap: Gap, speed: int) -> bool:
    """Whether a fault lies in a gap; what was read while it began may be told after its end."""
    return fault.start <= gap.end and gap.start <= fault.end + int(LATE_S * speed * 1e6)


def _silences_the_wire(mishap: Mishap) -> bool:
    return leaves_unknown(mishap) or mishap.kind is MishapKind.REBOOT


def _is_told_by_gaps(mishap: Mishap) -> bool:
    return leaves_unknown(mishap) or mishap.kind is MishapKind.FROZEN


def _loss(gap: Gap, mishaps: Sequence[Mishap], speed: int) -> Mishap:
    """A gap as the loss that it is."""
    killed = any(one.kind is MishapKind.KILL_EDGE and _explains(one, gap, speed) for one in mishaps)
    kind = MishapKind.KILL_EDGE if killed else MishapKind.COLLECTOR_LOSS
    return Mishap(kind=kind, source=gap.source, start=gap.start, end=gap.end)


def _stood(frozen: Mishap, gaps: Sequence[Gap]) -> Mishap:
    """Since when its values stood: a controller that nobody asked shows what it was asked last.

    The cell's server shows what it was told last, asked or not.
    """
    if frozen.source == CELL:
        return frozen
    start = min([frozen.start, *(one.start for one in gaps if one.start <= frozen.start < one.end)])
    return replace(frozen, start=start)


def _skewed(truth: UnitTruth, mishaps: Sequence[Mishap], speed: int) -> Mapping[int, int]:
    """How late changes are known whose clock is off, so that their arrival counts."""
    skews = [one for one in mishaps if one.kind is MishapKind.CLOCK_SKEW]
    late_us = int(LATE_S * speed * 1e6)
    return {at: late_us for at, _, _ in truth.states if any(one.holds(at) for one in skews)}


def _restarted(
    truth: UnitTruth, restarts: Sequence[int], gaps: Sequence[Gap], look_us: int, late_us: int
) -> tuple[UnitTruth, list[Restart]]:
    """The pieces that counters can tell which begin again at 0 while nobody reads them.

    Args:
        late_us: how long after the word to restart a device may still be read as before.
    """
    if SOURCES[truth.unit] != PRESSES:
        return truth, []
    before = 0
    made, found = list(truth.made), []
    for at in sorted(restarts):
        gap = next((one for one in gaps if one.start - late_us <= at < one.end), None)
        if gap is None:
            continue
        counted, in_doubt = _counted_over(truth, before, max(at, gap.start), gap)
        made = [*(one for one in made if not gap.start < one.at <= gap.end), counted]
        near = [truth.pieces(edge - look_us, edge + look_us) for edge in (gap.start, gap.end)]
        pieces = sum(map(sum, near))
        found.append(Restart(start=gap.start, end=gap.end, pieces=pieces, in_doubt=in_doubt))
        before = at
    return replace(truth, made=sorted(made, key=lambda one: one.at)), found


def _counted_over(truth: UnitTruth, before: int, restart: int, gap: Gap) -> tuple[Made, bool]:
    """What the counters of a press tell over a gap in which they begin again.

    Args:
        before: instant (us) of the restart before; 0: there was none.

    Returns:
        The pieces, and whether the strokes are not believed, so that they wait for a decision.
    """
    good_old, scrap_old = truth.pieces(before, gap.start)
    good_new, scrap_new = truth.pieces(restart, gap.end)
    first = 0 if before else FIRST_STROKES
    old = (first + good_old + scrap_old) % MODULUS
    strokes, _ = step(CounterMode.ROLLOVER, old, good_new + scrap_new, MODULUS)
    in_doubt = not plausible(strokes, gap.end - gap.start, STROKES_MAX_PER_S)
    scrap, _ = step(CounterMode.RESETTABLE, scrap_old, scrap_new, None)
    good = (0 if in_doubt else strokes) - scrap
    return Made(at=gap.end - 1, good=int(good), scrap=int(scrap)), in_doubt


def poll_us(unit: str, speed: int) -> int:
    """Plant time between two looks at a work unit."""
    asked = OPCUA_PUBLISH_US if SOURCES[unit] == CELL else MODBUS_POLL_US
    return max(asked, SHORTEST_REAL_POLL_US * speed)


def pieces_of_a_poll(unit: str, speed: int) -> int:
    """The most pieces that a work unit makes between two looks."""
    shortest_us = int(min(float(text) for text in CYCLES[unit].values()) * 900_000)
    return -(-poll_us(unit, speed) // shortest_us)

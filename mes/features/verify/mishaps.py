"""What goes wrong between a plant and its MES, done to recorded signals. Pure and seeded.

A mishap changes what arrives, and what anybody could know from it: `spoil` does the first,
`knowable` the second to the truth of a work unit. Where the two agree with the MES, it told exactly
what there was to tell.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from mes.features.verify.truth import Made, UnitTruth

MINUTE_US = 60_000_000
HOUR_US = 60 * MINUTE_US
MODULUS = 65_536
"""Of the stroke counters of the presses."""
SKEW_US = 90_000_000
LATE_BY_US = 9 * HOUR_US
RESENT_US = 3 * MINUTE_US
"""What an edge that was killed sends a second time: more than the time between two readings."""
ROLLOVER = "strokes"
"""Part of the names of the tags that roll over; other counters of the presses are resettable."""
COUNTERS = ("strokes", "rejects", "count", "parts")
EDGE_DOWN = "edge_down"
EVERY = "every source"

Line = dict[str, Any]
Record = list[Any]
SEQ, KIND, TAG, VALUE, QUALITY, REASON, SOURCE_TIME, RECEIVED, GAP_FROM = range(9)


class MishapKind(StrEnum):
    """What goes wrong."""

    COLLECTOR_LOSS = "collector-loss"
    """The edge is down: nothing is read, the counters go on."""
    REBOOT = "plc-reboot"
    """The controller starts again and each counter with it, at 0, right after it was read."""
    FROZEN = "frozen"
    """The device answers, its values stand still."""
    CLOCK_SKEW = "clock-skew"
    """Source times are 90 s ahead."""
    LATE = "late-delivery"
    """Records arrive hours after those that follow them."""
    REPEATED = "repeated"
    """Records arrive twice."""
    ROLLOVER = "rollover"
    """A counter turns past its modulus."""
    KILL_EDGE = "kill-edge"
    """kill -9 of the edge: nothing is read until it is back, its spool is sent on."""
    KILL_WEB = "kill-web"
    """kill -9 of the process that takes records in: they are sent again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mishap:
    """One of them, in [start, end) (UTC microseconds), to one source; `EVERY`: to all of them."""

    kind: MishapKind
    source: str
    start: int
    end: int

    def strikes(self, source: str) -> bool:
        """Whether it hits a source."""
        return self.source in {source, EVERY}

    def holds(self, at: int) -> bool:
        """Whether an instant lies in it."""
        return self.start <= at < self.end


LENGTHS: Mapping[MishapKind, tuple[int, int]] = {
    MishapKind.COLLECTOR_LOSS: (5 * MINUTE_US, 3 * HOUR_US),
    MishapKind.REBOOT: (1, 1),
    MishapKind.FROZEN: (2 * MINUTE_US, 40 * MINUTE_US),
    MishapKind.CLOCK_SKEW: (HOUR_US, 6 * HOUR_US),
    MishapKind.LATE: (HOUR_US, 5 * HOUR_US),
    MishapKind.REPEATED: (HOUR_US, 5 * HOUR_US),
    MishapKind.KILL_EDGE: (3_000_000, 40_000_000),
    MishapKind.KILL_WEB: (0, 0),
}
"""Shortest and longest, us."""
POSSIBLE: Mapping[str, tuple[MishapKind, ...]] = {
    "press_plc": (
        MishapKind.COLLECTOR_LOSS,
        MishapKind.REBOOT,
        MishapKind.FROZEN,
        MishapKind.LATE,
        MishapKind.REPEATED,
        MishapKind.KILL_EDGE,
    ),
    "remote_io": (
        MishapKind.COLLECTOR_LOSS,
        MishapKind.FROZEN,
        MishapKind.LATE,
        MishapKind.REPEATED,
        MishapKind.KILL_EDGE,
    ),
    "cnc_cell": (
        MishapKind.COLLECTOR_LOSS,
        MishapKind.FROZEN,
        MishapKind.CLOCK_SKEW,
        MishapKind.LATE,
        MishapKind.REPEATED,
        MishapKind.KILL_EDGE,
    ),
    EVERY: (MishapKind.KILL_WEB,),
}
"""What goes wrong in past days, by source."""
PAST_KINDS = frozenset(kind for kinds in POSSIBLE.values() for kind in kinds)


def scatter(
    seed: int, start: int, end: int, *, per_week: int = 2, kinds: Iterable[MishapKind] | None = None
) -> list[Mishap]:
    """Mishaps of every kind at random times, those of one source well apart from each other.

    Args:
        per_week: how many of each kind strike each source in a week.
        kinds: only these; None: all.
    """
    chance = random.Random(seed)  # noqa: S311 - a test plan, not a secret
    wanted = set(kinds) if kinds is not None else set(MishapKind)
    found: list[Mishap] = []
    for source, possible in POSSIBLE.items():
        taken: list[tuple[int, int]] = []
        weeks = max(1, round((end - start) / (7 * 24 * HOUR_US)))
        for kind in possible:
            for _ in range(per_week * weeks if kind in wanted else 0):
                place = _free_place(chance, taken, start, end, LENGTHS[kind])
                if place is not None:
                    taken.append(place)
                    found.append(Mishap(kind=kind, source=source, start=place[0], end=place[1]))
    return sorted(found, key=lambda one: (one.start, one.source))


def _free_place(
    chance: random.Random,
    taken: Sequence[tuple[int, int]],
    start: int,
    end: int,
    lengths: tuple[int, int],
) -> tuple[int, int] | None:
    for _ in range(100):
        length = chance.randint(*lengths)
        first, last = start + HOUR_US, end - LATE_BY_US - length - HOUR_US
        if last <= first:
            return None
        at = chance.randint(first, last)
        if all(at >= b + HOUR_US or at + length + HOUR_US <= a for a, b in taken):
            return at, at + length
    return None


def spoil(lines: Iterable[Line], mishaps: Sequence[Mishap]) -> Iterator[Line]:
    """The lines of a history file as they arrive when these mishaps happen.

    Args:
        lines: head, records and people, in order of time; records of samples are left out.
    """
    sources = {
        name: _Source([m for m in mishaps if m.strikes(name)]) for name in POSSIBLE if name != EVERY
    }
    late: list[tuple[int, Line]] = []
    for line in lines:
        if line["kind"] != "records":
            yield line
            continue
        if line["stream"] != "event" or line["source"] not in sources:
            continue
        now = int(line["covered_until"])
        due = [one for one in late if one[0] <= now]
        late = [one for one in late if one[0] > now]
        for _, held in due:
            yield held
        source = sources[line["source"]]
        for arrived in source.take(line):
            delay = source.delay(arrived)
            if delay:
                late.append((now + delay, arrived))
            else:
                yield arrived
            if source.is_repeated(arrived):
                yield arrived
    for _, held in late:
        yield held


@dataclass(slots=True)
class _Source:
    """One source as its records pass by."""

    mishaps: Sequence[Mishap]
    shown: dict[str, Record] = field(default_factory=dict)
    bases: dict[str, int] = field(default_factory=dict)
    raw: dict[str, int] = field(default_factory=dict)
    silent: Mishap | None = None
    changed: set[str] = field(default_factory=set)
    begun: set[Mishap] = field(default_factory=set)
    restarting: set[str] = field(default_factory=set)
    seq: int = 0

    def take(self, line: Line) -> Iterator[Line]:
        """What arrives of a line: one line, or none while nothing is read."""
        records: list[Record] = []
        until = int(line["covered_until"])
        for record in line["records"]:
            records += self._before(int(record[RECEIVED]))
            records += self._passed(list(record))
        records += self._before(until + 1)
        covered = until
        if self.silent is not None and leaves_unknown(self.silent):
            covered = min(until, self.silent.start)
        for record in records:
            self.seq += 1
            record[SEQ] = self.seq
        if records or covered == until:
            yield {**line, "records": records, "covered_until": covered}

    def delay(self, line: Line) -> int:
        """How much later (us) a line arrives than it should."""
        return LATE_BY_US if self._is_hit(line, MishapKind.LATE) else 0

    def is_repeated(self, line: Line) -> bool:
        """Whether a line arrives twice: the last ones before a kill were not acknowledged yet."""
        until = int(line["covered_until"])
        return self._is_hit(line, MishapKind.REPEATED) or any(
            m.kind is MishapKind.KILL_EDGE and m.start - RESENT_US < until <= m.start
            for m in self.mishaps
        )

    def _is_hit(self, line: Line, kind: MishapKind) -> bool:
        times = [int(record[RECEIVED]) for record in line["records"] if record[KIND] == "v"]
        return any(m.kind is kind and any(map(m.holds, times)) for m in self.mishaps)

    def _before(self, now: int) -> Iterator[Record]:
        """What begins and ends before an instant."""
        for mishap in self.mishaps:
            if mishap.start >= now or mishap in self.begun:
                continue
            self.begun.add(mishap)
            if mishap.kind is MishapKind.REBOOT:
                self.restarting |= set(self.raw)
            elif silences(mishap):
                yield from self._back()
                self.silent = mishap
        if self.silent is not None and self.silent.end < now:
            yield from self._back()

    def _passed(self, record: Record) -> Iterator[Record]:
        """A reading as the wire shows it."""
        tag = str(record[TAG])
        if _is_counter(tag) and record[VALUE] is not None:
            self.raw[tag] = int(record[VALUE])
            record[VALUE] = self._counted(tag)
        at = int(record[RECEIVED])
        for mishap in self.mishaps:
            if mishap.kind is MishapKind.CLOCK_SKEW and mishap.holds(at):
                record[SOURCE_TIME] = int(record[SOURCE_TIME]) + SKEW_US
        self.shown[tag] = record
        if self.silent is not None and at >= self.silent.start:
            self.changed.add(tag)
            return
        yield record
        if tag in self.restarting:
            self.restarting.discard(tag)
            self.bases[tag] = self.raw[tag]
            yield self._again(tag, at + 1, None)

    def _counted(self, tag: str) -> int:
        counted = self.raw[tag] - self.bases.get(tag, 0)
        return counted % MODULUS if ROLLOVER in tag else counted

    def _back(self) -> Iterator[Record]:
        """The device can be read again: everything it shows now, or what has changed."""
        ended, self.silent = self.silent, None
        if ended is None:
            return
        if leaves_unknown(ended):
            yield [0, "g", ended.start, ended.end, EDGE_DOWN]
            for tag in sorted(self.shown):
                yield self._again(tag, ended.end, ended.start)
        else:
            for tag in sorted(self.changed):
                yield self._again(tag, ended.end, None)
        self.changed.clear()

    def _again(self, tag: str, at: int, gap_from: int | None) -> Record:
        record = list(self.shown[tag])
        if tag in self.raw:
            record[VALUE] = self._counted(tag)
        if record[SOURCE_TIME] is not None:
            record[SOURCE_TIME] = at
        record[RECEIVED], record[GAP_FROM] = at, gap_from
        return record


def silences(mishap: Mishap) -> bool:
    """Whether no reading arrives while it lasts."""
    return leaves_unknown(mishap) or mishap.kind is MishapKind.FROZEN


def hides(mishap: Mishap) -> bool:
    """Whether something that happened while it lasted cannot be known, or not in time."""
    return silences(mishap) or mishap.kind is MishapKind.REBOOT


def leaves_unknown(mishap: Mishap) -> bool:
    """Whether it is known that nobody read while it lasted."""
    return mishap.kind in {MishapKind.COLLECTOR_LOSS, MishapKind.KILL_EDGE}


def _is_counter(tag: str) -> bool:
    return tag.rpartition("_")[2] in COUNTERS


def knowable(truth: UnitTruth, mishaps: Sequence[Mishap]) -> UnitTruth:
    """What could be known of a work unit: unknown while nobody read, late while values stood.

    Args:
        mishaps: of the work unit's source.
    """
    for mishap in mishaps:
        if silences(mishap):
            truth = _silenced(truth, mishap)
    return truth


def _silenced(truth: UnitTruth, mishap: Mishap) -> UnitTruth:
    before = [one for one in truth.states if one[0] < mishap.start]
    inside = [one for one in truth.states if mishap.holds(one[0])]
    after = [one for one in truth.states if one[0] >= mishap.end]
    last = (inside or before)[-1]
    back = [(mishap.end, last[1], last[2])]
    lags = _lags_after(truth, inside, mishap.end)
    if leaves_unknown(mishap):
        unknown = (mishap.start, "unknown", None)
        return replace(truth, states=[*before, unknown, *back, *after], lags=lags)
    made = [
        Made(at=mishap.end, good=one.good, scrap=one.scrap)
        if mishap.start <= one.at <= mishap.end
        else one
        for one in truth.made
    ]
    return replace(truth, states=[*before, *back, *after], made=made, lags=lags)


def _lags_after(
    truth: UnitTruth, inside: Sequence[tuple[int, str, str | None]], end: int
) -> Mapping[int, int]:
    """How late the changes inside a silence were seen, counted from its end."""
    seen = [at + truth.lags[at] for at, _, _ in inside if at in truth.lags]
    return {**truth.lags, end: max([0, *(at - end for at in seen)])}

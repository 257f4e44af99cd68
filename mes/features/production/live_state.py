"""What ingest keeps per work unit so that a tile is one row: closed sums and the open tail.

Sums are closed up to `sealed`; everything from there on lies in the tail as records, runs and
bookings, so that a reader adds it with the same kernel. The row follows from the facts alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import Any

from mes.core.derive.reading import LastPulse
from mes.core.derive.records import ReasonSource, StateRecord
from mes.core.derive.runs import Item, JobRun
from mes.core.derive.signals import State
from mes.core.exact import Number, simplified
from mes.core.flags import Flag
from mes.core.tally import EMPTY, Tally
from mes.features.production.bookings import Booking, Mark
from mes.features.production.facts import FactRow
from mes.features.production.parts import PartKey, Parts

SCHEMA = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Unexplained:
    """A closed stop of the period that still needs a reason: its start and how much of it (us)."""

    start: int
    end: int
    us: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveState:
    """Closed sums and open tail of a work unit; instants in UTC microseconds.

    Attributes:
        origin: where sums begin.
        sealed: where the closed sums end; a whole minute.
        last_fact: event time of the latest fact.
        cell: sums of the hour cell that holds `sealed`, up to there, by job and item.
        period_start: start of the shift or day that `period` speaks of.
        period: sums of that shift or day up to `sealed`.
        priors: the last usable reading of each counter before `sealed`.
        jobs: good, scrap, rework of the jobs of the tail before `sealed`, by job id.
        records: state records from the standstill that holds `sealed` on.
        runs: job and default runs that end after `period_start`.
        bookings: pieces from `sealed` on.
        marks: flags of readings from `sealed` on.
        unexplained: closed stops of the period without a reason.
        pulse: the last count, where counts tell the state.
        checks: suspect counts before `sealed` that wait for a person.
        last_suspect: instant of the last suspect count, decided or not; None: there is none.
    """

    origin: int
    sealed: int
    last_fact: int
    cell: Parts = field(default_factory=dict)
    period_start: int = 0
    period: Tally = EMPTY
    priors: tuple[FactRow, ...] = ()
    jobs: Mapping[int, tuple[Number, Number, Number]] = field(default_factory=dict)
    records: tuple[StateRecord, ...] = ()
    runs: tuple[JobRun, ...] = ()
    bookings: tuple[Booking, ...] = ()
    marks: tuple[Mark, ...] = ()
    unexplained: tuple[Unexplained, ...] = ()
    pulse: LastPulse | None = None
    checks: int = 0
    last_suspect: int | None = None

    @property
    def open_checks(self) -> int:
        """Suspect counts that wait for a person, those of the tail included."""
        return self.checks + sum(1 for mark in self.marks if mark.flag is Flag.COUNTER_SUSPECT)

    def to_json(self) -> dict[str, Any]:
        """JSON data that `from_json` reads back."""
        items = item_numbers(self)
        return {
            "v": SCHEMA,
            "origin": self.origin,
            "sealed": self.sealed,
            "last_fact": self.last_fact,
            "cell": [[*key, sums.to_json()] for key, sums in sorted(self.cell.items())],
            "period_start": self.period_start,
            "period": self.period.to_json(),
            "priors": [list(row) for row in self.priors],
            "jobs": [[job, *map(_number, sums)] for job, sums in sorted(self.jobs.items())],
            "records": [record_to_json(record) for record in self.records],
            "items": [_item(item) for item in items if item is not None],
            "runs": [[r.job, items[r.item], r.start, r.end] for r in self.runs],
            "bookings": [booking_to_json(booking, items) for booking in self.bookings],
            "marks": [[at, str(flag)] for at, flag in self.marks],
            "unexplained": [[u.start, u.end, u.us] for u in self.unexplained],
            "pulse": None if self.pulse is None else [self.pulse.at, self.pulse.idle_after_us],
            "checks": self.checks,
            "last_suspect": self.last_suspect,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any] | None) -> LiveState | None:
        """Read what `to_json` wrote; None: nothing has been derived yet, or by an older program."""
        if not data or data.get("v") != SCHEMA:
            return None
        items = [_item_from(entry) for entry in data["items"]]

        def item(number: int) -> Item | None:
            return None if number < 0 else items[number]

        return cls(
            origin=data["origin"],
            sealed=data["sealed"],
            last_fact=data["last_fact"],
            cell={
                PartKey(job, material): Tally.from_json(sums)
                for job, material, sums in data["cell"]
            },
            period_start=data["period_start"],
            period=Tally.from_json(data["period"]),
            priors=tuple(FactRow(*row) for row in data["priors"]),
            jobs={
                job: (_exact(good), _exact(scrap), _exact(rework))
                for job, good, scrap, rework in data["jobs"]
            },
            records=tuple(record_from_json(row) for row in data["records"]),
            runs=tuple(
                JobRun(job=job, item=item(number), start=start, end=end)
                for job, number, start, end in data["runs"]
            ),
            bookings=tuple(
                Booking(
                    at,
                    job,
                    item(number),
                    _exact(good),
                    _exact(scrap),
                    _exact(rework),
                    _exact(startup),
                    estimated,
                )
                for at, job, number, good, scrap, rework, startup, estimated in data["bookings"]
            ),
            marks=tuple(Mark(at, Flag(flag)) for at, flag in data["marks"]),
            unexplained=tuple(
                Unexplained(start=start, end=end, us=us) for start, end, us in data["unexplained"]
            ),
            pulse=None
            if data["pulse"] is None
            else LastPulse(at=data["pulse"][0], idle_after_us=data["pulse"][1]),
            checks=data.get("checks", 0),
            last_suspect=data.get("last_suspect"),
        )


def item_numbers(live: LiveState) -> dict[Item | None, int]:
    """The place of each item of the tail in its JSON; None: -1."""
    items: dict[Item | None, int] = {None: -1}
    for run in live.runs:
        items.setdefault(run.item, len(items) - 1)
    for booking in live.bookings:
        items.setdefault(booking.item, len(items) - 1)
    return items


def booking_to_json(booking: Booking, items: Mapping[Item | None, int]) -> list[Any]:
    """A booking as a JSON list."""
    return [
        booking.at,
        booking.job,
        items[booking.item],
        *map(_number, booking[3:7]),
        booking.estimated,
    ]


def record_to_json(record: StateRecord) -> list[Any]:
    """A state record as a JSON list."""
    return [
        record.start,
        record.end,
        record.state.value,
        record.stop_start,
        record.reason,
        None if record.reason_source is None else record.reason_source.value,
        record.command_id,
    ]


def record_from_json(row: Sequence[Any]) -> StateRecord:
    """Read what `record_to_json` wrote, or the columns of a stored row in that order."""
    start, end, state, stop_start, reason, source, command_id = row
    return StateRecord(
        start=start,
        end=end,
        state=State(state),
        stop_start=stop_start,
        reason=reason,
        reason_source=None if source is None else ReasonSource(source),
        command_id=command_id,
    )


def _item(item: Item) -> list[Any]:
    cycle = item.ideal_cycle_s
    return [item.material, None if cycle is None else str(cycle), _number(item.pieces_per_cycle)]


def _item_from(entry: Sequence[Any]) -> Item:
    material, cycle, pieces = entry
    return Item(
        material=material,
        ideal_cycle_s=None if cycle is None else Decimal(cycle),
        pieces_per_cycle=_exact(pieces),
    )


def _number(value: Number) -> int | str:
    value = simplified(value)
    return value if isinstance(value, int) else f"{value.numerator}/{value.denominator}"


def _exact(value: int | str) -> Number:
    return value if isinstance(value, int) else simplified(Fraction(value))

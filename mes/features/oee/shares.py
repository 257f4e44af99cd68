"""Which share of a window's sums a grouped figure is, and the cases that it is the sum of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from sqlalchemy import select
from sqlalchemy.orm import Session

from mes.core.case_bundle import Entry
from mes.core.case_model import Span
from mes.core.policies import Policy
from mes.core.refusal import Refusal
from mes.features.oee.service import CASE_MAX_US, Known, job_namer, unit_case, unit_stretch
from mes.features.oee.windows import instant_argument
from mes.features.production.bookings import NO_JOB
from mes.features.production.masters import Masters, WorkUnit
from mes.features.production.parts import PartKey, part_entries
from mes.features.production.plan import Cell
from mes.features.production.tile import instant
from mes.models import JobOrder


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """What a figure is narrowed to; None: not by that, empty text: what has none of it.

    Attributes:
        item: code of an item; time belongs to the one that is loaded, pieces to their own.
        order: number of a job order, likewise.
        shift: code of a shift, empty: time in no shift.
        crew: code of a crew.
        days: first and last production day, for work units whose days begin at other instants.
        hour: the instant at which an hour begins, for work units whose hours are cut otherwise.
    """

    item: str | None = None
    order: str | None = None
    shift: str | None = None
    crew: str | None = None
    days: tuple[date, date] | None = None
    hour: int | None = None

    def arguments(self) -> dict[str, str]:
        """As an address says it."""
        given = {
            "of_item": self.item,
            "of_order": self.order,
            "of_shift": self.shift,
            "of_crew": self.crew,
            "of_days": None if self.days is None else ",".join(map(str, self.days)),
            "of_hour": None if self.hour is None else instant(self.hour),
        }
        return {name: text for name, text in given.items() if text is not None}

    def holds_cell(self, cell: Cell) -> bool:
        """Whether the time of a cell belongs to it, whatever is made in it."""
        return (
            self.shift in (None, cell.shift)
            and self.crew in (None, cell.crew)
            and (self.days is None or self.days[0] <= cell.production_day <= self.days[1])
            and self.hour in (None, cell.start)
        )


WHOLE = Share()
"""Everything."""


def share_of(session: Session, known: Masters, arguments: Mapping[str, str]) -> Share:
    """Read the arguments that `Share.arguments` writes.

    Raises:
        Refusal: `item_unknown`, `window_malformed` (422), `job_unknown` (404).
    """
    days = arguments.get("of_days")
    found = Share(
        item=arguments.get("of_item"),
        order=arguments.get("of_order"),
        shift=arguments.get("of_shift"),
        crew=arguments.get("of_crew"),
        days=None if days is None else _days(days),
        hour=instant_argument(arguments, "of_hour"),
    )
    _Key.of(session, known, found)  # refuses what is not there before anything is written
    return found


def share_entries(
    session: Session,
    given: Known,
    window: Span,
    share: Share,
    policy: Policy,
    as_of: int | None,
) -> Iterator[Entry]:
    """The cases of a work unit that add up to its share of a window and have one `as_of`."""
    wanted = _Key.of(session, given.masters, share)
    for span in _spans(given.unit, window, share):
        for tile in tiles_of(given.unit, span):
            if wanted is None:
                yield Entry(case=unit_case(session, given, tile, policy=policy, as_of=as_of))
                continue
            found = unit_stretch(session, given, tile, as_of=as_of)
            named = job_namer(session, found.runs)
            for key, entry in part_entries(found, policy, named):
                if wanted.holds(key):
                    yield entry


def tiles_of(unit: WorkUnit, window: Span) -> Iterable[Span]:
    """The window in stretches that a case may cover, cut where the minor-stop limit changes."""
    cuts = {window.start, window.end}
    for setting in unit.settings:
        if window.start < setting.valid_from < window.end:
            shifts = unit.plan.shifts(setting.valid_from, window.end)
            cuts.update(s.start_us for s in shifts[:2] if window.start < s.start_us < window.end)
    ordered = sorted(cuts)
    for start, end in pairwise(ordered) if len(ordered) > 1 else [(window.start, window.end)]:
        at = start
        while True:
            until = min(end, at + CASE_MAX_US)
            yield Span(at, until)
            if until >= end:
                break
            at = until


def _spans(unit: WorkUnit, window: Span, share: Share) -> list[Span]:
    """The stretches of a window whose cells belong to the share, neighbours joined."""
    if (share.shift, share.crew, share.days, share.hour) == (None,) * 4:
        return [window]
    spans: list[Span] = []
    for cell in unit.plan.cells(window.start, window.end):
        if not share.holds_cell(cell):
            continue
        start, end = max(cell.start, window.start), min(cell.end, window.end)
        if spans and spans[-1].end == start:
            start = spans.pop().start
        spans.append(Span(start, end))
    return spans


@dataclass(frozen=True, slots=True, kw_only=True)
class _Key:
    """Which parts belong to a share; None: whatever."""

    item: int | None
    job: int | None

    @classmethod
    def of(cls, session: Session, known: Masters, share: Share) -> _Key | None:
        if share.item is None and share.order is None:
            return None
        return cls(
            item=None if share.item is None else _item(known, share.item),
            job=None if share.order is None else _job(session, share.order),
        )

    def holds(self, key: PartKey) -> bool:
        return self.item in (None, key.material) and self.job in (None, key.job)


def _item(known: Masters, code: str) -> int:
    found = known.material_ids.get(code) if code else 0
    if found is None:
        raise Refusal("item_unknown", f"no item {code[:80]!r}", status=422, field="of_item")
    return found


def _job(session: Session, number: str) -> int:
    if not number:
        return NO_JOB
    found = session.scalar(select(JobOrder.id).where(JobOrder.number == number))
    if found is None:
        raise Refusal("job_unknown", f"no job {number[:80]!r}", status=404, field="of_order")
    return found


def _days(text: str) -> tuple[date, date]:
    try:
        first, last = (date.fromisoformat(part) for part in text.split(","))
    except ValueError:
        raise Refusal(
            "window_malformed",
            "of_days is the first and the last production day, such as 2026-03-02,2026-03-08",
            status=422,
            field="of_days",
        ) from None
    return first, last

"""Comparing what was published with what the facts say now, and writing the revisions.

Whoever derives signed-off time again leaves a mark in the transaction of the facts; a worker of the
web process and every reader of published figures settles the marks. A comparison reads one
snapshot, so that the facts behind a mark are in it, and holds no lock; only a revision and the
removal of the marks are written. Ended in between, it is done again; equal figures write nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import delete, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from mes.clock import monotonic_s, real_now_us
from mes.core.case_model import Span
from mes.db import Database
from mes.features.production.late import Cause
from mes.features.production.master_loading import masters
from mes.features.production.masters import Masters
from mes.features.publishing.figures import (
    Basis,
    UnitFigure,
    fingerprint,
    result_json,
    unit_figure,
)
from mes.features.publishing.periods import span_now
from mes.features.publishing.store import (
    LINE,
    NOT_FINAL,
    WHILE_SIGNING,
    WORK_UNIT,
    Draft,
    latest_figures,
    marks,
    next_revision,
    policy_of,
    publish,
    revisions,
)
from mes.models import PublicationMark, PublishedFigure

MARKS_MAX = 1000
"""Most marks of one round."""
STEP_FIGURES = 20
"""Most figures of a work unit that one step compares."""
READER_S = 0.5
"""How long (real seconds) a reader settles before it answers; the worker does the rest."""
QUIET_US = 5_000_000
"""The worker waits until nothing more has arrived for so long (real time) ..."""
WAIT_MAX_US = 60_000_000
"""... but not longer than this."""
CAUSES_MAX = 50
"""Most causes of one revision."""


@dataclass(slots=True)
class _Unit:
    """The marks of one work unit."""

    ids: list[int] = field(default_factory=list)
    spans: list[tuple[int, int | None]] = field(default_factory=list)
    causes: list[Cause] = field(default_factory=list)

    def touches(self, row: PublishedFigure) -> bool:
        return any(
            start < row.end and (end is None or end > row.start) for start, end in self.spans
        )


@dataclass(slots=True)
class _Found:
    """What a step found: revisions to write, and marks that are done with.

    Attributes:
        rest: marks that still speak of figures from `rest_from` on.
    """

    drafts: list[Draft] = field(default_factory=list)
    done: list[int] = field(default_factory=list)
    rest: list[int] = field(default_factory=list)
    rest_from: int = 0


def settle(
    database: Database,
    now_us: int,
    *,
    unit_ids: Collection[int] | None = None,
    quiet_us: int = 0,
    watched: bool = True,
    stopped: Callable[[], bool] = bool,
) -> int:
    """Compare everything that is marked and write the revisions.

    Args:
        now_us: present plant time.
        unit_ids: of these work units only; None: all.
        quiet_us: leave work units alone of which facts arrived in so many microseconds of real
            time, for at most `WAIT_MAX_US`.
        watched: figures too that were not final when they were signed.
        stopped: asked between two work units; True: leave the rest for later.

    Returns:
        How many revisions were written.
    """
    with database.reading() as session:
        found = marks(session, unit_ids=unit_ids, watched=watched, limit=MARKS_MAX)
        waiting = _waiting(found, quiet_us)
    written = 0
    for unit_id in waiting:
        if stopped():
            break
        written += _settle_unit(database, unit_id, now_us, stopped)
    return written


def settle_waiting(database: Database, now_us: int, unit_ids: Collection[int] | None) -> None:
    """Before published figures are read: settle what waits, which is nothing most of the time."""
    with database.reading() as session:
        waits = bool(marks(session, unit_ids=unit_ids, watched=False, limit=1))
    if waits:
        until = monotonic_s() + READER_S
        settle(
            database,
            now_us,
            unit_ids=unit_ids,
            watched=False,
            stopped=lambda: monotonic_s() > until,
        )


def _waiting(found: Iterable[PublicationMark], quiet_us: int) -> list[int]:
    """The work units whose turn it is."""
    first: dict[int, int] = {}
    last: dict[int, int] = {}
    for one in found:
        first.setdefault(one.work_unit_id, one.marked_at)
        last[one.work_unit_id] = 0 if one.watch else one.marked_at
    now = real_now_us()
    return [
        unit_id
        for unit_id in first
        if now - last[unit_id] >= quiet_us or now - first[unit_id] >= WAIT_MAX_US
    ]


def _settle_unit(database: Database, unit_id: int, now_us: int, stopped: Callable[[], bool]) -> int:
    written = 0
    while True:
        with database.reading() as session:
            found = _compare(session, unit_id, now_us)
        if not found.drafts and not found.done and not found.rest:
            return written
        written += _write(database, found)
        if not found.rest or stopped():
            return written


def _write(database: Database, found: _Found) -> int:
    """The revisions of a step, and its marks taken away or cut, in one transaction."""
    try:
        with database.transaction() as session:
            written = [
                publish(session, draft) for draft in found.drafts if _follows(session, draft)
            ]
            session.execute(delete(PublicationMark).where(PublicationMark.id.in_(found.done)))
            session.execute(
                update(PublicationMark)
                .where(PublicationMark.id.in_(found.rest))
                .values(start=found.rest_from)
            )
    except IntegrityError:  # somebody else settled it at the same time
        return 0
    return len(written)


def _follows(session: Session, draft: Draft) -> bool:
    """Whether nobody has written that revision meanwhile."""
    held = revisions(session, draft.scope, draft.period)
    return held[-1].revision == draft.revision - 1


def _compare(session: Session, unit_id: int, now_us: int) -> _Found:
    known = masters(session)
    unit, watched = _Unit(), []
    for one in marks(session, unit_ids=[unit_id], limit=MARKS_MAX):
        unit.spans.append((one.start, one.end))
        unit.causes += one.causes
        if one.watch:
            watched.append(one)
        else:
            unit.ids.append(one.id)
    if not unit.spans:
        return _Found()
    touched = [
        row
        for row in latest_figures(
            session,
            equipment_ids=[unit_id],
            start=min(start for start, _ in unit.spans),
            level=WORK_UNIT,
        )
        if unit.touches(row)
    ]
    rows, later = touched[:STEP_FIGURES], touched[STEP_FIGURES:]
    lines = latest_figures(
        session,
        lines={row.line_id for row in rows},
        periods={row.period for row in rows},
        level=LINE,
    )
    comparison = _Comparison(session, known, now_us, merged(unit.causes))
    drafts = [comparison.revision(row) for row in (*rows, *lines)]
    found = _Found(drafts=[draft for draft in drafts if draft is not None])
    if later:
        found.rest, found.rest_from = unit.ids, later[0].start
    else:
        final = [one.id for one in watched if not comparison.open_at(unit_id, one)]
        found.done = [*unit.ids, *final]
    return found


class _Comparison:
    """Computes figures again, each work unit and window once."""

    def __init__(
        self, session: Session, known: Masters, now_us: int, causes: Sequence[Cause]
    ) -> None:
        self._session = session
        self._known = known
        self._now = now_us
        self._causes = causes
        self._figures: dict[tuple[int, Span], UnitFigure] = {}

    def revision(self, row: PublishedFigure) -> Draft | None:
        """The next revision of a figure; None: it says what it said."""
        span = self._span(row)
        basis = Basis.from_json(row.basis)
        figures = self._of(basis, span)
        result = result_json((figure.sums for figure in figures), policy_of(row))
        if result == row.result and (span.start, span.end) == (row.start, row.end):
            return None
        return next_revision(
            row,
            span=span,
            result=result,
            fingerprint=fingerprint(
                self._session, self._known, [figure.unit for figure in figures], span
            ),
            cause={"facts": [one for one in self._causes if one.get("from", 0) < span.end]},
            published_at=self._now,
            cases={figure.unit.code: figure.case for figure in figures},
        )

    def open_at(self, unit_id: int, row: PublicationMark) -> bool:
        """Whether a figure that was not final when it was signed is still not."""
        if row.end is None:
            return False
        figure = self._figure(unit_id, Span(row.start, row.end))
        return not figure.covered or figure.provisional

    def _of(self, basis: Basis, span: Span) -> list[UnitFigure]:
        return [self._figure(self._known.work_unit_ids[code], span) for code in basis.work_units]

    def _figure(self, unit_id: int, span: Span) -> UnitFigure:
        key = (unit_id, span)
        if key not in self._figures:
            unit = self._known.work_units[unit_id]
            self._figures[key] = unit_figure(self._session, self._known, unit, span, self._now)
        return self._figures[key]

    def _span(self, row: PublishedFigure) -> Span:
        published = Span(row.start, row.end)
        line = self._known.lines.get(row.line_id)
        if line is None:
            return published
        return span_now(line.plan, row.production_day, row.shift, published)


def differing(session: Session, now_us: int, codes: Collection[str] | None = None) -> list[str]:
    """Published figures (scope and period) that the facts no longer give; nothing is written.

    Args:
        codes: of these work units only; None: of all work units and lines.
    """
    known = masters(session)
    comparison = _Comparison(session, known, now_us, ())
    ids = None if codes is None else [known.work_unit_ids[code] for code in codes]
    return [
        f"{row.scope} {row.period} revision {row.revision}"
        for row in latest_figures(session, equipment_ids=ids)
        if comparison.revision(row) is not None
    ]


def merged(causes: Iterable[Cause]) -> list[Cause]:
    """Equal kinds of readings become one entry with their sum; statements stay single.

    That a figure was not final, or just being signed, is only told where nothing else arrived.
    """
    sums: dict[tuple[Any, ...], Cause] = {}
    for cause in causes:
        key = (cause["kind"], cause.get("source_id"), cause.get("command_id"))
        held = sums.get(key)
        sums[key] = dict(cause) if held is None else _added(held, cause)
    found = list(sums.values())
    telling = [cause for cause in found if cause["kind"] not in (NOT_FINAL, WHILE_SIGNING)]
    return (telling or found)[:CAUSES_MAX]


def _added(held: Cause, cause: Mapping[str, Any]) -> Cause:
    if cause.get("command_id") is not None:
        return held
    result = {**held, "count": held["count"] + cause["count"]}
    for name, choose in (("from", min), ("to", max)):
        both = [one[name] for one in (held, cause) if one.get(name) is not None]
        if both:
            result[name] = choose(both)
    return result

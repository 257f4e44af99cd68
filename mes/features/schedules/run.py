"""Making what is due: each period of each schedule once, whatever ends the program in between.

The file is written as a whole under a name that follows from schedule and period, then a row says
that it was made. Ended in between, the same file is made again; with the row it never is.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from sqlalchemy.orm import Session

from mes.clock import real_now_us
from mes.core.instants import US_PER_S
from mes.core.refusal import Refusal
from mes.db import Database
from mes.features.oee.periods import PeriodKind
from mes.features.production.master_loading import masters
from mes.features.schedules.due import Due, due_periods, period_key
from mes.features.schedules.folders import file_name, put, remove
from mes.features.schedules.kinds import FileKind, FileState
from mes.features.schedules.making import Wish, known_to_end, speaking, write_report
from mes.features.schedules.store import active_schedules, one_schedule, rows_since, surplus
from mes.features.screens.report.periods import Period
from mes.features.screens.report.places import units_at
from mes.features.screens.report.words import _
from mes.models import ReportFile, ReportSchedule

MIN_US = 60 * US_PER_S
PATIENCE_US = 120 * MIN_US
"""How long after its delay a period may stay unknown to its end; then its file is provisional."""
RETRIES = 10
"""How often a file that could not be written is tried again, each time later."""
RETRY_MAX_US = 60 * MIN_US
REASON_MAX = 500

log = logging.getLogger("mes.schedules")


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """A file to be made.

    Attributes:
        attempts: how often it failed already.
    """

    schedule: int
    wish: Wish
    key: str
    folder: str
    attempts: int


def run_due(
    database: Database,
    root: Path,
    now_us: int,
    *,
    only: int | None = None,
    stopped: Callable[[], bool] = lambda: False,
) -> int:
    """Make every file that is due; how many were made.

    Args:
        root: folder of all report files.
        now_us: present plant time.
        only: id of one schedule; None: all that are active.
    """
    made = 0
    with database.reading() as session:
        chosen = [one.id for one in active_schedules(session) if only in (None, one.id)]
    for identity in chosen:
        for work in _work_of(database, identity, now_us):
            if stopped():
                return made
            made += _make(database, root, work, now_us)
        _clear(database, root, identity)
    return made


def _work_of(database: Database, identity: int, now_us: int) -> list[Work]:
    """What is to be made for a schedule; what is too old is written down as skipped."""
    with database.reading() as session:
        row = one_schedule(session, identity)
        try:
            due = _due(session, row, now_us)
        except Refusal as refusal:  # the place is gone: said on the page, nothing is made
            log.warning("schedule %d: %s", identity, refusal.message)
            return []
        failed = {one.period_key: one.attempts for one in rows_since(session, row)}
        works = [
            Work(
                schedule=row.id,
                wish=_wish(row, period),
                key=period_key(period),
                folder=row.folder,
                attempts=failed.get(period_key(period), 0),
            )
            for period in due.periods
        ]
        ready = [work for work in works if _ready(session, work.wish, row.delay_min, now_us)]
    if due.newest_skipped is not None:
        _skip(database, identity, due.newest_skipped, due.skipped)
    return ready


def _due(session: Session, row: ReportSchedule, now_us: int) -> Due:
    known = masters(session)
    units = units_at(known, known.sites[0], row.place)
    if not units:
        raise Refusal("place_unknown", f"{row.place} has no machine any more", status=404)
    real = real_now_us()
    done = {
        one.period_key
        for one in rows_since(session, row)
        if one.state != FileState.FAILED.value or one.next_at is None or one.next_at > real
    }
    return due_periods(
        units[0].plan,
        PeriodKind(row.period),
        since=row.since,
        until=now_us - row.delay_min * MIN_US,
        done=done,
    )


def _ready(session: Session, wish: Wish, delay_min: int, now_us: int) -> bool:
    """Whether a period is settled, or was waited for long enough."""
    if now_us >= wish.period.span.end + delay_min * MIN_US + PATIENCE_US:
        return True
    try:
        return known_to_end(session, wish, now_us)
    except Refusal:
        return True  # making it says why it cannot be made


def _wish(row: ReportSchedule, period: Period) -> Wish:
    return Wish(
        kind=FileKind(row.kind),
        place=row.place,
        period=period,
        policy=row.policy,
        language=row.language,
    )


def _make(database: Database, root: Path, work: Work, now_us: int) -> int:
    """Make a file and write down what became of it; 1 when it was made."""
    wish = work.wish
    name = file_name(
        wish.kind.value.partition("_")[0],
        wish.place,
        work.key,
        str(work.schedule),
        ending=wish.kind.ending,
    )
    told: list[str] = []
    try:
        with database.reading() as session, speaking(wish.language):
            stored, size = put(
                root, work.folder, name, partial(_write, session, wish, now_us, told)
            )
    except Refusal as refusal:
        _failed(database, work, f"{refusal.code}: {refusal.message}", again=False)
    except (OSError, SQLAlchemyError) as error:
        log.warning("report file %s could not be written: %s", name, error)
        _failed(database, work, _cause(error), again=work.attempts < RETRIES)
    except Exception:
        log.exception("report file %s: programming error", name)
        _failed(database, work, "internal error, see the log", again=False)
    else:
        return _keep(database, work, FileState.MADE, name=stored, size=size, standing=told[0])
    return 0


def _write(session: Session, wish: Wish, now_us: int, told: list[str], path: Path) -> None:
    told.append(write_report(session, wish, path, now_us))


def _cause(error: Exception) -> str:
    text = error.strerror if isinstance(error, OSError) else None
    return text or type(error).__name__


def _failed(database: Database, work: Work, reason: str, *, again: bool) -> None:
    wait = min(MIN_US * 2**work.attempts, RETRY_MAX_US)
    _keep(
        database,
        work,
        FileState.FAILED,
        reason=reason[:REASON_MAX],
        next_at=real_now_us() + wait if again else None,
    )


def _keep(
    database: Database,
    work: Work,
    state: FileState,
    *,
    name: str | None = None,
    size: int = 0,
    standing: str | None = None,
    reason: str | None = None,
    next_at: int | None = None,
) -> int:
    """Write down what became of a period; 0 when somebody else did it meanwhile."""
    values = {
        "state": state.value,
        "name": name,
        "size": size,
        "standing": standing,
        "reason": reason,
        "attempts": work.attempts + 1,
        "made_at": real_now_us(),
        "next_at": next_at,
    }
    try:
        with database.transaction() as session:
            before = (
                session.query(ReportFile)
                .filter_by(schedule_id=work.schedule, period_key=work.key)
                .one_or_none()
            )
            if before is None:
                span = work.wish.period.span
                session.add(
                    ReportFile(
                        schedule_id=work.schedule,
                        period_key=work.key,
                        start=span.start,
                        end=span.end,
                        **values,
                    )
                )
            elif before.state == FileState.FAILED.value:
                for key, value in values.items():
                    setattr(before, key, value)
            else:
                return 0
    except IntegrityError:
        return 0
    return int(state is FileState.MADE)


def _skip(database: Database, identity: int, period: Period, count: int) -> None:
    """Say that periods were missed for too long; they are not looked at again."""
    with database.transaction() as session:
        row = one_schedule(session, identity)
        with speaking(row.language):
            reason = _("%(n)s periods up to this one ended too long ago", n=count)
        session.add(
            ReportFile(
                schedule_id=identity,
                period_key=period_key(period),
                start=period.span.start,
                end=period.span.end,
                state=FileState.SKIPPED.value,
                name=None,
                size=0,
                standing=None,
                reason=reason,
                attempts=0,
                made_at=real_now_us(),
                next_at=None,
            )
        )
        row.since = period.span.end


def _clear(database: Database, root: Path, identity: int) -> None:
    """Remove the files beyond those that a schedule keeps."""
    with database.reading() as session:
        found = [(one.id, one.name) for one in surplus(session, one_schedule(session, identity))]
    for file, name in found:
        try:
            if name is not None:
                remove(root, name)
        except (OSError, Refusal) as error:
            log.warning("report file %s could not be removed: %s", name, error)
            continue
        with database.transaction() as session:
            row = session.get(ReportFile, file)
            if row is not None:
                row.state, row.name = FileState.EXPIRED.value, None

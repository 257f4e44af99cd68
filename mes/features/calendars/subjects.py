"""Finding the calendar that a command is about, and what surrounds it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from mes.core.calendar import Calendar as CoreCalendar
from mes.core.refusal import Refusal
from mes.features.plant.calendar_rows import exceptions_in_force, patterns_in_force, today
from mes.features.plant.check_calendars import Surroundings
from mes.features.production.calendars import ExceptionRow, PatternRow, core_calendar
from mes.features.production.master_loading import masters
from mes.features.production.masters import Site, default_policy
from mes.models import Calendar, LineCalendar


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A calendar as it is stored, with the site that it belongs to.

    Attributes:
        today: the present production day.
        line_ids: the lines that have it, had it before, or will.
    """

    row: Calendar
    site: Site
    today: date
    patterns: tuple[PatternRow, ...]
    exceptions: tuple[ExceptionRow, ...]
    line_ids: tuple[int, ...]

    @property
    def core(self) -> CoreCalendar:
        """The calendar that computes the shifts."""
        return self.core_with()

    def core_with(
        self,
        patterns: Iterable[PatternRow] | None = None,
        exceptions: Iterable[ExceptionRow] | None = None,
    ) -> CoreCalendar:
        """The calendar as it would be with other patterns or exceptions."""
        return core_calendar(
            self.site.time_zone,
            self.site.day_starts,
            self.patterns if patterns is None else patterns,
            self.exceptions if exceptions is None else exceptions,
        )

    def pattern_on(self, day: date) -> dict[str, Any] | None:
        """Definition of the pattern of a production day; None: there is none."""
        rows = sorted(self.patterns, key=lambda row: row[0])
        begun = [row for row in rows if row[0] <= day.isoformat()] or rows[:1]
        return dict(begun[-1][1]) if begun else None


def find_calendar(session: Session, code: str, now_us: int, *, lock: bool = False) -> Subject:
    """The calendar of that code.

    Args:
        lock: let other writers of it wait until the commit.

    Raises:
        Refusal: `calendar_unknown` (404).
    """
    query = select(Calendar).where(Calendar.code == code, Calendar.retired_at.is_(None))
    row = session.scalar(query.with_for_update() if lock else query)
    if row is None:
        raise Refusal("calendar_unknown", f"there is no calendar {code!r}", status=404)
    known = masters(session)
    site = next(iter(known.sites), None) or Site(
        id=0, code="", names={}, time_zone="UTC", day_starts="00:00", policy=default_policy()
    )
    return Subject(
        row=row,
        site=site,
        today=today(session, now_us),
        patterns=tuple(
            (one.valid_from, one.definition) for one in patterns_in_force(session, row.id)
        ),
        exceptions=tuple(
            (one.date, one.kind, one.definition) for one in exceptions_in_force(session, row.id)
        ),
        line_ids=tuple(_lines_of(session, row.id)),
    )


def surroundings(session: Session, subject: Subject, now_us: int) -> Surroundings:
    """What a calendar of people depends on; its breaks name reasons that exist."""
    return Surroundings(
        time_zone=subject.site.time_zone,
        day_starts=subject.site.day_starts,
        reasons={
            reason.code: reason.time_class(now_us)
            for reason in masters(session).reasons.values()
            if not reason.retired
        },
        unlisted=False,
    )


def _lines_of(session: Session, calendar_id: int) -> Iterable[int]:
    return session.scalars(
        select(LineCalendar.line_id)
        .where(LineCalendar.calendar_id == calendar_id, LineCalendar.withdrawn_at.is_(None))
        .distinct()
        .order_by(LineCalendar.line_id)
    )

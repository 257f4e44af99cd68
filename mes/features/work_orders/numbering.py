"""Document numbers by a rule table: counted per day, never given twice."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from mes.core.instants import EPOCH, US_PER_S
from mes.features.production.master_loading import masters
from mes.models import NumberRule

WORK_ORDER = "work_order"
LOT = "lot"
RULE = "*"
"""Period of the row that holds the rule of a document."""
DEFAULT_PATTERNS = {WORK_ORDER: "WO-{yymmdd}-{n:03d}", LOT: "LOT-{yymmdd}-{n:03d}"}


def next_number(session: Session, document: str, at: int) -> str:
    """The next number of a document for the plant's date at an instant, see `next_numbers`."""
    return next_numbers(session, document, at, 1)[0]


def next_numbers(session: Session, document: str, at: int, count: int) -> list[str]:
    """The next numbers of a document for the plant's date at an instant.

    Counting and reading are one statement, so that two writers never get the same; a transaction
    that is rolled back gives its numbers back.

    Args:
        document: such as `work_order`.
        at: plant time, UTC microseconds.
        count: how many, at least one.
    """
    day = plant_date(session, at)
    period = day.strftime("%y%m%d")
    pattern = rule_pattern(session, document)
    counter = {"document": document, "period": period, "pattern": pattern, "last_number": count}
    insert = postgresql.insert if _is_postgresql(session) else sqlite.insert
    counted = (
        insert(NumberRule)
        .values(**counter)
        .on_conflict_do_update(
            index_elements=[NumberRule.document, NumberRule.period],
            set_={"last_number": NumberRule.last_number + count},
        )
        .returning(NumberRule.last_number)
    )
    last = int(session.execute(counted).scalar_one())
    return [
        pattern.format(yymmdd=period, yyyymmdd=day.strftime("%Y%m%d"), yy=period[:2], n=number)
        for number in range(last - count + 1, last + 1)
    ]


def rule_pattern(session: Session, document: str) -> str:
    """The pattern of a document: that of its rule row, else the built-in one."""
    stored = session.scalar(
        select(func.max(NumberRule.pattern)).where(
            NumberRule.document == document, NumberRule.period == RULE
        )
    )
    return stored or DEFAULT_PATTERNS[document]


def plant_date(session: Session, at: int) -> datetime:
    """The calendar day at the plant at an instant (UTC microseconds)."""
    sites = masters(session).sites
    zone = ZoneInfo(sites[0].time_zone if sites else "UTC")
    return datetime.fromtimestamp(at // US_PER_S, EPOCH.tzinfo).astimezone(zone)


def _is_postgresql(session: Session) -> bool:
    return session.get_bind().dialect.name == "postgresql"

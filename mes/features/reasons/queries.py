"""The reasons of a domain for the picker of a work unit."""

from __future__ import annotations

from collections import Counter
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from mes.core.instants import US_PER_S
from mes.core.refusal import Refusal
from mes.features.commands.subjects import DOMAINS, PAUSE, SCRAP, STOP, find_work_unit
from mes.features.production.master_loading import masters
from mes.models import JobEvent, QuantityStatement, StopStatement

USED_WITHIN_US = 30 * 24 * 3600 * US_PER_S
"""How far back the use of a reason is counted."""


def reasons(
    session: Session, domain: str | None, work_unit: str | None, now: int
) -> list[dict[str, Any]]:
    """Reasons that are not retired, the most used on the work unit first, then by position.

    Args:
        domain: stop, scrap, pause or correction; None: all.
        work_unit: whose use is counted; None: nobody's.
        now: plant time, UTC microseconds.

    Returns:
        Each with code, name, domain, group (the parent's code), class, failure, `used` and
        `selectable` (a group is not chosen itself).

    Raises:
        Refusal: `reason_domain_unknown` (422), `unknown_work_unit` (404).
    """
    if domain is not None and domain not in DOMAINS:
        raise Refusal(
            "reason_domain_unknown",
            f"domain is one of: {', '.join(DOMAINS)}",
            status=422,
            field="domain",
        )
    used = Counter[str]()
    if work_unit is not None:
        used = _used(session, find_work_unit(session, work_unit).id, domain, now)
    known = masters(session).reasons
    listed = [
        reason
        for reason in known.values()
        if not reason.retired and domain in (None, reason.domain)
    ]
    groups = {reason.parent for reason in listed if reason.parent is not None}
    listed.sort(key=lambda reason: (-used[reason.code], reason.position, reason.code))
    return [
        {
            "code": reason.code,
            "name": dict(reason.names),
            "domain": reason.domain,
            "group": reason.parent,
            "class": reason.time_class(now),
            "failure": any(dated.failure for dated in reason.classes[-1:]),
            "used": used[reason.code],
            "selectable": reason.code not in groups,
        }
        for reason in listed
    ]


def _used(session: Session, work_unit_id: int, domain: str | None, now: int) -> Counter[str]:
    since = now - USED_WITHIN_US
    counted = Counter[str]()
    for one, model, at in (
        (STOP, StopStatement, StopStatement.stated_at),
        (SCRAP, QuantityStatement, QuantityStatement.at),
        (PAUSE, JobEvent, JobEvent.at),
    ):
        if domain not in (None, one):
            continue
        rows = session.execute(
            select(model.reason, func.count())
            .where(
                model.work_unit_id == work_unit_id,
                at >= since,
                model.reason.is_not(None),
            )
            .group_by(model.reason)
        )
        for code, times in rows:
            counted[str(code)] += times
    return counted

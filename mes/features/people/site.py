"""What the plant says about its terminals."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from mes.core.instants import US_PER_S
from mes.models import Equipment
from mes.web.identity import TERMINAL_IDLE_US

US_PER_MINUTE = 60 * US_PER_S
DEFAULT_ZONE = "Asia/Seoul"


def zone(session: Session) -> str:
    """IANA name of the plant's time zone."""
    return str(_site(session).get("time_zone", DEFAULT_ZONE))


def terminal_idle_us(session: Session) -> int:
    """How long nobody's hands may be at a terminal before all are signed out; real microseconds."""
    minutes = _site(session).get("terminal_idle_min")
    return TERMINAL_IDLE_US if minutes is None else int(minutes) * US_PER_MINUTE


def _site(session: Session) -> Mapping[str, Any]:
    site = session.scalar(
        select(Equipment).where(Equipment.level == "site").order_by(Equipment.id).limit(1)
    )
    return {} if site is None else site.settings or {}

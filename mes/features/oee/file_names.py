"""What the file of a case is called when it is saved."""

from __future__ import annotations

from mes.core.calendar import Calendar, production_day_of
from mes.core.case_model import Span


def case_file_name(whose: str, calendar: Calendar, window: Span, kind: str) -> str:
    """Whose figure it is, and its first and last production day, both in it.

    Args:
        whose: code of a work unit or place.
        kind: how the name ends, such as `json`.
    """
    instants = (window.start, max(window.start, window.end - 1))
    first, last = (production_day_of(calendar, at).isoformat() for at in instants)
    return f"case-{whose}-{first}-{last}.{kind}"

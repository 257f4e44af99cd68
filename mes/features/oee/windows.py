"""Which window a request means: two instants, a production day, a shift, or the current shift."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime

from mes.core.calendar import production_day_bounds, shifts_of_day
from mes.core.case_model import Span
from mes.core.instants import EPOCH, US_PER_S, YEAR_MAX, YEAR_MIN, parse_instant
from mes.core.policies import Policy
from mes.core.refusal import Refusal
from mes.features.production.masters import Masters
from mes.features.production.plan import Plan

_FIRST_US, _END_US = (
    int((datetime(year, 1, 1, tzinfo=UTC) - EPOCH).total_seconds()) * US_PER_S
    for year in (YEAR_MIN, YEAR_MAX + 1)
)


def window_of(arguments: Mapping[str, str], plan: Plan, as_of: int) -> Span:
    """The window of a request: `from` and `to`, or `day` and maybe `shift`, else the current shift.

    Args:
        arguments: of the URL; a space in an instant is read as the plus that it was.
        as_of: the present of the work unit; an absent `to` means it.

    Raises:
        Refusal: `window_malformed` (422) with the field, `unknown_shift` (404).
    """
    if "from" in arguments or "to" in arguments:
        period = plan.period_at(as_of)
        start = _instant(arguments, "from", period.start_us)
        end = _instant(arguments, "to", as_of)
        if end < start:
            raise _malformed("to", "lies before from")
        return Span(start, end)
    if "day" in arguments:
        return _day_window(plan, arguments["day"], arguments.get("shift"))
    period = plan.period_at(as_of)
    return Span(period.start_us, period.end_us)


def instant_argument(arguments: Mapping[str, str], field: str) -> int | None:
    """An instant of the URL; None: it is absent.

    Raises:
        Refusal: `window_malformed` (422).
    """
    return _instant(arguments, field, 0) if field in arguments else None


def day_argument(text: str, field: str) -> date:
    """A production day of an address.

    Raises:
        Refusal: `window_malformed` (422): no date, or outside the years of a plant.
    """
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise _malformed(field, "is no date; write YYYY-MM-DD") from None
    if not YEAR_MIN <= day.year <= YEAR_MAX:
        raise _malformed(field, f"lies outside the years {YEAR_MIN} to {YEAR_MAX}")
    return day


def parsed_instant(text: str, field: str) -> int:
    """An instant of an address; a space in it is read as the plus that it was.

    Raises:
        Refusal: `window_malformed` (422): no instant, or outside the years of a plant.
    """
    try:
        instant = parse_instant(text.replace(" ", "+"))
    except ValueError as error:
        raise _malformed(field, str(error)) from None
    if not _FIRST_US <= instant < _END_US:
        raise _malformed(field, f"lies outside the years {YEAR_MIN} to {YEAR_MAX}")
    return instant


def policy_argument(arguments: Mapping[str, str], known: Masters) -> Policy | None:
    """The policy named in the URL; None: none is named.

    Raises:
        Refusal: `unknown_policy` (422).
    """
    name = arguments.get("policy")
    if not name:
        return None
    policy = known.policy(name)
    if policy is None:
        raise Refusal("unknown_policy", f"no policy {name[:80]!r}", status=422, field="policy")
    return policy


def _day_window(plan: Plan, text: str, shift: str | None) -> Span:
    day = day_argument(text, "day")
    if shift is None:
        return Span(*production_day_bounds(plan.calendar, day))
    shifts = shifts_of_day(plan.calendar, day)
    found = next((one for one in shifts if one.code == shift), None)
    if found is None:
        raise Refusal(
            "unknown_shift",
            f"{text} has no shift {shift[:80]!r}; known: {', '.join(s.code for s in shifts)}",
            status=404,
            field="shift",
        )
    return Span(found.start_us, found.end_us)


def _instant(arguments: Mapping[str, str], field: str, default: int) -> int:
    text = arguments.get(field)
    return default if text is None else parsed_instant(text, field)


def _malformed(field: str, message: str) -> Refusal:
    return Refusal("window_malformed", f"{field} {message}", status=422, field=field)

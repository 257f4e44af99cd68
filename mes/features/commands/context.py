"""Who does something, under which command id, and when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mes.clock import plant_clock
from mes.core.instants import US_PER_S, parse_instant
from mes.core.refusal import Refusal

ActorJson = Mapping[str, Any]
"""Who acts, as it is stored with a fact (`Actor.to_json()`)."""

SKEW_US = 10 * US_PER_S
"""How far the clock of a device may seem to be from ours and still be taken as right; real time. A
request may be under way that long, and correcting by it would change the order of entries."""
OLDEST_US = 7 * 24 * 3600 * US_PER_S
"""How old an entry from an outbox may be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What every service that writes needs to know besides its own arguments.

    Attributes:
        command_id: identity of the command; facts carry it.
        actor: who, as stored with the fact.
        at: plant time at which it happened, UTC microseconds.
        now: plant time of the server, UTC microseconds; `at` is never later.
    """

    command_id: str
    actor: ActorJson
    at: int
    now: int


def happened_at(device_time: str | None, device_now: str | None, now: int) -> int:
    """Plant time at which something happened, from the clock of the device that kept it.

    Args:
        device_time: when it happened, by the device (ISO 8601); None: now.
        device_now: what the device's clock shows while it sends (ISO 8601); the difference to the
            server corrects `device_time`. None: the device's clock is taken as right.
        now: plant time of the server, UTC microseconds.

    Raises:
        Refusal: `device_time_invalid` (422), `device_time_in_future` or `device_time_too_old`
            (409).
    """
    if device_time is None:
        return now
    at = _instant(device_time, "device_time")
    skew_us = int(SKEW_US * plant_clock().speed)
    if device_now is not None:
        apart = now - _instant(device_now, "device_now")
        at += apart if abs(apart) > skew_us else 0
    if at > now + skew_us:
        raise Refusal(
            "device_time_in_future",
            "device_time lies in the future; set the clock of the device or send device_now",
            field="device_time",
        )
    if at < now - OLDEST_US:
        raise Refusal(
            "device_time_too_old",
            "device_time lies more than 7 days back; ask a supervisor to enter it",
            field="device_time",
        )
    return min(at, now)


def _instant(value: str, field: str) -> int:
    try:
        return parse_instant(value)
    except ValueError as mistake:
        raise Refusal(
            "device_time_invalid", f"{field} {mistake}", status=422, field=field
        ) from None

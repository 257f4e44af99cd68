"""The open calls of a work unit on its tile. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from mes.core.calls import Call, call_from_json
from mes.core.instants import format_instant


def calls_from(rows: Iterable[Mapping[str, Any]] | None) -> tuple[Call, ...]:
    """The calls that the projection of a work unit holds; None: it never had one."""
    return tuple(call_from_json(row) for row in rows or ())


def call_view(call: Call, now: int) -> dict[str, Any]:
    """A call as tiles and lists show it; instants are ISO 8601 in UTC, lengths seconds.

    Args:
        now: present plant time, UTC microseconds.
    """
    return {
        "id": call.id,
        "kind": call.kind.value,
        "state": call.state.value,
        "raised_at": _instant(call.raised.at),
        "raised_by": call.raised.who,
        "note": call.raised.note,
        "acknowledged_at": _instant(call.acknowledged.at) if call.acknowledged else None,
        "acknowledged_by": call.acknowledged.who if call.acknowledged else None,
        "expected_at": _instant(call.acknowledged.expected_at if call.acknowledged else None),
        "level": call.level(now),
        "escalation": [{"at": _instant(at), "to": to} for at, to in call.escalates_at()],
    }


def next_level_at(calls: Iterable[Call], now: int) -> list[int]:
    """When levels are reached behind the present, of calls that nobody has answered."""
    return [at for call in calls if (at := call.next_level_at(now)) is not None]


def _instant(at: int | None) -> str | None:
    return None if at is None else format_instant(at).replace("+00:00", "Z")

"""The links of the sources of a work unit on its tile. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mes.core.instants import format_instant


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkInfo:
    """What is known of a source of the work unit; `link` as its edge reported it."""

    source: str
    link: Mapping[str, Any]
    last_data_at: int | None


def latest_data(links: Sequence[LinkInfo]) -> str | None:
    at = max((x.last_data_at for x in links if x.last_data_at is not None), default=None)
    return None if at is None else _instant(at)


_GOOD_LINKS = ("up", "connecting", "degraded", "backing_off", "refused", "stopped")


def worst_link(links: Sequence[LinkInfo]) -> dict[str, Any] | None:
    """The link of the work unit's sources that is in the worst state; None: it has no source."""
    if not links:
        return None

    def badness(info: LinkInfo) -> int:
        state = info.link.get("state")
        return _GOOD_LINKS.index(state) if state in _GOOD_LINKS else len(_GOOD_LINKS)

    worst = max(links, key=badness)
    since = worst.link.get("since")
    return {
        "source": worst.source,
        "state": worst.link.get("state"),
        "reason": worst.link.get("reason"),
        "since": None if not since else _instant(since),
    }


def _instant(at: int) -> str:
    return format_instant(at).replace("+00:00", "Z")

"""Filling a hole from what the source itself kept.

Only what the source really tells counts as known. A tag of which it kept values is unknown from the
beginning of the hole to the first of them, a tag of which it kept nothing for the whole hole, and a
source that cannot answer in time, or of which no event is known, leaves the hole as a gap.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import structlog

from connectors.sdk.capabilities import HistoryReading
from connectors.sdk.errors import ConnectorError, Refused, count_error
from connectors.sdk.messages import Counters, Quality, Sample

NOT_KEPT = "not_kept_by_source"

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What a source had kept of a hole.

    Attributes:
        samples: ascending by their source time.
        is_whole: whether the source has told everything that it kept.
    """

    samples: Sequence[Sample] = ()
    is_whole: bool = False

    @property
    def tags(self) -> set[str]:
        """The tags of which something was kept."""
        return {sample.tag for sample in self.samples}

    def fills(self, events: Collection[str]) -> bool:
        """Whether it says enough for each event tag to speak for itself instead of one gap."""
        return self.is_whole and not self.tags.isdisjoint(events)


class Backfill:
    """Asks one source for its past, as long as it does not say that it keeps none."""

    def __init__(self, connector: HistoryReading, source: str, counters: Counters) -> None:
        self._connector = connector
        self._source = source
        self._counters = counters
        self._keeps_nothing = False

    async def kept(self, tags: Sequence[str], since: int, until: int, bad_at: int | None) -> Kept:
        """What the source kept in `[since, until)`, plant time; never raises a `ConnectorError`.

        Args:
            bad_at: when all tags were marked bad inside the hole; None: they were not.
        """
        if self._keeps_nothing or not tags:
            return Kept()
        found: list[Sample] = []
        is_whole = False
        try:
            async with asyncio.timeout(self._connector.history_timeout_s):
                is_whole = await self._collect(tags, since, until, found)
        except Refused as error:
            self._keeps_nothing = True
            self._not_told(error.code, error.detail)
        except ConnectorError as error:
            count_error(self._counters, error)
            self._not_told(error.code, error.detail)
        except TimeoutError:
            limit_s = self._connector.history_timeout_s
            self._limited("history_timeout", f"no end within {limit_s:g} s")
        found.sort(key=_time_of)
        if bad_at is not None and is_whole:
            found = _held_over(found, bad_at)
        return Kept(samples=found, is_whole=is_whole)

    async def _collect(
        self, tags: Sequence[str], since: int, until: int, found: list[Sample]
    ) -> bool:
        async for portion in self._connector.history(tags, since, until):
            found += portion
            if len(found) > self._connector.history_values_max:
                most = self._connector.history_values_max
                self._limited("history_too_long", f"more than {most} values")
                return False
        return True

    def _limited(self, reason: str, detail: str) -> None:
        self._counters.backfills_limited += 1
        self._not_told(reason, detail)

    def _not_told(self, reason: str, detail: str) -> None:
        log.warning("hole_not_filled", source=self._source, reason=reason, detail=detail)


def _held_over(kept: Sequence[Sample], at: int) -> list[Sample]:
    """With the values that still stood when their tags were marked bad said again just after it."""
    before = [sample for sample in kept if _time_of(sample) <= at]
    standing = {sample.tag: sample._replace(source_time=at + 1) for sample in before}
    after = [sample for sample in kept if _time_of(sample) > at]
    return [*before, *standing.values(), *after]


def _time_of(sample: Sample) -> int:
    return sample.received_time if sample.source_time is None else sample.source_time


def unknown_from(tags: Collection[str], since: int, now: int) -> list[Sample]:
    """Bad values that end what was known of these tags when the hole began."""
    return [
        Sample(
            tag=tag,
            value=None,
            quality=Quality.BAD,
            reason=NOT_KEPT,
            received_time=now,
            source_time=since,
            historical=True,
        )
        for tag in sorted(tags)
    ]

"""Which tags have said nothing for longer than they may. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from connectors.mqtt.config import MqttTag
from connectors.sdk.messages import Sample

SILENT = "silent"


class Silence:
    """Watches the tags that have a longest silence; times are plant time, UTC microseconds."""

    def __init__(self, tags: Sequence[MqttTag]) -> None:
        self._longest_us = {
            tag.name: int(tag.max_silence_s * 1_000_000)
            for tag in tags
            if tag.max_silence_s is not None
        }
        self._heard_us: dict[str, int] = {}

    def begin(self, now: int) -> None:
        """The listening begins."""
        self._heard_us = dict.fromkeys(self._longest_us, now)

    def heard(self, samples: Iterable[Sample], *, retained: bool = False) -> None:
        """These samples arrived.

        Args:
            retained: the broker had kept them; their own time says when they were sent.
        """
        for sample in samples if self._longest_us else ():
            if sample.tag not in self._longest_us or sample.historical:
                continue
            at = sample.received_time
            if retained and sample.source_time is not None:
                at = min(at, sample.source_time)
            self._heard_us[sample.tag] = at

    def fallen(self, now: int) -> list[str]:
        """The tags that have just become silent; each is named once until it is heard again."""
        names = [
            name
            for name, heard_us in self._heard_us.items()
            if now - heard_us > self._longest_us[name]
        ]
        for name in names:
            del self._heard_us[name]
        return names

"""Replays a CSV file on the plant clock: the smallest example of a connector.

The first row appears when the source is opened, every other one as long after it as in the file.
Times are ISO 8601 with an offset, or whole UTC microseconds. A row that cannot be read is refused
with its line when the source is opened.
"""

from __future__ import annotations

import asyncio
import csv
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from connectors.replay.config import ReplaySource
from connectors.sdk.connector import ConnectorContext, PushConnector
from connectors.sdk.conversion import Conversion, bad
from connectors.sdk.errors import ConfigurationError, Unavailable
from connectors.sdk.messages import Quality, Reading, Sample, Value
from connectors.sdk.steps import Step

ALIVE_S = 0.5
LARGEST_FILE_ROWS = 1_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of the file; `at` is UTC microseconds as written there."""

    at: int
    tag: str
    value: Value
    quality: Quality


class ReplayConnector(PushConnector):
    """Hands out the rows of one file when their time has come."""

    test_steps = (Step.PROTOCOL, Step.VALUE)

    def __init__(self, config: ReplaySource, context: ConnectorContext) -> None:
        super().__init__(config, context)
        self.config = config
        self._units = {tag.name: tag.unit for tag in config.tags}
        self._conversions = {tag.name: Conversion(tag) for tag in config.tags}
        self._values: dict[str, tuple[Value, Quality]] = {}
        self._rows: list[Row] = []
        self._next = 0
        self._shift_us = 0
        self._covered: int | None = None

    async def open(self) -> None:
        """Read the file."""
        self._rows = await asyncio.to_thread(read_rows, Path(self.config.file), set(self._units))
        self._begin(self.context.clock.now_us())

    async def close(self) -> None:
        """Forget the file."""
        self._rows = []

    async def read_all(self) -> Reading:
        """The first value of each tag; bad when the file has none."""
        now = self.context.clock.now_us()
        first: dict[str, Row] = {}
        for row in self._rows:
            first.setdefault(row.tag, row)
        samples = {tag: self._sample(row, now) for tag, row in first.items()}
        for tag in self._units.keys() - samples.keys():
            samples[tag] = Sample(
                tag=tag, value=None, quality=Quality.BAD, reason="no_value", received_time=now
            )
        return Reading(samples=[samples[tag] for tag in self._units], read_at=now)

    async def next_samples(self) -> Sequence[Sample]:
        """Rows that are due, or nothing after half a second."""
        clock = self.context.clock
        if self._next >= len(self._rows) and self.config.repeat:
            self._begin(clock.now_us())
        wait_s = ALIVE_S
        if self._next < len(self._rows):
            ahead_us = self._rows[self._next].at + self._shift_us - clock.now_us()
            wait_s = min(ALIVE_S, max(0.0, ahead_us / 1_000_000 / float(clock.speed)))
        await asyncio.sleep(wait_s)
        now = clock.now_us()
        samples = []
        while self._next < len(self._rows) and self._rows[self._next].at + self._shift_us <= now:
            row = self._rows[self._next]
            samples.append(self._sample(row, row.at + self._shift_us))
            self._next += 1
        self._covered = now
        return samples

    @property
    def covered_until(self) -> int | None:
        """The moment of the last look at the file."""
        return self._covered

    def _begin(self, now: int) -> None:
        self._next = 0
        self._shift_us = now - self._rows[0].at if self._rows else 0

    def _sample(self, row: Row, at: int) -> Sample:
        value, quality, reason = self._conversions[row.tag](row.value, self._values.get)
        if row.quality is not Quality.GOOD and quality is Quality.GOOD:
            value, quality, reason = value, row.quality, "recorded"
        if quality is Quality.BAD:
            value, quality, reason = bad(reason or "recorded")
        self._values[row.tag] = (value, quality)
        return Sample(
            tag=row.tag,
            value=value,
            quality=quality,
            reason=reason,
            unit=self._units[row.tag],
            source_time=at,
            received_time=at,
        )


def read_rows(path: Path, tags: set[str]) -> list[Row]:
    """The rows of the wanted tags in order of time.

    Raises:
        Unavailable: the file cannot be read.
        ConfigurationError: a line cannot be understood.
    """
    rows: list[Row] = []
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            for record in reader:
                if len(rows) >= LARGEST_FILE_ROWS:
                    detail = f"{path.name} has more than {LARGEST_FILE_ROWS} rows"
                    raise ConfigurationError("replay_file_too_large", detail, field="file")
                if record.get("tag") in tags:
                    rows.append(_row(record, reader.line_num))
    except (OSError, UnicodeDecodeError) as error:
        raise Unavailable("file_unreadable", f"{path.name} cannot be read: {error}") from error
    rows.sort(key=lambda row: row.at)
    return rows


def _row(record: dict[str, str | None], line: int) -> Row:
    try:
        return Row(
            at=_instant(record["time"] or ""),
            tag=record["tag"] or "",
            value=_value(record["value"] or ""),
            quality=Quality[(record.get("quality") or "good").upper()],
        )
    except (KeyError, ValueError, TypeError) as error:
        detail = f"line {line}: time, tag, value and quality (good, uncertain, bad) are expected"
        raise ConfigurationError("replay_file_malformed", detail, field="file") from error


def _instant(text: str) -> int:
    if text.isdecimal():
        return int(text)
    time = datetime.fromisoformat(text)
    if time.tzinfo is None:
        raise ValueError("a time without an offset")
    return (time - _EPOCH) // timedelta(microseconds=1)


def _value(text: str) -> Value:
    lowered = text.strip().lower()
    if lowered in ("true", "false"):
        return lowered == "true"
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text

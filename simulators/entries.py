"""Puts records and statements of past days into time order and into lines of a file."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TextIO

_MOST_RECORDS_A_LINE = 500

Record = list[object]


@dataclass(slots=True)
class _Stream:
    """What waits to be written of one stream."""

    seq: int = 0
    last_at: int = 0
    records: list[Record] = field(default_factory=list)


@dataclass(slots=True)
class HistoryLines:
    """Collects entries in any order and writes those older than a given instant in time order."""

    file: TextIO
    epoch: str
    _entries: list[tuple[int, int, tuple[str, str] | None, Record | dict[str, object]]] = field(
        default_factory=list
    )
    _number: int = 0
    _streams: dict[tuple[str, str], _Stream] = field(default_factory=dict)

    def add_value(
        self,
        at: int,
        source: str,
        stream: str,
        tag: str,
        value: object,
        *,
        reason: str | None = None,
        with_source_time: bool = False,
    ) -> None:
        """A reading at `at`; `reason` says why it is bad, None that it is good."""
        quality = 0 if reason is None else 2
        record = [0, "v", tag, value, quality, reason, at if with_source_time else None, at, None]
        self._number += 1
        self._entries.append((at, self._number, (source, stream), record))

    def add_person(self, at: int, action: str, person: str, /, **fields: object) -> None:
        """Something a person did at `at`."""
        line = {"kind": "person", "t": at, "action": action, "person": person, **fields}
        self._number += 1
        self._entries.append((at, self._number, None, line))

    def write_before(self, cut: int) -> None:
        """Write all entries with an instant before `cut`; none may be added for it later."""
        self._entries.sort(key=lambda entry: entry[:2])
        done = 0
        for at, _, key, content in self._entries:
            if at >= cut:
                break
            done += 1
            if key is None:
                self._write_records()
                self._write(content)
            elif isinstance(content, list):
                self._take(at, key, content)
        del self._entries[:done]

    def finish(self, until: int) -> None:
        """Write everything left, and for each stream a last line that covers up to `until`."""
        self.write_before(2**62)
        self._write_records()
        for key in sorted(self._streams):
            self._write_line(key, [], until)

    def write_head(self, **fields: object) -> None:
        """The first line."""
        self._write({"kind": "head", **fields})

    def _take(self, at: int, key: tuple[str, str], record: Record) -> None:
        stream = self._streams.setdefault(key, _Stream())
        stream.seq += 1
        stream.last_at = at
        record[0] = stream.seq
        stream.records.append(record)
        if len(stream.records) >= _MOST_RECORDS_A_LINE:
            self._write_stream(key, stream)

    def _write_records(self) -> None:
        for key, stream in self._streams.items():
            if stream.records:
                self._write_stream(key, stream)

    def _write_stream(self, key: tuple[str, str], stream: _Stream) -> None:
        self._write_line(key, stream.records, stream.last_at)
        stream.records = []

    def _write_line(self, key: tuple[str, str], records: list[Record], covered: int) -> None:
        self._write(
            {
                "kind": "records",
                "source": key[0],
                "stream": key[1],
                "epoch": self.epoch,
                "covered_until": covered,
                "records": records,
            }
        )

    def _write(self, line: object) -> None:
        self.file.write(json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n")

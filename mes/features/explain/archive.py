"""A long figure in parts: one ZIP file with a bundle for each work unit and stretch, and an index.

It is written while it is sent. One part is held in memory at a time, and each part is read in a
snapshot of its own, so that a year of a plant neither fills memory nor keeps the database from
tidying up. Facts that arrive meanwhile are in the parts that come after them.
"""

from __future__ import annotations

import hashlib
import io
import json
import logging
import threading
from collections.abc import Callable, Iterator, Mapping
from typing import IO, Any, cast
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from prometheus_client import Counter
from sqlalchemy.orm import Session

from mes.clock import monotonic_s
from mes.core.case_bundle import entry_to_json
from mes.core.case_model import Span
from mes.core.case_parts import HOW, INDEX, PARTS_MAX, SCHEMA, Part, part_to_json
from mes.core.instants import format_instant
from mes.core.oee import result_of
from mes.core.refusal import Refusal
from mes.core.tally import EMPTY, Tally
from mes.db import Database
from mes.features.explain.bundle import Wanted, bundle_head, known_at
from mes.features.oee.service import Known
from mes.features.oee.shares import share_entries
from mes.features.production.master_loading import masters

STRETCH_US = 7 * 86_400_000_000
"""Longest stretch of a work unit in one part: a counter may have 50 000 readings a day."""
BYTES_MAX = 2 * 1024**3
"""Most bytes of one archive."""
TIME_MAX_S = 3600.0
"""Longest real time that one archive may take, from the first byte to the last."""
AT_ONCE_MAX = 2
"""Most archives that are made at once; each takes a thread of the web process."""
RETRY_S = 30

WRITTEN = Counter("mes_case_archives", "Archives of case files, by how they ended", ["end"])
PARTS = Counter("mes_case_archive_parts", "Parts of case archives that were written")
SENT = Counter("mes_case_archive_bytes", "Bytes of case archives that were sent")

log = logging.getLogger("mes.explain")
_slots = threading.BoundedSemaphore(AT_ONCE_MAX)


def slot() -> Callable[[], None]:
    """Take the right to make one archive.

    Returns:
        What gives it back.

    Raises:
        Refusal: `archive_busy` (503): so many are being made that this one has to wait.
    """
    if not _slots.acquire(blocking=False):
        WRITTEN.labels("busy").inc()
        raise Refusal(
            "archive_busy",
            f"{AT_ONCE_MAX} archives of case files are being made; ask again when one is done",
            status=503,
            details={"retry_after_s": RETRY_S},
        )
    return _slots.release


def archive(
    database: Database, wanted: Wanted, arguments: Mapping[str, str], now_us: int
) -> Iterator[bytes]:
    """The bytes of the archive as they are made; the index comes last.

    Raises:
        ArchiveCut: a limit was reached; what was sent has no index and is no archive.
    """
    end = "cut"
    try:
        yield from _written(database, wanted, arguments, now_us)
        end = "whole"
    finally:
        WRITTEN.labels(end).inc()


class ArchiveCut(Exception):
    """A limit was reached after the first bytes were sent, so that the answer breaks off."""


class _Sink(io.RawIOBase):
    """What a ZIP file writes to, taken away after each part."""

    def __init__(self) -> None:
        self._chunks: list[bytes] = []
        self.sent = 0

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        chunk = bytes(data)
        self._chunks.append(chunk)
        return len(chunk)

    def taken(self) -> bytes:
        """What was written since the last time."""
        taken = b"".join(self._chunks)
        self._chunks.clear()
        self.sent += len(taken)
        SENT.inc(len(taken))
        return taken


def _written(
    database: Database, wanted: Wanted, arguments: Mapping[str, str], now_us: int
) -> Iterator[bytes]:
    sink, began = _Sink(), monotonic_s()
    named: list[dict[str, object]] = []
    total = EMPTY
    with ZipFile(cast("IO[bytes]", sink), "w", ZIP_DEFLATED) as packed:
        for place, span in _stretches(wanted):
            _check(len(named), sink.sent, monotonic_s() - began)
            with database.reading() as session:
                text, cases, sums = _part(session, wanted, place, span, arguments, now_us)
            code = wanted.units[place].unit.code
            part = Part(
                file=f"parts/{len(named) + 1:05}.json",
                sha256=hashlib.sha256(text.encode()).hexdigest(),
                sums=sums,
            )
            _pack(packed, part.file, text)
            named.append(part_to_json(part, code, span, cases))
            total += sums
            PARTS.inc()
            yield sink.taken()
        _pack(packed, INDEX, _index(wanted, named, total))
    yield sink.taken()


def _check(parts: int, sent: int, took_s: float) -> None:
    for what, value, most in (
        ("parts", parts, PARTS_MAX - 1),
        ("bytes", sent, BYTES_MAX),
        ("seconds", took_s, TIME_MAX_S),
    ):
        if value > most:
            log.warning("an archive of case files was cut off: more than %s %s", most, what)
            raise ArchiveCut(f"more than {most} {what}")


def _stretches(wanted: Wanted) -> Iterator[tuple[int, Span]]:
    """Number of the work unit and stretch of every part; what lies behind `as_of` adds nothing."""
    window = wanted.window
    for place, given in enumerate(wanted.units):
        moment = _moment(given, wanted.as_of[place])
        at = window.start
        while True:
            until = min(window.end, at + STRETCH_US)
            yield place, Span(at, until)
            if until >= min(window.end, moment):
                break
            at = until


def _moment(given: Known, as_of: int | None) -> int:
    return given.as_of if as_of is None else min(as_of, given.as_of)


def _part(
    session: Session,
    wanted: Wanted,
    place: int,
    span: Span,
    arguments: Mapping[str, str],
    now_us: int,
) -> tuple[str, int, Tally]:
    """A part as text, how many cases it has and what they add."""
    known = masters(session)
    unit = known.work_units[wanted.units[place].unit.id]
    given = known_at(session, known, unit, arguments, now_us)
    sums, cases = EMPTY, []
    as_of = _moment(wanted.units[place], wanted.as_of[place])
    for entry in share_entries(session, given, span, wanted.share, wanted.policy, as_of):
        sums += entry.tally
        cases.append(entry_to_json(entry, unit.code))
    whole = {**bundle_head(wanted), "work_units": [unit.code], "cases": cases}
    return json.dumps(whole, ensure_ascii=False) + "\n", len(cases), sums


def _index(wanted: Wanted, named: list[dict[str, object]], total: Tally) -> str:
    window = wanted.window
    head = {
        **bundle_head(wanted),
        "schema": SCHEMA,
        "sum": HOW,
        "window": [format_instant(window.start), format_instant(window.end)],
    }
    result = result_of(total, wanted.policy).to_json()
    return json.dumps({**head, "result": result, "parts": named}, ensure_ascii=False, indent=1)


def _pack(packed: ZipFile, name: str, text: str) -> None:
    """Every archive of the same facts has the same bytes: no date of making is in it."""
    packed.writestr(ZipInfo(name), text.encode(), ZIP_DEFLATED)

"""A small plant for tests: applied by the real plant service, fed through the real ingest."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from mes.db import Database
from mes.features.ingest.service import ingest
from mes.features.ingest.status import forget_heard
from mes.features.plant.check import Checked, check
from mes.features.plant.service import apply
from mes.features.production.hot import forget_hot
from mes.models import Base, Equipment, MaterialDefinition, Tag

S = 1_000_000
MINUTE = 60 * S
HOUR = 60 * MINUTE
DAY_START = int(datetime(2026, 3, 2, 8, 0, tzinfo=UTC).timestamp()) * S - 9 * HOUR
"""2026-03-02 08:00 in Seoul, a Monday: start of shift D."""

PLANT = """
schema: plant/1
site: {id: busan, name: {ko: 부산, en: Busan}, time_zone: Asia/Seoul, day_starts: "08:00"}
calendars:
  - id: two-shift
    shifts:
      - {code: D, start: "08:00", end: "20:00",
         breaks: [{start: "12:00", end: "13:00", reason: lunch}]}
      - {code: N, start: "20:00", end: "08:00",
         breaks: [{start: "00:00", end: "01:00", reason: lunch}]}
    days: [mon, tue, wed, thu, fri, sat]
reasons:
  - {code: lunch, name: {ko: 점심, en: Lunch}, class: break}
  - {code: jam, name: {ko: 걸림, en: Jam}, class: unplanned_stop}
  - {code: die-change, name: {ko: 금형 교체, en: Die change}, class: setup}
  - {code: no-material, name: {ko: 소재 없음, en: No material}, class: waiting}
items:
  - {code: A, name: {ko: 가, en: Item A}}
  - {code: B, name: {ko: 나, en: Item B}}
sources:
  - id: plc
    protocol: modbus
    link: {transport: tcp, host: 127.0.0.1, port: 1502}
    unit: 1
    tags:
      - {name: state, table: holding, address: 0, type: uint16}
      - {name: total, table: holding, address: 1, type: uint16}
      - {name: scrap, table: holding, address: 2, type: uint32}
      - {name: fault, table: holding, address: 4, type: uint16}
      - {name: state2, table: holding, address: 8, type: uint16}
      - {name: total2, table: holding, address: 9, type: uint16}
      - {name: temperature, table: holding, address: 20, type: int16}
  - id: io
    protocol: modbus
    link: {transport: tcp, host: 127.0.0.1, port: 1502}
    unit: 2
    tags:
      - {name: lamp, table: discrete, address: 0, type: bool}
      - {name: count, table: input, address: 16, type: uint32}
      - {name: pulses, table: input, address: 18, type: uint32}
lines:
  - id: line-1
    name: {ko: 1라인, en: Line 1}
    calendar: two-shift
    work_units:
      - id: press-1
        name: {ko: 프레스 1, en: Press 1}
        default_item: A
        ideal_cycle_s: {A: "2", B: "1.5"}
        minor_stop_limit_s: 300
        key_machine: true
        signals:
          state: {tag: plc/state,
                  map: {0: off, 1: stopped, 2: running, 3: down, 4: setup, 5: waiting}}
          total: {tag: plc/total, counter: {mode: rollover, modulus: 65536}}
          scrap: {tag: plc/scrap, counter: {mode: resettable}}
          fault: {tag: plc/fault, map: {7: jam}}
      - id: press-2
        name: {ko: 프레스 2, en: Press 2}
        ideal_cycle_s: {A: "2"}
        signals:
          state: {tag: plc/state2, map: {0: off, 1: stopped, 2: running}}
          total: {tag: plc/total2, counter: {mode: absolute, max_per_s: 5}}
  - id: line-2
    name: {ko: 2라인, en: Line 2}
    work_units:
      - id: washer-1
        name: {ko: 세척기, en: Washer}
        default_item: B
        ideal_cycle_s: {B: "3"}
        signals:
          state: {lamp: io/lamp}
          total: {tag: io/count, counter: {mode: absolute}}
      - id: packer-1
        name: {ko: 포장기, en: Packer}
        signals:
          state: {from_counts: {idle_after_s: 30}}
          total: {tag: io/pulses, counter: {mode: absolute}}
      - id: bench-1
        name: {ko: 작업대, en: Bench}
        signals:
          state: {manual: true}
"""

Record = list[Any]


def apply_plant(database: Database, text: str = PLANT) -> None:
    """Check and apply a plant file."""
    checked = _checked(text)
    assert checked.plant is not None, checked.mistakes
    with database.transaction() as session:
        apply(session, checked.plant, actor="test", now_us=DAY_START)


@cache
def _checked(text: str) -> Checked:
    return check(text)


def ids_of(database: Database) -> dict[str, int]:
    """Ids of lines and work units by code."""
    with database.reading() as session:
        return {row.code: row.id for row in session.scalars(select(Equipment))}


def tag_id(database: Database, name: str) -> int:
    """Id of a tag by its name alone."""
    with database.reading() as session:
        return session.scalars(select(Tag.id).where(Tag.name == name)).one()


@dataclass(slots=True)
class Feed:
    """Numbers records of one stream of a source as an edge does, and sends them.

    Times are microseconds since `DAY_START`.
    """

    database: Database
    source: str = "plc"
    stream: str = "event"
    epoch: str = "0123456789abcdef"
    edge: str = "edge-1"
    next_seq: int = 1
    records: list[Record] = field(default_factory=list)
    links: list[dict[str, Any]] = field(default_factory=list)

    def value(
        self,
        at: int,
        tag: str,
        value: object,
        *,
        quality: int = 0,
        source_time: int | None = None,
        gap_from: int | None = None,
    ) -> Record:
        """A reading, numbered and kept for `send`."""
        record: Record = [
            self.next_seq,
            "v",
            tag,
            value,
            quality,
            None if quality == 0 else "test",
            None if source_time is None else DAY_START + source_time,
            DAY_START + at,
            None if gap_from is None else DAY_START + gap_from,
        ]
        return self._numbered(record)

    def kept(self, at: int, tag: str, value: object, *, then: int | None, **more: Any) -> Record:
        """A value of the instant `then` that the source had kept and told at `at`."""
        record = self.value(at, tag, value, source_time=then, **more)
        record[1] = "h"
        return record

    def gap(self, start: int, end: int) -> Record:
        """A known hole."""
        return self._numbered([self.next_seq, "g", DAY_START + start, DAY_START + end, "lost"])

    def skip(self, count: int) -> Record:
        """Records that were thinned away."""
        record = self._numbered([self.next_seq, "s", self.next_seq + count - 1])
        self.next_seq += count - 1
        return record

    def send(self, covered: int | None = None, now: int | None = None) -> dict[str, Any]:
        """Send what was numbered since the last time; `covered` in us since `DAY_START`."""
        records, self.records = self.records, []
        return self.post(records, covered, now)

    def post(
        self, records: Sequence[Record], covered: int | None = None, now: int | None = None
    ) -> dict[str, Any]:
        """Send any records of this stream."""
        request = {
            "edge": self.edge,
            "config_revision": 1,
            "clock_offset_us": 0,
            "links": self.links,
            "batches": [
                {
                    "source": self.source,
                    "stream": self.stream,
                    "epoch": self.epoch,
                    "covered_until": None if covered is None else DAY_START + covered,
                    "records": list(records),
                }
            ],
        }
        now_us = DAY_START + (now if now is not None else covered or 30 * 24 * HOUR)
        return ingest(self.database, self.edge, request, now_us=now_us)

    def _numbered(self, record: Record) -> Record:
        self.next_seq += 1
        self.records.append(record)
        return record


def codes(items: Iterable[dict[str, Any]], key: str = "code") -> list[Any]:
    """One member of each."""
    return [item[key] for item in items]


def item_id(session: Session, code: str) -> int:
    """Id of an item."""
    return session.scalars(
        select(MaterialDefinition.id).where(MaterialDefinition.code == code)
    ).one()


FACT_TABLES = (
    "job_event",
    "quantity_move",
    "order_event",
    "quantity_statement",
    "stop_statement",
    "state_record",
    "job_run",
    "quantity_record",
    "rollup_hour",
    "rollup_shift",
    "work_unit_live",
    "job_order",
    "work_order",
    "signal_fact",
    "gap_fact",
    "source_stream",
    "source_status",
    "quarantine",
    "count_suspect",
    "count_decision",
)


def wipe_facts(database: Database) -> None:
    """Take away everything but the master data."""
    with database.transaction() as session:
        for name in FACT_TABLES:
            session.execute(delete(Base.metadata.tables[name]))
        forget_heard(session)
        forget_hot(session)

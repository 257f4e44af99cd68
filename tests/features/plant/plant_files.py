"""Plant files for the tests, as text that tests change by replacing parts."""

from __future__ import annotations

GOOD = """\
schema: plant/1
site: {id: busan, name: {ko: 부산 시범공장, en: Busan pilot plant}, time_zone: Asia/Seoul, day_starts: "08:00"}

calendars:
  - id: two-shift
    shifts:
      - {code: D, name: {ko: 주간, en: Day}, start: "08:00", end: "20:00", breaks: [{start: "12:00", end: "13:00", reason: lunch}]}
      - {code: N, name: {ko: 야간, en: Night}, start: "20:00", end: "08:00", breaks: [{start: "00:00", end: "01:00", reason: night-meal}]}
    days: [mon, tue, wed, thu, fri]

reasons:
  - {code: lunch, name: {ko: 점심, en: Lunch}, class: break}
  - {code: night-meal, name: {ko: 야식, en: Night meal}, class: break}
  - {code: jam, name: {ko: 소재 걸림, en: Material jam}, class: unplanned_stop}
  - {code: die-change, name: {ko: 금형 교체, en: Die change}, class: setup}
  - {code: burr, name: {ko: 버, en: Burr}, domain: scrap}

items:
  - {code: BRKT-100, name: {ko: 브라켓, en: Bracket}, unit: pcs}

sources:
  - id: press_plc
    protocol: modbus
    link: {transport: tcp, host: 127.0.0.1, port: 1502}
    unit: 1
    scan_ms: 1000
    tags:
      - {name: state, table: holding, address: 0, type: uint16}
      - {name: strokes, table: holding, address: 0x0010, type: uint16}
      - {name: rejects, table: holding, address: 0x0012, type: uint32}
      - {name: volts, table: input, address: 0, type: int32, order: CDAB, scale: 0.1, unit: V}

lines:
  - id: line-1
    name: {ko: 1라인, en: Line 1}
    calendar: two-shift
    work_units:
      - id: press-1
        name: {ko: 프레스 1호기, en: Press 1}
        default_item: BRKT-100
        ideal_cycle_s: {BRKT-100: "2.0"}
        minor_stop_limit_s: 300
        signals:
          state: {tag: press_plc/state, map: {0: off, 1: stopped, 2: running, 3: down, 4: setup, 5: waiting}}
          total: {tag: press_plc/strokes, counter: {mode: rollover, modulus: 65536}, pieces_per_count: 1}
          scrap: {tag: press_plc/rejects, counter: {mode: resettable}}
      - id: bench-1
        signals: {state: {manual: true}}
"""


def with_change(old: str, new: str, text: str = GOOD) -> str:
    """The text with one part replaced; the part must be there."""
    assert text.count(old) >= 1, old
    return text.replace(old, new, 1)

"""A year of 50 machines with 200 state changes a day each, written as derivation would write it.

Real ingest would take hours for 3.65 million changes; `difference` derives a small part of the same
facts by the real ingest and says whether the rows are the same.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Engine, select

from benchmarks.plant import COUNT_TAG, STATE_TAG
from benchmarks.store import EDGE, EPOCH
from mes.db import Database
from mes.features.ingest.service import ingest
from mes.features.production.rollup_row import HELD_BITS, IDEAL_PARTS, SUM_COLUMNS
from mes.models import Equipment, MaterialDefinition, Source, Tag

DAYS = 365
CYCLES = 100
"""Of running and standing in a day: 200 state changes."""
CYCLE_S = 864
STOPS_S = (60, 90, 120, 164, 400)
"""Lengths of a stop; the last one is longer than the minor-stop limit of 300 s."""
MINOR_S = 300
IDEAL_S = IDEAL_PARTS * 9 // 10
"""Ideal time of a piece, 0.9 s, in parts of a second."""
S, DAY_S, HOUR_S = 1_000_000, 86_400, 3600
BREAK_HOURS = (4, 16)
"""12:00 and 00:00 of a production day that starts at 08:00."""
RUNNING, DOWN = 2.0, 3.0
ZONE_S = 9 * HOUR_S
"""Seoul."""

HOUR_KEYS = (
    "work_unit_id",
    "start",
    "job_order_id",
    "material_id",
    "end",
    "production_day",
    "shift",
    "crew",
)
SHIFT_KEYS = (
    "work_unit_id",
    "production_day",
    "shift",
    "job_order_id",
    "material_id",
    "crew",
    "start",
)
STATE_COLUMNS = ("work_unit_id", "start", "end", "state", "stop_start")
QUANTITY_COLUMNS = (
    "work_unit_id",
    "minute",
    "job_order_id",
    "material_id",
    "good",
    "scrap",
    "rework",
    "startup_scrap",
    "estimated",
)
FACT_COLUMNS = (
    "source_id",
    "stream",
    "epoch",
    "seq",
    "tag_id",
    "value",
    "quality",
    "received_time",
    "event_time",
    "clock_skew",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cast:
    """Ids that the rows name."""

    units: Sequence[int]
    material: int
    source: int
    state_tag: int
    count_tag: int


@dataclass(slots=True)
class Day:
    """One machine-day: stops and what each hour of it sums to, in whole seconds and pieces."""

    stops: list[int]
    run_s: list[int] = field(default_factory=lambda: [0] * 24)
    minor_s: list[int] = field(default_factory=lambda: [0] * 24)
    long_s: list[int] = field(default_factory=lambda: [0] * 24)
    pieces: list[int] = field(default_factory=lambda: [0] * 24)


def day_of(unit: int, number: int) -> Day:
    """The day of a machine, the same in every run."""
    stops = random.Random(f"{unit}/{number}").choices(STOPS_S, k=CYCLES)
    day = Day(stops=stops)
    for cycle, stop in enumerate(stops):
        begin = cycle * CYCLE_S
        turn, end = begin + CYCLE_S - stop, begin + CYCLE_S
        _spread(day.run_s, begin, turn)
        _spread(day.minor_s if stop <= MINOR_S else day.long_s, turn, end)
        day.pieces[turn // HOUR_S] += CYCLE_S - stop
    return day


def _spread(hours: list[int], begin: int, end: int) -> None:
    while begin < end:
        hour = begin // HOUR_S
        until = min(end, (hour + 1) * HOUR_S)
        hours[hour] += until - begin
        begin = until


def cast_of(database: Database) -> Cast:
    """The ids of the plant in the database."""
    with database.reading() as session:
        units = session.scalars(
            select(Equipment.id).where(Equipment.level == "work_unit").order_by(Equipment.code)
        ).all()
        source = session.scalars(select(Source.id).where(Source.code == "plc-00")).one()
        tags = {
            name: session.scalars(
                select(Tag.id).where(Tag.source_id == source, Tag.name == name)
            ).one()
            for name in (STATE_TAG, COUNT_TAG)
        }
        return Cast(
            units=units,
            material=session.scalars(select(MaterialDefinition.id)).one(),
            source=source,
            state_tag=tags[STATE_TAG],
            count_tag=tags[COUNT_TAG],
        )


def facts(unit: int, day: int, begin_us: int, total: int) -> Iterator[tuple[int, str, float]]:
    """(instant, tag, value) of one day of a machine in order of time, `total` counted before it."""
    start = begin_us + day * DAY_S * S
    for cycle, stop in enumerate(day_of(unit, day).stops):
        at = start + cycle * CYCLE_S * S
        yield at, STATE_TAG, RUNNING
        total += CYCLE_S - stop
        turn = at + (CYCLE_S - stop) * S
        yield turn, STATE_TAG, DOWN
        yield turn, COUNT_TAG, float(total)


def pieces_of_day(unit: int, day: int) -> int:
    """Pieces that a machine makes in a day."""
    return sum(day_of(unit, day).pieces)


def state_rows(cast: Cast, begin_us: int, days: int = DAYS) -> Iterator[tuple[Any, ...]]:
    """State records of every machine."""
    for number, unit in enumerate(cast.units):
        for day in range(days):
            start = begin_us + day * DAY_S * S
            stops = day_of(number, day).stops
            for cycle, stop in enumerate(stops):
                at = start + cycle * CYCLE_S * S
                turn = at + (CYCLE_S - stop) * S
                yield unit, at, turn, "running", None
                yield unit, turn, at + CYCLE_S * S, "down", turn


def hour_rows(cast: Cast, begin_us: int, days: int = DAYS) -> Iterator[tuple[Any, ...]]:
    """Hour roll-ups of every machine, keys and sums."""
    first = datetime.fromtimestamp(begin_us // S + ZONE_S, UTC).date()
    for number, unit in enumerate(cast.units):
        for day in range(days):
            made = day_of(number, day)
            label = (first + timedelta(days=day)).isoformat()
            for hour in range(24):
                start = begin_us + (day * DAY_S + hour * HOUR_S) * S
                shift = "D" if hour < 12 else "N"
                keys = (unit, start, 0, cast.material, start + HOUR_S * S, label, shift, "")
                yield (*keys, *_sums(made, hour))


def shift_rows(hours: Iterable[Sequence[Any]]) -> Iterator[tuple[Any, ...]]:
    """The shifts that hour rows (as `hour_rows` makes them) add up to."""
    width = len(HOUR_KEYS)
    held: tuple[Any, ...] | None = None
    sums: list[int] = []
    marks = 0
    for row in hours:
        unit, start, job, material, _, day, shift, crew = row[:width]
        key = (unit, day, shift, job, material)
        if held is None or held[:5] != key:
            if held is not None:
                yield (*held, *sums, marks)
            held, sums, marks = (*key, crew, start), [0] * len(SUM_COLUMNS), 0
        sums = [one + other for one, other in zip(sums, row[width:-1], strict=True)]
        marks |= row[-1]
    if held is not None:
        yield (*held, *sums, marks)


_PLACE = {name: place for place, name in enumerate(SUM_COLUMNS)}


def _sums(day: Day, hour: int) -> tuple[int, ...]:
    values = [0] * (len(SUM_COLUMNS) + 1)

    def put(name: str, value: int) -> None:
        values[_PLACE[name]] = value

    put("window_us", HOUR_S * S)
    pieces = day.pieces[hour]
    if hour in BREAK_HOURS:
        put("break_us", (day.minor_s[hour] + day.long_s[hour]) * S)
        put("outside_break_us", day.run_s[hour] * S)
    else:
        put("running_us", day.run_s[hour] * S)
        put("minor_stop_us", day.minor_s[hour] * S)
        put("unplanned_stop_us", day.long_s[hour] * S)
    if pieces:
        put("good", pieces * 1_000_000)
        put("ideal_total", pieces * IDEAL_S)
        put("ideal_good", pieces * IDEAL_S)
        values[-1] = min(HELD_BITS.values())
    return tuple(values)


def quantity_rows(cast: Cast, begin_us: int, days: int = DAYS) -> Iterator[tuple[Any, ...]]:
    """Minute quantities of the first machine."""
    for day in range(days):
        for cycle, stop in enumerate(day_of(0, day).stops):
            turn = begin_us + (day * DAY_S + cycle * CYCLE_S + CYCLE_S - stop) * S
            made = (CYCLE_S - stop) * 1_000_000
            yield cast.units[0], turn - turn % (60 * S), 0, cast.material, made, 0, 0, 0, 0


def fact_rows(cast: Cast, begin_us: int, days: int = DAYS) -> Iterator[tuple[Any, ...]]:
    """Signal facts of the first machine."""
    tags = {STATE_TAG: cast.state_tag, COUNT_TAG: cast.count_tag}
    total = seq = 0
    for day in range(days):
        for at, tag, value in facts(0, day, begin_us, total):
            seq += 1
            yield cast.source, "event", EPOCH, seq, tags[tag], str(value), 0, at, at, False
        total += pieces_of_day(0, day)


def write(engine: Engine, name: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Many rows by the driver itself, columns that are not named stay empty."""
    quoted = ", ".join(f'"{column}"' for column in columns)
    pool: Any = engine.raw_connection()
    try:
        if engine.dialect.name == "postgresql":
            with pool.cursor() as cursor, cursor.copy(f"COPY {name} ({quoted}) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
            pool.commit()
            return
        cursor = pool.cursor()
        cursor.execute("PRAGMA query_only=OFF")
        cursor.execute("BEGIN IMMEDIATE")
        marks = ",".join("?" * len(columns))
        cursor.executemany(f"INSERT INTO {name} ({quoted}) VALUES ({marks})", rows)
        cursor.execute("COMMIT")
    finally:
        pool.close()


def send(
    database: Database,
    source: str,
    records: Sequence[object],
    covered_us: int,
    epoch: str = EPOCH,
) -> None:
    """One request of the edge."""
    request = {
        "edge": EDGE,
        "config_revision": 1,
        "clock_offset_us": 0,
        "links": [],
        "batches": [
            {
                "source": source,
                "stream": "event",
                "epoch": epoch,
                "covered_until": covered_us,
                "records": records,
            }
        ],
    }
    answer = ingest(database, EDGE, request, now_us=covered_us)
    if answer["quarantined"]:
        raise RuntimeError(f"{answer['quarantined']} records were refused")


def difference(database: Database, begin_us: int, days: int = 3) -> list[str]:
    """What real derivation of some days says otherwise than the maker; open ends left out."""
    cast = cast_of(database)
    only = Cast(
        units=cast.units[:1],
        material=cast.material,
        source=cast.source,
        state_tag=cast.state_tag,
        count_tag=cast.count_tag,
    )
    send(database, "plc-00", [[1, "v", COUNT_TAG, 0.0, 0, None, None, begin_us, None]], begin_us)
    total, seq = 0, 1
    for day in range(days):
        found = list(facts(0, day, begin_us, total))
        total += pieces_of_day(0, day)
        records = [
            [seq + n + 1, "v", tag, value, 0, None, None, when, None]
            for n, (when, tag, value) in enumerate(found)
        ]
        seq += len(records)
        for at in range(0, len(records), 100):
            part = records[at : at + 100]
            send(database, "plc-00", part, int(str(part[-1][7])))
    hours = list(hour_rows(only, begin_us, days))
    wanted: dict[str, tuple[Sequence[str], list[tuple[Any, ...]]]] = {
        "state_record": (STATE_COLUMNS, list(state_rows(only, begin_us, days))),
        "rollup_hour": ((*HOUR_KEYS, *SUM_COLUMNS, "marks"), hours),
        "rollup_shift": ((*SHIFT_KEYS, *SUM_COLUMNS, "marks"), list(shift_rows(hours))),
        "quantity_record": (QUANTITY_COLUMNS, list(quantity_rows(only, begin_us, days))),
    }
    return [
        line
        for name, (columns, rows) in wanted.items()
        for line in _unequal(database, name, columns, rows)
    ]


_LAST = {"state_record": 2, "rollup_hour": 2, "rollup_shift": 1, "quantity_record": 0}
"""Rows at the end that are still open."""


def _unequal(
    database: Database, name: str, columns: Sequence[str], rows: list[tuple[Any, ...]]
) -> Iterator[str]:
    quoted = ", ".join(f'"{column}"' for column in columns)
    with database.engine.connect() as connection:
        found = [
            tuple(row)
            for row in connection.exec_driver_sql(f"SELECT {quoted} FROM {name} ORDER BY 1, 2, 3")
        ]
    kept = len(rows) - _LAST[name]
    if len(found) < kept:
        yield f"{name}: {len(found)} rows instead of {kept} at least"
    for made, derived in zip(sorted(rows)[:kept], found, strict=False):
        if tuple(made) != derived:
            yield f"{name}: made {made}, derived {derived}"
            return

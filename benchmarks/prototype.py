"""The reference: the same work as the system, bare. Two processes and no care for anything.

The connector (child) polls every device each second, decodes, compares, and stores what changed in
SQLite with one fully synchronised transaction a second; what changed goes as one JSON line every
100 ms to the web process, which emits it to every client. No tags, no quality, no acknowledgement,
no restart, no meaning, no people.

usage: python -m benchmarks.prototype WEB_PORT FOLDER DEVICE_PORT...
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socketserver
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.raw_modbus import RawModbus

PERIOD_S = 1.0
MERGE_S = 0.1
COMMIT_S = 1.0
CHILD = "PROTOTYPE_CONNECTOR"
FLOATS = struct.Struct(">60f")
REGISTERS = 120

Row = tuple[int, int, float, int]
Change = dict[str, object]


class Connector:
    """Polls, decodes, compares, stores, and says what changed."""

    def __init__(self, folder: Path, ports: Sequence[int]) -> None:
        self._folder = folder
        self._ports = ports
        self._rows: list[Row] = []
        self._changes: list[Change] = []

    async def run(self) -> None:
        """Until ended."""
        threading.Thread(target=self._store, daemon=True).start()
        devices = [self._device(index, port) for index, port in enumerate(self._ports)]
        await asyncio.gather(self._publish(), *devices)

    async def _device(self, index: int, port: int) -> None:
        link = await RawModbus.connect(port)
        last: tuple[float, ...] = ()
        due = time.monotonic() + PERIOD_S * index / len(self._ports)
        while True:
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            due += PERIOD_S
            values: tuple[float, ...] = FLOATS.unpack(await link.read(0, REGISTERS))
            if values == last:
                continue
            at = time.time_ns() // 1000
            olds = last or (None,) * len(values)
            news = [
                (tag, value)
                for tag, (value, old) in enumerate(zip(values, olds, strict=True))
                if value != old
            ]
            last = values
            self._rows.extend((at, index * 60 + tag, value, 0) for tag, value in news)
            self._changes.append({"t": at, "d": index, "v": news})

    async def _publish(self) -> None:
        while True:
            await asyncio.sleep(MERGE_S)
            if self._changes:
                text = json.dumps(self._changes, separators=(",", ":"))
                self._changes.clear()
                sys.stdout.write(text + "\n")
                sys.stdout.flush()

    def _store(self) -> None:
        import pysqlite3.dbapi2 as sqlite

        connection = sqlite.connect(self._folder / "prototype.db", isolation_level=None)
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute(
            "CREATE TABLE IF NOT EXISTS sample(at INT, tag_id INT, number REAL, quality INT)"
        )
        while True:
            time.sleep(COMMIT_S)
            count = len(self._rows)
            rows = self._rows[:count]
            del self._rows[:count]
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany("INSERT INTO sample VALUES(?,?,?,?)", rows)
            connection.execute("COMMIT")


def serve(port: int) -> None:
    """Start the connector as a child and emit what it says to everybody."""
    from flask import Flask
    from flask_socketio import SocketIO, join_room

    socketserver.StreamRequestHandler.disable_nagle_algorithm = True
    app = Flask(__name__)
    sockets = SocketIO(app, async_mode="threading")

    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))

    def watch(_what: object) -> list[object]:
        join_room("all")
        return []

    sockets.on("watch", namespace="/live")(watch)
    sockets.on("connect", namespace="/live")(lambda *_: None)
    child = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.prototype", *sys.argv[1:]],
        env={**os.environ, CHILD: "1"},
        stdout=subprocess.PIPE,
        text=True,
    )

    def pump() -> None:
        assert child.stdout is not None
        for line in child.stdout:
            sockets.emit("changes", json.loads(line), to="all", namespace="/live")

    threading.Thread(target=pump, daemon=True).start()
    try:
        sockets.run(app, host="127.0.0.1", port=port, allow_unsafe_werkzeug=True)
    finally:
        child.kill()


def main() -> None:
    """The web process, or its child."""
    port, folder, ports = int(sys.argv[1]), Path(sys.argv[2]), list(map(int, sys.argv[3:]))
    if os.environ.get(CHILD):
        asyncio.run(Connector(folder, ports).run())
    else:
        serve(port)


if __name__ == "__main__":
    main()

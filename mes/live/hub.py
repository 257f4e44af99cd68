"""The hub: one thread that sends whole tiles after commits. The only file that emits.

It wakes at once when a transaction has announced work units, merges what happens while a line's
window is open, looks once a second for tiles whose time has come (stale data, shift end, minor-stop
limit) and for commits of other processes, and sends a heartbeat every 2 s. Real time.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask_socketio import SocketIO
from sqlalchemy import select
from sqlalchemy.orm import Session

from mes.clock import monotonic_s, plant_now_us, real_now_us
from mes.core.instants import format_instant
from mes.db import Database
from mes.live.answers import Answers
from mes.live.clients import Clients
from mes.live.guard import Silent, actors_that_ended, close_stalled
from mes.live.layout import Layout, read_layout
from mes.live.merge import Merger
from mes.live.metrics import ERRORS, MERGED, MESSAGES, QUEUED, REFUSED, STALLED, TILES
from mes.live.wire import broadcast
from mes.models import Edge, WorkUnitLive

NAMESPACE = "/live"
TICK_S = 1.0
HEARTBEAT_S = 2.0
LAYOUT_S = 5.0
GUARD_S = 5.0
REFRESH_S = 10.0
"""A watched tile is sent again at least this often: its ratios move with time alone."""
EDGE_ALIVE_US = 10_000_000
"""An edge not heard of for this long is said to be dead."""
RETRY_S = 0.5
WHOLE = 0
"""The group of all lines together while somebody watches more than a line; no row has this id."""

Tile = dict[str, Any]
TileQuery = Callable[[Session, Sequence[int], int], list[Tile]]
"""(session, work unit row ids, plant time in us) -> whole tiles, in any order."""
BoundaryQuery = Callable[[Tile], int | None]
"""Plant time (us) at which a tile changes by time alone; None: not foreseeable."""

log = logging.getLogger("mes.live")


@dataclass(slots=True)
class Sent:
    """What was last sent of a work unit; `boundary` is plant time, `at` monotonic seconds."""

    version: int
    boundary: int | None
    at: float


class Hub:
    """Sends tiles to rooms named by row ids of places.

    Args:
        tiles: the query that also renders the page.
        boundary: when a tile changes by time alone.
        merge_window_s: least time between two messages of a line.
        build: identity of the served front end, for the heartbeat.
    """

    def __init__(
        self,
        sockets: SocketIO,
        database: Database,
        clients: Clients,
        *,
        tiles: TileQuery,
        boundary: BoundaryQuery,
        merge_window_s: float,
        build: str,
    ) -> None:
        self._sockets = sockets
        self._database = database
        self.clients = clients
        self._tiles = tiles
        self._boundary = boundary
        self._build = build
        self._silent = Silent(NAMESPACE)
        self._merger = Merger(merge_window_s)
        self._answers = Answers()
        self._changed: set[int] = set()
        self._wake = threading.Condition()
        self._stopping = False
        self._thread: threading.Thread | None = None
        self._layout = Layout()
        self._sent: dict[int, Sent] = {}
        self._next = {"tick": 0.0, "heartbeat": 0.0, "layout": 0.0, "guard": 0.0}

    def on_commit(self, work_unit_ids: frozenset[int]) -> None:
        """Note which work units a committed transaction announced; returns at once."""
        self._answers.forget()
        with self._wake:
            self._changed |= work_unit_ids
            self._wake.notify()

    def start(self) -> None:
        """Start the thread; once per process."""
        if self._thread is not None:
            raise RuntimeError("the hub runs already")
        self._thread = threading.Thread(target=self._run, name="hub", daemon=True)
        self._thread.start()

    def stop(self, wait_s: float = 2.0) -> None:
        """End the thread."""
        with self._wake:
            self._stopping = True
            self._wake.notify()
        if self._thread is not None:
            self._thread.join(wait_s)

    @property
    def running(self) -> bool:
        """Whether the thread lives."""
        return self._thread is not None and self._thread.is_alive()

    def present_tiles(self, place_id: int) -> list[Tile]:
        """The present tiles of everything at or below a place.

        Many who ask at once, as all tablets do after a restart, share one answer; whoever asks must
        be in the room already, so that it gets every change behind the answer.
        """
        return self._answers.of(place_id, self._read_tiles)

    def _read_tiles(self, place_id: int) -> list[Tile]:
        with self._database.reading() as session:
            self._layout = layout = read_layout(session)
            return self._tiles(session, layout.units_in(place_id), plant_now_us())

    def _run(self) -> None:
        while not self._stopping:
            try:
                self._round(self._collect())
            except Exception:  # the hub outlives a failing database
                ERRORS.inc()
                log.exception("a round of the hub failed; it is repeated")
                self._pause(RETRY_S)

    def _collect(self) -> set[int]:
        """Wait for announced work units or for the next thing due by time."""
        with self._wake:
            if not self._changed and not self._stopping:
                due = [*self._next.values()]
                if (waiting := self._merger.next_due()) is not None:
                    due.append(waiting)
                self._wake.wait(max(0.0, min(due) - monotonic_s()))
            changed, self._changed = self._changed, set()
            return changed

    def _pause(self, seconds: float) -> None:
        with self._wake:
            if not self._stopping:
                self._wake.wait(seconds)

    def _round(self, changed: set[int]) -> None:
        self._add(changed)
        now = monotonic_s()
        if self._is_due("layout", now, LAYOUT_S):
            self._read_layout()
        if self._is_due("tick", now, TICK_S):
            self._add(self._changed_by_time_or_others(now))
            STALLED.inc(close_stalled(self._sockets))
            REFUSED.labels("silent").inc(self._silent.close(self._sockets, now))
        self._send_due(now)
        if self._is_due("heartbeat", now, HEARTBEAT_S):
            self._send_heartbeat()
        if self._is_due("guard", now, GUARD_S):
            self._close_ended()

    def _is_due(self, what: str, now: float, period_s: float) -> bool:
        if now < self._next[what]:
            return False
        self._next[what] = now + period_s
        return True

    def _add(self, changed: Iterable[int]) -> None:
        before, rooms = self._merger.merged, self.clients.rooms()
        for unit in changed:
            place = self._layout.units.get(unit)
            if place is None:
                self._read_layout()
                place = self._layout.units.get(unit)
            if place is not None:
                # who watches more than a line would get a message for each line in every window
                wider = place.above & rooms - {place.line_id, unit}
                self._merger.add(WHOLE if wider else place.line_id, unit)
        MERGED.inc(self._merger.merged - before)

    def _read_layout(self) -> None:
        with self._database.reading() as session:
            self._layout = read_layout(session)
        for gone in self._sent.keys() - self._layout.units.keys():
            del self._sent[gone]

    def _changed_by_time_or_others(self, now: float) -> set[int]:
        """Units whose boundary passed, whose ratios are old, or that others have changed."""
        plant = plant_now_us()
        with self._database.reading() as session:
            rows = session.execute(select(WorkUnitLive.work_unit_id, WorkUnitLive.version)).all()
        versions = {row.work_unit_id: row.version for row in rows}
        watched = self._watched_units()
        changed: set[int] = set()
        for unit in self._layout.units:
            sent = self._sent.get(unit)
            version = versions.get(unit, 0)
            if sent is None:
                self._sent[unit] = Sent(version, None, now)
                if unit in watched:
                    changed.add(unit)
            elif version > sent.version or (
                unit in watched and self._is_overdue(sent, plant=plant, now=now)
            ):
                changed.add(unit)
        return changed

    def _is_overdue(self, sent: Sent, *, plant: int, now: float) -> bool:
        passed = sent.boundary is not None and sent.boundary <= plant
        return passed or now - sent.at >= REFRESH_S

    def _watched_units(self) -> set[int]:
        rooms = self.clients.rooms()
        return {unit.id for unit in self._layout.units.values() if unit.above & rooms}

    def _send_due(self, now: float) -> None:
        due = self._merger.take_due(now)
        if not due:
            return
        try:
            self._send({unit for units in due.values() for unit in units}, now)
        except Exception:
            self._merger.put_back(due)
            raise

    def _send(self, units: set[int], now: float) -> None:
        watched = units & self._watched_units()
        for unwatched in units - watched:
            self._sent.pop(unwatched, None)
        if not watched:
            return
        with self._database.reading() as session:
            made = self._tiles(session, sorted(watched), plant_now_us())
        codes = {place.code: place for place in self._layout.units.values()}
        by_room: dict[int, list[Tile]] = {}
        rooms = self.clients.rooms()
        for tile in made:
            place = codes.get(tile["work_unit"])
            if place is None:
                continue
            self._sent[place.id] = Sent(int(tile["version"]), self._boundary(tile), now)
            for room in place.above & rooms:
                by_room.setdefault(room, []).append(tile)
        for room, tiles in by_room.items():
            self._emit("tiles", tiles, room)
            MESSAGES.inc()
            TILES.inc(len(tiles))

    def _send_heartbeat(self) -> None:
        rooms = self.clients.rooms()
        if not rooms:
            return
        beat = {
            "as_of": format_instant(plant_now_us()),
            "build": self._build,
            "edges": self._edges(),
        }
        for room in rooms:
            versions = {
                self._layout.units[unit].code: self._sent[unit].version
                for unit in self._layout.units_in(room)
                if unit in self._sent
            }
            self._emit("heartbeat", {"tiles": versions, **beat}, room)

    def _emit(self, event: str, data: object, room: int) -> None:
        queued = broadcast(self._sockets, event, data, to=room_name(room), namespace=NAMESPACE)
        QUEUED.inc(queued)

    def _edges(self) -> Mapping[str, object]:
        now = real_now_us()
        with self._database.reading() as session:
            rows = session.execute(
                select(Edge.code, Edge.seen_at).where(Edge.retired_at.is_(None))
            ).all()
        return {
            code: {
                "seen_at": None if seen is None else format_instant(seen),
                "alive": seen is not None and now - seen < EDGE_ALIVE_US,
            }
            for code, seen in rows
        }

    def _close_ended(self) -> None:
        """Close the sockets of sessions and tokens that have ended meanwhile."""
        disconnect = self._sockets.server.disconnect  # type: ignore[attr-defined]  # set by init_app
        for sid in actors_that_ended(self._database, self.clients.actors(), real_now_us()):
            disconnect(sid, namespace=NAMESPACE)


def room_name(place_id: int) -> str:
    """The Socket.IO room of a place."""
    return f"place-{place_id}"

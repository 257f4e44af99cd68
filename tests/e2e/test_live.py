"""A client of live tiles while a plant runs, loses its edge, and gets a new web process."""

from __future__ import annotations

import gc
import itertools
import signal
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import socketio

from mes.clock import PlantClock
from mes.core.instants import parse_instant
from mes.features.verify.live_plant import START_S, PlantProcess, PlantRun
from mes.features.verify.waiting import until
from tests.e2e.plant_process import plant_process

NAMESPACE = "/live"
MORNING = parse_instant("2026-03-02T09:00:00+09:00")
SEED = 33
"""With this seed the press runs for more than half an hour before its first stop."""
FIRST_TILE_S = 5.0
TOLD_S = 5.0
UNKNOWN_S = 7.0
"""A source is stale after 5 s without a promise; the ticker looks once a second."""
FRESH_US = 2_500_000
DATA_AGE_US = 4_000_000
"""A piece each 2 s, a reading each second, and the time of the last data is written once a second:
a tile may carry the time of the piece before its newest."""
STALE_US = 3_000_000

Tile = dict[str, Any]


class Screen:
    """A client that watches a line as a browser does: it connects again and watches again."""

    def __init__(self, plant: PlantProcess) -> None:
        self._plant = plant
        self._lock = threading.Lock()
        self._heard: list[Tile] = []
        self.watched = 0
        self.client = socketio.Client(
            reconnection_delay=0.2, reconnection_delay_max=1.0, handle_sigint=False
        )
        self.client.on("connect", self._watch, namespace=NAMESPACE)
        self.client.on("tiles", self._take, namespace=NAMESPACE)
        self.client.connect(
            plant.url, auth={"token": plant.tokens["read"]}, namespaces=[NAMESPACE], wait_timeout=5
        )

    @property
    def heard(self) -> list[Tile]:
        """All tiles so far, the present ones of each watch included."""
        with self._lock:
            return list(self._heard)

    @property
    def kept(self) -> Tile:
        """What a browser shows: the newest tile by version and time, whatever order they came in.

        The answer to `watch` and the broadcasts go different ways, and the client library gives
        each message a thread of its own.
        """
        return max(self.heard, key=_age)

    def next_tile(self, wanted: Callable[[Tile], bool], seconds: float, what: str) -> Tile:
        """The first tile from now on that is wanted."""
        known = len(self.heard)

        def found() -> Tile | None:
            return next((tile for tile in self.heard[known:] if wanted(tile)), None)

        tile = until(found, seconds, what, 0.02)
        assert tile is not None
        return tile

    def age_us(self) -> int:
        """How long ago the latest tile was covered, in plant time, which is real time here."""
        return self._plant.clock.now_us() - parse_instant(self.kept["covered_until"])

    def _watch(self) -> None:
        self.client.emit("watch", {"line": "line-1"}, namespace=NAMESPACE, callback=self._present)

    def _present(self, answer: list[Tile]) -> None:
        self._take(answer)
        self.watched += 1

    def _take(self, tiles: list[Tile]) -> None:
        with self._lock:
            self._heard += tiles


def collect_lost_sockets() -> None:
    """The client library leaves the socket of a connection it lost to the garbage collector."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()


@contextmanager
def screen(plant: PlantProcess) -> Iterator[Screen]:
    """A watching client that is closed at the end."""
    watching = Screen(plant)
    try:
        yield watching
    finally:
        watching.client.disconnect()
        collect_lost_sockets()


def test_a_screen_follows_the_plant_through_the_loss_of_edge_and_web(tmp_path: Path) -> None:
    with plant_process(tmp_path, PlantRun(scenario="press", seed=SEED, begin_at=MORNING)) as plant:
        plant.prepare()
        plant.clock = PlantClock.starting_at(MORNING)
        plant.start_web()
        plant.start_simulators()
        until(plant.is_ready, START_S, "readyz")
        plant.start_edge()
        until(plant.sources_are_up, START_S, "all sources up")
        with screen(plant) as watching:
            _sees_a_running_machine(watching)
            _is_told_that_the_edge_is_dead(plant, watching)
            _sees_the_edge_come_back(plant, watching)
            _goes_on_after_a_new_web_process(plant, watching)
            _shows_the_present(plant, watching)


def _sees_a_running_machine(watching: Screen) -> None:
    began = time.monotonic()
    first = watching.next_tile(lambda tile: tile["state"] == "running", FIRST_TILE_S, "a tile")
    made = watching.next_tile(
        lambda tile: tile["good"] > first["good"], FIRST_TILE_S, "a tile with one more piece"
    )
    assert time.monotonic() - began < 2 * FIRST_TILE_S
    assert made["version"] > first["version"]
    assert made["work_unit"] == "press-1"
    assert made["link"]["state"] == "up"
    assert parse_instant(made["as_of"]) - parse_instant(made["last_data_at"]) < DATA_AGE_US
    assert watching.age_us() < FRESH_US


def _is_told_that_the_edge_is_dead(plant: PlantProcess, watching: Screen) -> None:
    plant.end("edge", signal.SIGKILL)
    began = time.monotonic()
    until(lambda: watching.age_us() > STALE_US, TOLD_S, "data age of a dead edge")
    present = plant.get("/api/v1/work-units/press-1")
    assert plant.clock.now_us() - parse_instant(present["covered_until"]) > STALE_US
    left_s = UNKNOWN_S - (time.monotonic() - began)
    tile = watching.next_tile(
        lambda tile: tile["state"] == "unknown", left_s, "a tile that knows nothing of the machine"
    )
    assert parse_instant(tile["as_of"]) > parse_instant(tile["covered_until"])


def _sees_the_edge_come_back(plant: PlantProcess, watching: Screen) -> None:
    before = watching.kept
    plant.start_edge()
    tile = watching.next_tile(lambda tile: tile["state"] == "running", START_S, "running again")
    assert tile["version"] > before["version"]
    assert tile["good"] >= before["good"]


def _goes_on_after_a_new_web_process(plant: PlantProcess, watching: Screen) -> None:
    before, watched = watching.kept, watching.watched
    plant.end("web", signal.SIGKILL)
    plant.start_web()
    until(lambda: watching.watched > watched, START_S, "watching again after the restart")
    tile = watching.next_tile(
        lambda tile: tile["version"] > before["version"] and tile["good"] > before["good"],
        START_S,
        "tiles of the new web process",
    )
    assert parse_instant(tile["as_of"]) > parse_instant(before["as_of"])


def _shows_the_present(plant: PlantProcess, watching: Screen) -> None:
    """The tile that is kept becomes the one a query gives, and none newer ever told less."""

    def is_present() -> bool:
        present = plant.get("/api/v1/work-units/press-1")
        return bool(watching.kept["good"] == present["good"])

    until(is_present, TOLD_S, "the screen shows what the query gives", 0.02)
    heard = sorted(watching.heard, key=_age)
    assert all(one["good"] <= two["good"] for one, two in itertools.pairwise(heard)), heard


def _age(tile: Tile) -> tuple[int, int]:
    return tile["version"], parse_instant(tile["as_of"])

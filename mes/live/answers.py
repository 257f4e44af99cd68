"""One answer for many: tiles asked for at the same moment are read once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from mes.clock import monotonic_s

KEPT_S = 0.5
"""Real time for which an answer is the present one, if nothing is committed meanwhile."""
PLACES_MAX = 500

Tiles = list[dict[str, Any]]


class Answers:
    """The latest answers by place; safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._reading: dict[int, threading.Lock] = {}
        self._kept: dict[int, tuple[float, int, Tiles]] = {}
        self._commits = 0

    def forget(self) -> None:
        """Something was committed."""
        self._commits += 1

    def of(self, place_id: int, read: Callable[[int], Tiles]) -> Tiles:
        """The tiles of a place, read now unless somebody has just read them."""
        asked = monotonic_s()
        with self._lock:
            if len(self._reading) >= PLACES_MAX:
                self._reading.clear()
                self._kept.clear()
            reading = self._reading.setdefault(place_id, threading.Lock())
        with reading:
            kept = self._kept.get(place_id)
            if kept is not None and self._is_present(kept, asked):
                return kept[2]
            begun, commits = monotonic_s(), self._commits
            tiles = read(place_id)
            self._kept[place_id] = (begun, commits, tiles)
            return tiles

    def _is_present(self, kept: tuple[float, int, Tiles], asked: float) -> bool:
        """Read after it was asked for, or shortly before and still true."""
        begun, commits, _ = kept
        if begun >= asked:
            return True
        return asked - begun < KEPT_S and commits == self._commits

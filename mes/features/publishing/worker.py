"""A thread of the web process that compares what was published whenever late facts have arrived.

At the start it settles what a former process left.
"""

from __future__ import annotations

import logging
import threading

from sqlalchemy.exc import SQLAlchemyError

from mes.clock import plant_now_us
from mes.db import Database
from mes.features.publishing.settling import QUIET_US, settle

ROUND_S = 2.0
"""Real time between two looks at the marks."""
WATCH_ROUNDS = 8
"""Figures that were not final when they were signed are compared every so many rounds."""

log = logging.getLogger("mes.publishing")


class Settler:
    """Looks for marks every `ROUND_S` seconds until it is stopped."""

    def __init__(self, database: Database, round_s: float = ROUND_S) -> None:
        self._database = database
        self._round_s = round_s
        self._stopped = threading.Event()

    def start(self) -> None:
        """Begin in a thread of its own."""
        threading.Thread(target=self._run, name="settler", daemon=True).start()

    def stop(self) -> None:
        """End after the present comparison; cut off in it, the next start does it again."""
        self._stopped.set()

    def _run(self) -> None:
        rounds = 0
        quiet_us = 0
        while not self._stopped.is_set():
            self._round(quiet_us, watched=rounds % WATCH_ROUNDS == 0)
            rounds += 1
            quiet_us = QUIET_US
            self._stopped.wait(self._round_s)

    def _round(self, quiet_us: int, *, watched: bool) -> None:
        try:
            written = settle(
                self._database,
                plant_now_us(),
                quiet_us=quiet_us,
                watched=watched,
                stopped=self._stopped.is_set,
            )
        except SQLAlchemyError:  # the marks stay; the next round tries again
            log.exception("published figures could not be compared")
            return
        if written:
            log.info("published figures revised: %d", written)

"""A thread of the web process that makes the report files that are due."""

from __future__ import annotations

import logging
import threading
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from mes.clock import plant_now_us
from mes.db import Database
from mes.features.schedules.folders import root_of
from mes.features.schedules.run import run_due

ROUND_S = 10.0
"""Real time between two looks."""

log = logging.getLogger("mes.schedules")


class ReportWriter:
    """Looks every `ROUND_S` seconds until it is stopped."""

    def __init__(self, database: Database, data: Path, round_s: float = ROUND_S) -> None:
        self._database = database
        self._root = root_of(data)
        self._round_s = round_s
        self._stopped = threading.Event()

    def start(self) -> None:
        """Begin in a thread of its own."""
        threading.Thread(target=self._run, name="report-files", daemon=True).start()

    def stop(self) -> None:
        """End after the present file; cut off in it, the next start makes it again."""
        self._stopped.set()

    def _run(self) -> None:
        while not self._stopped.wait(self._round_s):
            try:
                made = run_due(
                    self._database, self._root, plant_now_us(), stopped=self._stopped.is_set
                )
            except SQLAlchemyError:  # nothing is lost; the next round tries again
                log.exception("report files could not be looked at")
                continue
            if made:
                log.info("report files made: %d", made)

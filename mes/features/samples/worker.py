"""A thread of the web process that packs samples and takes out those whose time is over."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from sqlalchemy.exc import SQLAlchemyError

from mes.clock import plant_now_us
from mes.core.sample_values import UnreadableChunk
from mes.db import Database
from mes.features.samples.expiry import DAY_US, Kept, expire_some
from mes.features.samples.packing import ROWS_MAX, Unsettled, pack_some, sum_again

ROUND_S = 300.0
"""Real time between two rounds: so long samples wait, and every trend reads through them."""
PAUSE_S = 0.2
"""Real time between two transactions, so that ingest and people never wait."""

log = logging.getLogger("mes.samples")


class Packer:
    """Packs every `ROUND_S` seconds until it is stopped."""

    def __init__(self, database: Database, kept: Kept, round_s: float = ROUND_S) -> None:
        self._database = database
        self._kept = kept
        self._round_s = round_s
        self._stopped = threading.Event()
        self._complete = False

    def start(self) -> None:
        """Begin in a thread of its own."""
        threading.Thread(target=self._run, name="packer", daemon=True).start()

    def stop(self) -> None:
        """End after the present transaction; nothing is lost when it is cut off."""
        self._stopped.set()

    def _run(self) -> None:
        while not self._stopped.wait(self._round_s):
            try:
                self.round()
            except (SQLAlchemyError, UnreadableChunk, Unsettled):  # samples wait; it tries again
                log.exception("samples could not be packed")

    def round(self) -> None:
        """Pack all that waits, then take out what is over."""
        now_us = plant_now_us()
        oldest_us = now_us - self._kept.values * DAY_US
        self._repeat(lambda: pack_some(self._database, oldest_us) >= ROWS_MAX)
        if not self._complete:  # only a change of the schema leaves hours without sums
            self._repeat(lambda: sum_again(self._database) > 0)
            self._complete = not self._stopped.is_set()
        self._repeat(lambda: expire_some(self._database, self._kept, now_us) > 0)

    def _repeat(self, step: Callable[[], bool]) -> None:
        while step() and not self._stopped.wait(PAUSE_S):
            pass

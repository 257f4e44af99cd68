"""Asking machines again what they say of the jobs that they took, while somebody looks at them."""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from mes.clock import monotonic_s
from mes.core.refusal import Refusal
from mes.db import Database
from mes.features.edge_requests.board import RequestBoard
from mes.features.writes.job_machine import ask_machine
from mes.features.writes.service import Outcome

AGAIN_S = 15.0
"""Real seconds after which the machine of a job is asked again."""
WAITING_MAX = 50
"""Jobs whose machines may wait to be asked; more are left to the next look."""
IN_WORK = ("running", "paused")

log = logging.getLogger("mes.writes")


class JobWatcher:
    """One thread of the web process that asks, one machine after the other."""

    def __init__(self, database: Database, board: RequestBoard) -> None:
        self._database = database
        self._board = board
        self._waiting: queue.Queue[str] = queue.Queue(WAITING_MAX)
        self._asked_s: dict[str, float] = {}
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def look_again(self, jobs: Iterable[Mapping[str, Any]]) -> None:
        """Ask soon for those in work that a machine has; returns at once.

        Args:
            jobs: as the API gives them.
        """
        taken = [str(job["job_order"]) for job in jobs if _is_on_machine(job)]
        if not taken:
            return
        with self._lock:
            now_s = monotonic_s()
            self._asked_s = {n: at for n, at in self._asked_s.items() if now_s - at < AGAIN_S}
            for number in taken:
                if number not in self._asked_s and not self._waiting.full():
                    self._asked_s[number] = now_s
                    self._waiting.put_nowait(number)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="job states", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        while True:
            number = self._waiting.get()
            try:
                ask_machine(self._database, self._board, number)
            except Refusal as refusal:  # what was known before stays, with its time
                log.info("the machine of %s did not answer: %s", number, refusal.code)
            except SQLAlchemyError:
                log.exception("the state of %s could not be kept", number)


def _is_on_machine(job: Mapping[str, Any]) -> bool:
    if job["state"] not in IN_WORK:
        return False
    return any(
        row["call"] and row["outcome"] == Outcome.CONFIRMED and (row["after"] or {}).get("state")
        for row in job["writes"]
    )

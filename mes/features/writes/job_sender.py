"""A few threads of the web process that send what started jobs have to write and call."""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Sequence

from sqlalchemy.exc import SQLAlchemyError

from mes.clock import real_now_us
from mes.core.refusal import Refusal
from mes.db import Database
from mes.features.edge_requests.board import RequestBoard
from mes.features.writes.sending import send
from mes.features.writes.service import Outcome, Result, end
from mes.models import TagWrite

THREADS = 2
WAITING_MAX = 200
"""Jobs whose writes may wait at the same time; more are refused and say so."""
LATEST_US = 30_000_000
"""Real time after the start of a job in which its writes may still be sent."""

log = logging.getLogger("mes.writes")


class JobSender:
    """Sends the writes and calls of jobs; those of one job one after the other."""

    def __init__(self, database: Database, board: RequestBoard) -> None:
        self._database = database
        self._board = board
        self._waiting: queue.Queue[Sequence[int]] = queue.Queue(WAITING_MAX)
        self._started = threading.Lock()
        self._threads: list[threading.Thread] = []

    def send_soon(self, write_ids: Sequence[int]) -> None:
        """Send these writes in their order; returns at once."""
        if not write_ids:
            return
        self._start()
        try:
            self._waiting.put_nowait(write_ids)
        except queue.Full:
            self._give_up(write_ids, "writes_busy", "too many jobs wait for their machines")

    def send_now(self, write_ids: Sequence[int]) -> None:
        """Send these writes in their order and wait for their end; what was sent before stays."""
        self._send_all(write_ids)

    def _start(self) -> None:
        """The threads begin with the first job, in the process that serves."""
        with self._started:
            while len(self._threads) < THREADS:
                thread = threading.Thread(target=self._run, name="job writes", daemon=True)
                self._threads.append(thread)
                thread.start()

    def _run(self) -> None:
        while True:
            write_ids = self._waiting.get()
            try:
                self._send_all(write_ids)
            except SQLAlchemyError:  # what was not ended shows as left behind
                log.exception("the writes of a job could not be kept")

    def _send_all(self, write_ids: Sequence[int]) -> None:
        for position, write_id in enumerate(write_ids):
            if self._is_late(write_id):
                detail = "the machine was not asked in time after the start of the job"
                self._give_up(write_ids[position:], "write_expired", detail)
                return
            if self._send(write_id) not in (Outcome.CONFIRMED, None):
                detail = "a write of this job before it did not end well"
                self._give_up(write_ids[position + 1 :], "write_before_failed", detail)
                return

    def _send(self, write_id: int) -> Outcome | None:
        try:
            return send(self._database, self._board, write_id)
        except Refusal:
            return Outcome.REFUSED

    def _is_late(self, write_id: int) -> bool:
        with self._database.reading() as session:
            asked_at = session.get_one(TagWrite, write_id).asked_at
        return real_now_us() - asked_at > LATEST_US

    def _give_up(self, write_ids: Sequence[int], code: str, detail: str) -> None:
        with self._database.transaction() as session:
            for write_id in write_ids:
                row = session.get_one(TagWrite, write_id, with_for_update=True)
                if row.sent_at is None and row.ended_at is None:
                    end(session, row, Result(outcome=Outcome.REFUSED, code=code, detail=detail))

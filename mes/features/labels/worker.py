"""A thread of the web process that sends waiting labels to their printers over TCP."""

from __future__ import annotations

import logging
import socket
import threading
from collections.abc import Callable

from sqlalchemy.exc import SQLAlchemyError

from mes.clock import real_now_us
from mes.core.refusal import Refusal
from mes.db import Database
from mes.features.labels.bitmap import picture_of
from mes.features.labels.font import Faces
from mes.features.labels.hosts import resolve
from mes.features.labels.layout import lay_out
from mes.features.labels.printers import size_of_printer
from mes.features.labels.prints import (
    INTERRUPTED,
    UNREACHABLE,
    Due,
    end_what_was_cut_off,
    ended,
    take_due,
)
from mes.features.labels.zpl import Graphics, zpl_of

ROUND_S = 1.0
"""Real time between two looks at the outbox when nobody rings."""
CONNECT_S = 3.0
SILENCE_S = 15.0
"""How long a printer may take no byte before the print ends; one without paper stops reading."""

log = logging.getLogger("mes.labels")


class LabelSender:
    """Sends one print after the other until it is stopped."""

    def __init__(self, database: Database, faces: Callable[[], Faces]) -> None:
        self._database = database
        self._faces = faces
        self._bell = threading.Event()
        self._stopped = threading.Event()

    def start(self) -> None:
        """Begin in a thread of its own."""
        threading.Thread(target=self._run, name="labels", daemon=True).start()

    def stop(self) -> None:
        """End after the present print."""
        self._stopped.set()
        self._bell.set()

    def ring(self) -> None:
        """Look at the outbox now; after the commit of a print."""
        self._bell.set()

    def _run(self) -> None:
        self._safely(self._end_what_was_cut_off)
        while not self._stopped.is_set():
            while not self._stopped.is_set() and self._safely(self.send_next):
                pass
            self._bell.wait(ROUND_S)
            self._bell.clear()

    def _safely(self, do: Callable[[], bool]) -> bool:
        try:
            return do()
        except SQLAlchemyError:  # what waits stays; the next round tries again
            log.exception("prints could not be read or kept")
            return False

    def _end_what_was_cut_off(self) -> bool:
        with self._database.transaction() as session:
            return bool(end_what_was_cut_off(session))

    def send_next(self) -> bool:
        """Send the next print that is due; False: there is none."""
        with self._database.transaction() as session:
            due = take_due(session, real_now_us())
        if due is None:
            return False
        error, again = self._send(due)
        with self._database.transaction() as session:
            ended(session, due.id, error=error, again=again, now_us=real_now_us())
        return True

    def _send(self, due: Due) -> tuple[str | None, bool]:
        """Code of what went wrong (None: sent), and whether nothing had left yet."""
        printer = due.printer
        try:
            zpl = zpl_of_batch(due, self._faces())
            address = resolve(printer.host, printer.port, local=printer.local)
        except Refusal as refusal:
            return refusal.code, False
        except OSError as mistake:
            log.info("printer %s is not known: %s", printer.code, mistake)
            return UNREACHABLE, True
        try:
            link = socket.create_connection(address, timeout=CONNECT_S)
        except OSError as mistake:
            log.info("printer %s cannot be reached: %s", printer.code, mistake)
            return UNREACHABLE, True
        try:
            with link:
                link.settimeout(SILENCE_S)
                link.sendall(zpl)
                link.shutdown(socket.SHUT_WR)
                _wait_for_the_end(link)
        except OSError as mistake:
            log.warning("print %d to %s was cut off: %s", due.id, printer.code, mistake)
            return INTERRUPTED, False
        return None, False


def zpl_of_batch(due: Due, faces: Faces) -> bytes:
    """What a printer gets.

    Raises:
        Refusal: `label_text_too_long` (422): the labels in the printer became smaller meanwhile.
    """
    printer = due.printer
    size = size_of_printer(printer)
    pictures = (
        picture_of(lay_out(label, size, faces), printer.dpi, faces) for label in due.batch.labels()
    )
    return zpl_of(pictures, graphics=Graphics(printer.graphics), copies=due.batch.copies)


def _wait_for_the_end(link: socket.socket) -> None:
    """Until the printer has taken all and closes, or says nothing for a moment: some keep open."""
    link.settimeout(1.0)
    try:
        while link.recv(1024):
            pass
    except TimeoutError:
        return

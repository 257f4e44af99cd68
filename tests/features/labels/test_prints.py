"""Labels wait in the outbox for printers on real sockets; nothing is printed twice by itself."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from mes.clock import real_now_us
from mes.core.instants import US_PER_S
from mes.db import Database
from mes.features.audit.queries import audit_rows
from mes.features.labels import prints
from mes.features.labels.printers import (
    PrinterDraft,
    add_printer,
    change_printer,
    find_printer,
    printers,
    retire_printer,
)
from mes.features.labels.prints import WAITS_S, PrintState, ask_for_print
from mes.features.labels.worker import LabelSender
from mes.models import Outbox
from tests.features.commands.floor import KIM, refused
from tests.features.labels.labels import FACES, a_batch, codes_in, printed


class Printer:
    """A TCP port that takes labels."""

    def __init__(self, *, cut_off: bool = False) -> None:
        self.cut_off = cut_off
        self.got: list[bytes] = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self.listener.getsockname()[1]
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self) -> None:
        while True:
            try:
                link, _ = self.listener.accept()
            except OSError:
                return
            with link:
                if self.cut_off:
                    link.recv(1000)
                    link.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                    continue
                told = b""
                while part := link.recv(65536):
                    told += part
                self.got.append(told)


@contextmanager
def a_printer(**how: bool) -> Iterator[Printer]:
    found = Printer(**how)
    try:
        yield found
    finally:
        found.listener.close()


def enter(database: Database, code: str, port: int, **other: object) -> None:
    draft = PrinterDraft(name=f"프린터 {code}", host="127.0.0.1", port=port, **other)  # type: ignore[arg-type]
    with database.transaction() as session:
        add_printer(session, KIM, code, draft, local=True)


def ask(database: Database, printer: str, amounts: tuple[str, ...] = ("120 EA",)) -> int:
    with database.transaction() as session:
        row = ask_for_print(
            session,
            KIM,
            printer=printer,
            batch=a_batch(amounts=amounts),
            job_order="WO-1-10",
            faces=FACES,
            now_us=real_now_us(),
        )
        return row.id


def state(database: Database, number: int) -> tuple[str, int, str | None]:
    with database.reading() as session:
        row = session.get_one(Outbox, number)
        return row.state, row.attempts, row.last_error


def make_due(database: Database, number: int) -> None:
    with database.transaction() as session:
        session.get_one(Outbox, number).next_at = 0


def sender_of(database: Database) -> LabelSender:
    return LabelSender(database, lambda: FACES)


def test_a_printer_gets_its_labels_in_its_own_size_and_dots(database: Database) -> None:
    with a_printer() as printer:
        enter(database, "zebra-1", printer.port, dpi=300, width_mm=60, height_mm=40)
        number = ask(database, "zebra-1", ("120 EA", "20 EA"))
        sender = sender_of(database)
        assert sender.send_next()
        assert not sender.send_next()
        assert state(database, number) == (PrintState.SENT, 1, None)
        (told,) = printer.got
        assert told.count(b"^PW708\n^LL472\n") == 2
        assert [codes_in(one) for one in printed(told)] == [["LOT-261125-001"]] * 2
    with database.reading() as session:
        actions = [row["action"] for row in audit_rows(session, limit=10)["items"]]
    assert "label.print" in actions


def test_a_printer_that_is_off_is_tried_again_with_growing_waits_and_then_left(
    database: Database,
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    enter(database, "off", port)
    number = ask(database, "off")
    sender = sender_of(database)
    for tries, wait in enumerate(WAITS_S, 1):
        before = real_now_us()
        assert sender.send_next()
        assert state(database, number) == (PrintState.WAITING, tries, "printer_unreachable")
        with database.reading() as session:
            next_at = session.get_one(Outbox, number).next_at
        assert next_at >= before + wait * US_PER_S
        assert not sender.send_next(), "it waits"
        make_due(database, number)
    assert sender.send_next()
    assert state(database, number)[0] == PrintState.FAILED
    with a_printer() as printer:
        with database.transaction() as session:
            row = find_printer(session, "off")
            draft = PrinterDraft(name="x", host="127.0.0.1", port=printer.port)
            change_printer(session, KIM, "off", draft, seen_version=row.version)
        with database.transaction() as session:
            prints.send_again(session, KIM, number, real_now_us())
        assert sender.send_next()
        assert state(database, number)[0] == PrintState.SENT
        assert len(printer.got) == 1


def test_what_was_cut_off_is_not_printed_again_by_itself(database: Database) -> None:
    with a_printer(cut_off=True) as printer:
        enter(database, "cut", printer.port)
        number = ask(database, "cut", ("1 EA",) * 100)
        sender = sender_of(database)
        assert sender.send_next()
        assert state(database, number) == (PrintState.FAILED, 1, "printer_interrupted")
        assert not sender.send_next()


def test_what_was_being_sent_when_the_server_ended_waits_for_a_person(database: Database) -> None:
    with a_printer() as printer:
        enter(database, "zebra-1", printer.port)
        number = ask(database, "zebra-1")
        with database.transaction() as session:
            session.get_one(Outbox, number).state = PrintState.SENDING
        with database.transaction() as session:
            assert prints.end_what_was_cut_off(session) == 1
        assert state(database, number)[::2] == (PrintState.FAILED, "printer_interrupted")
        assert not sender_of(database).send_next()
        assert printer.got == []


def test_one_printer_keeps_its_order_and_another_does_not_wait_for_it(database: Database) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    with a_printer() as printer:
        enter(database, "off", port)
        enter(database, "on", printer.port)
        first, second, other = (ask(database, code) for code in ("off", "off", "on"))
        sender = sender_of(database)
        while sender.send_next():
            pass
        assert state(database, first)[:2] == (PrintState.WAITING, 1)
        assert state(database, second)[:2] == (PrintState.WAITING, 0), "behind the first"
        assert state(database, other)[0] == PrintState.SENT


def test_a_waiting_print_is_cancelled_and_one_that_is_over_is_not(database: Database) -> None:
    with a_printer() as printer:
        enter(database, "zebra-1", printer.port)
        number = ask(database, "zebra-1")
        with database.transaction() as session:
            prints.cancel(session, KIM, number)
        assert not sender_of(database).send_next()

        def do(what: str) -> None:
            with database.transaction() as session:
                if what == "cancel":
                    prints.cancel(session, KIM, number)
                else:
                    prints.send_again(session, KIM, number, real_now_us())

        refused("print_not_waiting", lambda: do("cancel"))
        do("again")
        refused("print_not_over", lambda: do("again"))
        refused("print_unknown", lambda: prints_cancel_unknown(database))


def prints_cancel_unknown(database: Database) -> None:
    with database.transaction() as session:
        prints.cancel(session, KIM, 2**62)


def test_prints_that_wait_have_a_limit(
    sqlite_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prints, "WAITING_MAX", 2)
    enter(sqlite_database, "zebra-1", 9100)
    ask(sqlite_database, "zebra-1")
    ask(sqlite_database, "zebra-1")
    refused("too_many_prints", lambda: ask(sqlite_database, "zebra-1"))


def test_old_prints_are_forgotten_and_waiting_ones_never(
    sqlite_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prints, "KEPT_MAX", 3)
    with a_printer() as printer:
        enter(sqlite_database, "zebra-1", printer.port)
        sender = sender_of(sqlite_database)
        for _ in range(6):
            ask(sqlite_database, "zebra-1")
            assert sender.send_next()
    waiting = ask(sqlite_database, "zebra-1")
    with sqlite_database.reading() as session:
        kept = prints.list_prints(session)
    assert len(kept) == 4
    assert kept[0]["id"] == waiting


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "LOCALHOST.",
        "::1",
        "[::1]",
        "::ffff:127.0.0.1",
        "0.0.0.0",
        "169.254.169.254",
        "224.0.0.1",
        "",
        "a b",
        "http://printer",
        "printer:9100",
        "x" * 254,
        "-a",
        "프린터",
    ],
)
def test_a_printer_of_the_browser_is_never_this_server_or_nonsense(
    sqlite_database: Database, host: str
) -> None:
    def add() -> None:
        with sqlite_database.transaction() as session:
            add_printer(session, KIM, "p", PrinterDraft(name="P", host=host))

    refused("printer_host_invalid", add)


def test_a_name_that_means_this_server_is_found_out_when_it_is_sent(
    sqlite_database: Database,
) -> None:
    """The machine's own host name resolves to loopback here or to its own address."""
    with a_printer() as printer:
        with sqlite_database.transaction() as session:
            draft = PrinterDraft(name="P", host="localhost.localdomain", port=printer.port)
            add_printer(session, KIM, "p", draft)
        number = ask(sqlite_database, "p")
        assert sender_of(sqlite_database).send_next()
        told = state(sqlite_database, number)
        assert told[0] in (PrintState.FAILED, PrintState.WAITING)
        assert told[2] in ("printer_host_invalid", "printer_unreachable")
        assert printer.got == []


def test_printers_are_checked_changed_as_seen_and_retired(database: Database) -> None:
    enter(database, "zebra-1", 9100)

    def do(code: str, seen: int, **other: object) -> None:
        draft = PrinterDraft(**({"name": "N", "host": "10.0.0.9"} | other))  # type: ignore[arg-type]
        with database.transaction() as session:
            change_printer(session, KIM, code, draft, seen_version=seen)

    do("zebra-1", 1)
    refused("printer_changed", lambda: do("zebra-1", 1))
    refused("printer_host_invalid", lambda: do("zebra-1", 2, host="127.0.0.1"))
    worst: list[dict[str, object]] = [
        {"dpi": 600},
        {"port": 0},
        {"port": 65_536},
        {"width_mm": 10},
        {"height_mm": 999},
        {"graphics": "b64"},
        {"name": " "},
        {"name": "x" * 81},
        {"name": "a\nb"},
    ]
    for other in worst:
        told = refused("printer_invalid", lambda other=other: do("zebra-1", 2, **other))  # type: ignore[misc]
        assert told.field in other
    refused("printer_unknown", lambda: do("none", 1))
    refused("printer_code_taken", lambda: enter(database, "zebra-1", 1))
    number = ask(database, "zebra-1")
    with database.transaction() as session:
        retire_printer(session, KIM, "zebra-1", seen_version=2, now_us=real_now_us())
    sender_of(database).send_next()
    assert state(database, number)[::2] == (PrintState.FAILED, "printer_unknown")
    refused("printer_unknown", lambda: ask(database, "zebra-1"))
    with database.reading() as session:
        assert printers(session) == []
        assert [row.code for row in printers(session, retired=True)] == ["zebra-1"]


def test_labels_that_do_not_fit_the_printer_are_refused_at_once(database: Database) -> None:
    enter(database, "small", 9100, width_mm=25, height_mm=25)
    refused("label_text_too_long", lambda: ask(database, "small"))

"""Labels that wait for a printer: rows of the outbox, so that no request waits for one. Real time.

A row is `waiting`, `sending`, `sent`, `failed` or `cancelled`. What could not be connected is tried
again by itself. Once the first byte has left, nobody knows what was printed: such a row fails, and
a person decides whether it is sent again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from mes.core.instants import US_PER_S, format_instant
from mes.core.refusal import Refusal
from mes.features.audit.service import record
from mes.features.commands.context import ActorJson
from mes.features.labels.content import Batch, batch_from_json
from mes.features.labels.font import Faces
from mes.features.labels.layout import lay_out
from mes.features.labels.printers import find_printer, size_of_printer
from mes.models import LabelPrinter, Outbox

KIND = "label"
WAITING_MAX = 200
"""Prints that may wait at the same time."""
KEPT_MAX = 2000
"""Prints that are over and still listed; older ones go."""
WAITS_S = (2, 5, 10, 20, 30, 60, 60, 120, 300, 300)
"""Real seconds before each further try to connect; after the last one a print fails."""
INTERRUPTED = "printer_interrupted"
UNREACHABLE = "printer_unreachable"


class PrintState(StrEnum):
    """Where a print stands."""

    WAITING = "waiting"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """A print to send now, and the printer as it is now."""

    id: int
    batch: Batch
    printer: LabelPrinter


def ask_for_print(
    session: Session,
    actor: ActorJson,
    *,
    printer: str,
    batch: Batch,
    job_order: str,
    faces: Faces,
    now_us: int,
) -> Outbox:
    """Let labels wait for a printer.

    Args:
        now_us: real time, UTC microseconds.

    Raises:
        Refusal: `printer_unknown` (404), `label_text_too_long` (422), `too_many_prints` (409).
    """
    row = find_printer(session, printer)
    lay_out(batch.labels()[0], size_of_printer(row), faces)  # refused here, not at the printer
    waiting = session.scalar(
        select(func.count()).select_from(Outbox).where(Outbox.kind == KIND, _open())
    )
    if (waiting or 0) >= WAITING_MAX:
        raise Refusal(
            "too_many_prints",
            f"{WAITING_MAX} prints wait already; look at the printers, or cancel some",
        )
    asked = Outbox(
        kind=KIND,
        payload={
            "printer": row.code,
            "job_order": job_order,
            "actor": dict(actor),
            "batch": batch.to_json(),
        },
        state=PrintState.WAITING,
        attempts=0,
        next_at=now_us,
        last_error=None,
        created_at=now_us,
    )
    session.add(asked)
    session.flush()
    told = {"job_order": job_order, "lot": batch.code, "labels": len(batch.amounts) * batch.copies}
    record(session, actor, "label.print", row.code, {"print": asked.id, **told})
    _forget_old(session)
    return asked


def list_prints(session: Session, limit: int = 100) -> list[dict[str, Any]]:
    """Prints as the API gives them, latest first."""
    names = dict(session.execute(select(LabelPrinter.code, LabelPrinter.name)).all())
    rows = session.scalars(
        select(Outbox).where(Outbox.kind == KIND).order_by(Outbox.id.desc()).limit(limit)
    )
    return [print_json(row, names) for row in rows]


def print_json(row: Outbox, names: Mapping[str, str] | None = None) -> dict[str, Any]:
    """A print as the API gives it; `next_at` None: it is not tried again by itself."""
    payload = row.payload
    batch = payload["batch"]
    waits = row.state == PrintState.WAITING
    return {
        "id": row.id,
        "printer": payload["printer"],
        "printer_name": (names or {}).get(payload["printer"], payload["printer"]),
        "job_order": payload["job_order"],
        "lot": None if batch["lot"] is None else batch["lot"][1],
        "labels": len(batch["amounts"]) * batch["copies"],
        "person": payload["actor"].get("label"),
        "state": row.state,
        "attempts": row.attempts,
        "error": row.last_error,
        "next_at": format_instant(row.next_at) if waits else None,
        "asked_at": format_instant(row.created_at),
    }


def find_print(session: Session, number: int) -> Outbox:
    """A print of that id.

    Raises:
        Refusal: `print_unknown` (404).
    """
    row = session.get(Outbox, number) if number < 2**62 else None
    if row is None or row.kind != KIND:
        raise Refusal("print_unknown", f"there is no print {number}", status=404)
    return row


def send_again(session: Session, actor: ActorJson, number: int, now_us: int) -> Outbox:
    """Let a print that failed or was sent wait once more.

    Raises:
        Refusal: `print_unknown` (404), `print_not_over` (409).
    """
    row = _locked(session, number)
    if row.state in (PrintState.WAITING, PrintState.SENDING):
        raise Refusal("print_not_over", "this print waits or is being sent already")
    find_printer(session, row.payload["printer"])
    row.state, row.attempts, row.next_at, row.last_error = PrintState.WAITING, 0, now_us, None
    record(session, actor, "label.again", row.payload["printer"], {"print": number})
    return row


def cancel(session: Session, actor: ActorJson, number: int) -> Outbox:
    """Let a print that waits not be sent.

    Raises:
        Refusal: `print_unknown` (404), `print_not_waiting` (409).
    """
    row = _locked(session, number)
    if row.state != PrintState.WAITING:
        raise Refusal("print_not_waiting", f"this print is {row.state}; only a waiting one ends")
    row.state = PrintState.CANCELLED
    record(session, actor, "label.cancel", row.payload["printer"], {"print": number})
    return row


def end_what_was_cut_off(session: Session) -> int:
    """After a restart: what was being sent may be printed or not; a person decides."""
    rows = session.scalars(
        select(Outbox).where(Outbox.kind == KIND, Outbox.state == PrintState.SENDING)
    ).all()
    for row in rows:
        row.state, row.last_error = PrintState.FAILED, INTERRUPTED
    return len(rows)


def take_due(session: Session, now_us: int) -> Due | None:
    """The next print to send, marked as being sent; None: nothing is due.

    Prints of a printer keep their order: while its oldest waits for another try, the rest waits.
    """
    rows = session.scalars(
        select(Outbox)
        .where(Outbox.kind == KIND, Outbox.state == PrintState.WAITING)
        .order_by(Outbox.id)
        .with_for_update(skip_locked=True)
    )
    seen: set[str] = set()
    for row in rows:
        code = row.payload["printer"]
        if code in seen:
            continue
        seen.add(code)
        if row.next_at > now_us:
            continue
        printer = session.scalar(select(LabelPrinter).where(LabelPrinter.code == code))
        if printer is None or printer.retired_at is not None:
            row.state, row.last_error = PrintState.FAILED, "printer_unknown"
            continue
        row.state = PrintState.SENDING
        row.attempts += 1
        session.flush()
        session.expunge(printer)
        return Due(id=row.id, batch=batch_from_json(row.payload["batch"]), printer=printer)
    return None


def ended(session: Session, number: int, *, error: str | None, again: bool, now_us: int) -> None:
    """What came of a try.

    Args:
        error: None: sent.
        again: nothing had left yet, so that it is tried again while tries are left.
    """
    row = session.get(Outbox, number, with_for_update=True)
    if row is None:
        return
    row.last_error = error
    if error is None:
        row.state = PrintState.SENT
    elif again and row.attempts <= len(WAITS_S):
        row.state = PrintState.WAITING
        row.next_at = now_us + WAITS_S[row.attempts - 1] * US_PER_S
    else:
        row.state = PrintState.FAILED


def waiting_count(session: Session) -> dict[str, int]:
    """How many prints are in each state."""
    found = session.execute(
        select(Outbox.state, func.count()).where(Outbox.kind == KIND).group_by(Outbox.state)
    )
    return dict(found.all())


def _open() -> Any:
    return Outbox.state.in_([PrintState.WAITING, PrintState.SENDING])


def _locked(session: Session, number: int) -> Outbox:
    row = find_print(session, number)
    session.refresh(row, with_for_update=True)
    return row


def _forget_old(session: Session) -> None:
    last = session.scalar(
        select(Outbox.id)
        .where(Outbox.kind == KIND, ~_open())
        .order_by(Outbox.id.desc())
        .offset(KEPT_MAX)
        .limit(1)
    )
    if last is not None:
        session.execute(delete(Outbox).where(Outbox.kind == KIND, ~_open(), Outbox.id <= last))

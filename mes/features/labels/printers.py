"""Label printers: the only machines that labels are ever sent to."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from mes.core.refusal import Refusal
from mes.features.audit.service import record
from mes.features.commands.context import ActorJson
from mes.features.labels.bitmap import DOTS_PER_MM
from mes.features.labels.hosts import check_host
from mes.features.labels.sizes import SIDE_MAX_MM, SIDE_MIN_MM, Size, roll
from mes.features.labels.zpl import Graphics
from mes.features.plant.parts import CODE
from mes.models import LabelPrinter

PORT = 9100
PORT_MAX = 65_535
PRINTERS_MAX = 100
NAME_MAX = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class PrinterDraft:
    """What an administrator enters.

    Attributes:
        width_mm, height_mm: of the labels in it.
        graphics: `hex` or `z64`, see `zpl.Graphics`.
    """

    name: str
    host: str
    port: int = PORT
    dpi: int = 203
    width_mm: int = 100
    height_mm: int = 60
    graphics: str = Graphics.HEX


def printers(session: Session, *, retired: bool = False) -> list[LabelPrinter]:
    """All printers by name, retired ones last where they are asked for."""
    query = select(LabelPrinter).order_by(LabelPrinter.name, LabelPrinter.id)
    if not retired:
        query = query.where(LabelPrinter.retired_at.is_(None))
    return sorted(session.scalars(query), key=lambda row: row.retired_at is not None)


def find_printer(session: Session, code: str) -> LabelPrinter:
    """The printer of that code, not retired.

    Raises:
        Refusal: `printer_unknown` (404).
    """
    row = session.scalar(select(LabelPrinter).where(LabelPrinter.code == code))
    if row is None or row.retired_at is not None:
        raise Refusal(
            "printer_unknown",
            f"there is no label printer {code[:80]!r}",
            status=404,
            field="printer",
        )
    return row


def size_of_printer(row: LabelPrinter) -> Size:
    """The label in a printer."""
    return roll(row.width_mm, row.height_mm)


def add_printer(
    session: Session, actor: ActorJson, code: str, draft: PrinterDraft, *, local: bool = False
) -> LabelPrinter:
    """Enter a printer.

    Args:
        local: entered on the server itself; it may be a port of this machine.

    Raises:
        Refusal: `printer_invalid`, `printer_host_invalid` (422), `printer_code_taken`,
            `too_many_printers` (409).
    """
    if not CODE.fullmatch(code):
        raise _invalid("code", "a code has 1 to 60 letters, digits, '.', '_' or '-'")
    _check(draft, local=local)
    if session.scalar(select(LabelPrinter.id).where(LabelPrinter.code == code)) is not None:
        message = f"the code {code!r} belongs or belonged to a printer; choose another"
        raise Refusal("printer_code_taken", message, field="code")
    held = session.scalar(select(func.count()).select_from(LabelPrinter))
    if (held or 0) >= PRINTERS_MAX:
        raise Refusal("too_many_printers", f"there are {PRINTERS_MAX} printers already")
    row = LabelPrinter(code=code, version=1, retired_at=None, local=local, **asdict(draft))
    session.add(row)
    session.flush()
    record(session, actor, "printer.added", code, {"old": None, "new": asdict(draft)})
    return row


def change_printer(
    session: Session, actor: ActorJson, code: str, draft: PrinterDraft, *, seen_version: int
) -> LabelPrinter:
    """Change a printer; what waits for it goes to the new address.

    Raises:
        Refusal: `printer_unknown` (404), `printer_changed`, `printer_retired` (409),
            `printer_invalid`, `printer_host_invalid` (422).
    """
    row = _as_seen(session, code, seen_version)
    keeps_local = row.local and draft.host == row.host
    _check(draft, local=keeps_local)
    old = printer_json(row)
    for name, value in asdict(draft).items():
        setattr(row, name, value)
    row.local = keeps_local
    row.version += 1
    session.flush()
    record(session, actor, "printer.changed", code, {"old": old, "new": printer_json(row)})
    return row


def retire_printer(
    session: Session, actor: ActorJson, code: str, *, seen_version: int, now_us: int
) -> None:
    """Let nothing be sent to a printer any more.

    Args:
        now_us: real time, UTC microseconds.

    Raises:
        Refusal: `printer_unknown` (404), `printer_changed`, `printer_retired` (409).
    """
    row = _as_seen(session, code, seen_version)
    row.retired_at = now_us
    row.version += 1
    session.flush()
    record(session, actor, "printer.retired", code, {"old": printer_json(row), "new": None})


def printer_json(row: LabelPrinter) -> dict[str, Any]:
    """A printer as the API gives it; its address is for administrators only."""
    return {
        "code": row.code,
        "name": row.name,
        "dpi": row.dpi,
        "width_mm": row.width_mm,
        "height_mm": row.height_mm,
        "graphics": row.graphics,
        "host": row.host,
        "port": row.port,
        "version": row.version,
    }


def _as_seen(session: Session, code: str, seen_version: int) -> LabelPrinter:
    row = session.scalar(select(LabelPrinter).where(LabelPrinter.code == code).with_for_update())
    if row is None:
        return find_printer(session, code)
    if row.retired_at is not None:
        raise Refusal("printer_retired", f"somebody retired the printer {code!r} meanwhile")
    if row.version != seen_version:
        message = f"somebody changed the printer {code!r} meanwhile; look at it and decide again"
        raise Refusal("printer_changed", message, details={"version": row.version})
    return row


def _check(draft: PrinterDraft, *, local: bool) -> None:
    name = draft.name
    if not name.strip() or len(name) > NAME_MAX or not name.isprintable():
        raise _invalid("name", f"a name has 1 to {NAME_MAX} characters in one line")
    check_host(draft.host, local=local)
    if not 1 <= draft.port <= PORT_MAX:
        raise _invalid("port", f"a port is a number from 1 to {PORT_MAX}")
    if draft.dpi not in DOTS_PER_MM:
        raise _invalid("dpi", f"dpi is one of {', '.join(map(str, DOTS_PER_MM))}")
    for field in ("width_mm", "height_mm"):
        if not SIDE_MIN_MM <= getattr(draft, field) <= SIDE_MAX_MM:
            raise _invalid(field, f"a label has sides of {SIDE_MIN_MM} to {SIDE_MAX_MM} mm")
    if draft.graphics not in set(Graphics):
        raise _invalid("graphics", f"graphics is one of {', '.join(Graphics)}")


def _invalid(field: str, message: str) -> Refusal:
    return Refusal("printer_invalid", f"{field}: {message}", status=422, field=field)

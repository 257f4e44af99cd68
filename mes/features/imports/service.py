"""Carrying out an import that was checked: in one transaction, once, and in the audit log."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from mes.core.refusal import Refusal
from mes.features.commands.context import Context
from mes.features.imports.checking import Checked, ReadFile, check_read, read_tables
from mes.features.imports.kind import Kind, RowState
from mes.features.imports.limits import MISTAKES_SHOWN
from mes.features.imports.registry import other_kinds
from mes.features.imports.table import Mistake, Table

FILE_NAME_MAX = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """A file as it was read.

    Attributes:
        sha256: of the file as it was sent, hex.
    """

    kind: str
    file: str
    sha256: str
    tables: Sequence[Table]


def make_upload(kind: Kind, name: str, content: bytes, tables: Sequence[Table]) -> Upload:
    """A file with its name made short and harmless."""
    shown = "".join(sign for sign in name if sign.isprintable())[:FILE_NAME_MAX]
    digest = hashlib.sha256(content).hexdigest()
    return Upload(kind=kind.key, file=shown, sha256=digest, tables=tuple(tables))


def read_upload(kind: Kind, upload: Upload) -> ReadFile:
    """A file without looking at what is there now; it takes longest, and no lock."""
    return read_tables(kind, upload.tables, other_kinds(kind))


def check_upload(session: Session, now_us: int, kind: Kind, upload: Upload) -> Checked:
    """What a file would do now; nothing is written.

    Args:
        now_us: plant time, UTC microseconds.
    """
    return check_read(session, now_us, read_upload(kind, upload))


def import_upload(
    session: Session,
    context: Context,
    upload: Upload,
    read: ReadFile,
    *,
    skip_bad: bool = False,
    seen: str | None = None,
) -> dict[str, Any]:
    """Bring the rows of a file in; it is checked again, against what is there now.

    Args:
        read: the file as `read_upload` understands it.
        skip_bad: leave out rows with mistakes; without it one mistake stops everything.
        seen: `Checked.fingerprint` of what was shown; None does not ask.

    Returns:
        Counts of what was done: new, changed, unchanged, skipped; and `left_out`, the first
        mistakes of rows that were left out: row, column (its key), letter, value, code, details.

    Raises:
        Refusal: `import_changed` (409), `import_has_mistakes` (422), or what the services of the
            kind refuse.
    """
    checked = check_read(session, context.now, read)
    if seen is not None and seen != checked.fingerprint:
        raise Refusal(
            "import_changed",
            "what this file would do has changed since it was checked; look at it again",
            field="seen",
        )
    if checked.blocked or (checked.wrong and not skip_bad):
        raise Refusal(
            "import_has_mistakes",
            f"{len(checked.mistakes)} mistakes: nothing was imported",
            status=422,
            field="file",
            details={"wrong": len(checked.wrong)},
        )
    done = counts(checked)
    if checked.effective:
        told = {"file": upload.file, "sha256": upload.sha256, **done}
        checked.plan.write(session, context, told)
    return {"kind": upload.kind, "file": upload.file, **done, "left_out": _left_out(checked)}


def _left_out(checked: Checked) -> list[dict[str, Any]]:
    return [
        {
            "row": one.row,
            "column": one.column,
            "letter": checked.letters(one),
            "value": one.value,
            "code": one.code,
            "details": dict(one.details),
        }
        for one in checked.mistakes[:MISTAKES_SHOWN]
    ]


def left_out_from(answer: Mapping[str, Any]) -> list[tuple[Mistake, str]]:
    """Mistakes of rows that were left out, with letters of columns, of an answer that was kept."""
    return [
        (Mistake(**{name: one[name] for name in one if name != "letter"}), one["letter"])
        for one in answer.get("left_out", ())
    ]


def counts(checked: Checked) -> dict[str, int]:
    """How many rows do what."""
    return {
        "rows": checked.rows,
        "new": checked.count(RowState.NEW),
        "changed": checked.count(RowState.CHANGED),
        "unchanged": checked.count(RowState.UNCHANGED),
        "skipped": len(checked.wrong),
    }


def done_from(answer: Mapping[str, Any]) -> dict[str, int]:
    """The counts of an answer that was kept with its command."""
    return {name: int(answer.get(name, 0)) for name in ("new", "changed", "unchanged", "skipped")}

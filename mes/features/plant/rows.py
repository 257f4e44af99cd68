"""Master data that people change one by one: what they saw, what is wrong by field, what is in use.

All of it goes through `edit_plant`, so that a form can make nothing that a plant file could not.
"""

from __future__ import annotations

import hashlib
import json
import unicodedata
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from sqlalchemy.orm import Session

from mes.core.refusal import Refusal
from mes.features.commands.context import ActorJson
from mes.features.plant.edits import Edited, Plant, edit_plant
from mes.features.plant.objects import decimal_text
from mes.features.plant.parts import CODE, PLACES_MAX

Row = dict[str, Any]
"""An object as a plant file writes it."""
Mistakes = Mapping[str, str]
"""What is wrong, by field of the form."""
IN_USE_MAX = 10
"""Most names that a refusal lists."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TypedNames:
    """What something is called in both languages, as it was typed."""

    ko: str
    en: str

    def row(self) -> dict[str, str]:
        """As a plant file writes it."""
        return {"ko": self.ko, "en": self.en}

    def mistakes(self) -> dict[str, str]:
        """What a plant file tells by its line: no name has line breaks or control characters."""
        return {
            language: "a name is one line without control characters"
            for language, name in self.row().items()
            if not name.isprintable()
        }


class Fields:
    """Where a form's fields lie in the document, found out while the document is changed."""

    def __init__(self) -> None:
        self._by_path: dict[str, str] = {}

    def put(self, path: str, names: Mapping[str, str]) -> None:
        """`names` gives the field of the form by the part of the object at `path`."""
        self._by_path.update({f"{path}.{part}": field for part, field in names.items()})

    def of(self, path: str) -> str | None:
        """The field that holds what lies at a path or within it; None: none does."""
        for known, field in self._by_path.items():
            if path == known or path.startswith((f"{known}.", f"{known}[")):
                return field
        return None


def edit_by_form(
    session: Session,
    actor: ActorJson,
    *,
    now_us: int,
    action: str,
    subject: str,
    change: Callable[[Plant], None],
    fields: Fields | None = None,
    details: Mapping[str, Any] | None = None,
) -> Edited:
    """`edit_plant` for a form: mistakes are told by its fields.

    Args:
        fields: where the fields lie; None: the form has none, so that whatever contradicts the
            change names its subject.

    Raises:
        Refusal: `master_invalid` (422), `details["fields"]`; `master_in_use` (409).
    """
    try:
        return edit_plant(
            session,
            actor,
            now_us=now_us,
            action=action,
            subject=subject,
            change=change,
            details=details,
        )
    except Refusal as refusal:
        if refusal.code != "plant_invalid":
            raise
        raise _told(refusal, subject, fields) from refusal


def _told(refusal: Refusal, subject: str, fields: Fields | None) -> Refusal:
    mistakes: Any = refusal.details["mistakes"]
    found: dict[str, str] = {}
    others = []
    for mistake in mistakes:
        field = None if fields is None else fields.of(mistake["field"])
        if field is None:
            others.append(mistake["field"])
        else:
            found.setdefault(field, mistake["message"])
    return invalid(found) if found else in_use(subject, "plant", others)


def invalid(mistakes: Mistakes) -> Refusal:
    """What was typed is wrong."""
    field, message = next(iter(mistakes.items()))
    return Refusal(
        "master_invalid",
        f"{field}: {message}",
        status=422,
        field=field,
        details={"fields": dict(mistakes)},
    )


def in_use(subject: str, what: str, names: Collection[str]) -> Refusal:
    """Something that is still needed is not retired.

    Args:
        what: what needs it: order, job, machine, line, terminal or plant (a part of the document).
    """
    listed = sorted(names)[:IN_USE_MAX]
    return Refusal(
        "master_in_use",
        f"{subject!r} is still needed by {what}: {', '.join(listed)}",
        details={"what": what, "names": listed, "count": len(names)},
    )


def unknown(kind: str, code: str) -> Refusal:
    """There is nothing of that code."""
    return Refusal("master_unknown", f"there is no {kind} {code!r}", status=404)


def taken(code: str) -> Refusal:
    """A code is never used again."""
    return Refusal(
        "master_code_taken",
        f"the code {code!r} belongs or belonged to something else; choose another",
        field="code",
        details={"fields": {"code": "taken"}},
    )


def changed_meanwhile(code: str) -> Refusal:
    """Somebody else was faster."""
    return Refusal(
        "master_changed",
        f"somebody changed {code!r} meanwhile; look at it and decide again",
    )


def check_code(code: str) -> None:
    """That a code is one; told before it is looked up.

    Raises:
        Refusal: `master_invalid` (422).
    """
    if CODE.fullmatch(code) is None or len(code) > 60:
        raise invalid({"code": "a code has 1 to 60 letters, digits, '.', '_' or '-'"})


def mark_of(value: object) -> str:
    """What somebody saw, as a short mark that a form sends along."""
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:20]


def check_marks(code: str, *, seen: str, before: str, after: str) -> None:
    """That nobody changed something since it was seen; doing the same twice is harmless.

    Raises:
        Refusal: `master_changed` (409).
    """
    if before not in (seen, after):
        raise changed_meanwhile(code)


def number_text(typed: str) -> str:
    """A number as the plant keeps it; what is none stays as it was typed.

    Digits of a Korean or Japanese keyboard count as digits.
    """
    text = unicodedata.normalize("NFKC", typed).strip()
    try:
        value = Decimal(text)
    except InvalidOperation:
        return typed
    if not value.is_finite() or abs(value.adjusted()) > PLACES_MAX:
        return typed
    return decimal_text(value)


def rows_of(plant: Plant, section: str) -> list[Row]:
    """A section of the document, made where it is missing."""
    rows: list[Row] = plant.setdefault(section, [])
    return rows


def place_of(rows: Sequence[Row], key: str, code: str) -> int | None:
    """Where the row with a code stands; None: nowhere."""
    return next((place for place, row in enumerate(rows) if row[key] == code), None)


def machines_of(plant: Plant) -> Iterator[tuple[str, Row, Row]]:
    """Every machine as (path in the document, its line, itself)."""
    for number, line in enumerate(plant.get("lines", [])):
        for place, unit in enumerate(line.get("work_units", [])):
            yield f"lines[{number}].work_units[{place}]", line, unit


def swap(rows: list[Row], place: int, up: bool, among: Callable[[Row], bool]) -> None:
    """Let a row change places with the next one of its like; at the end nothing happens."""
    others = range(place - 1, -1, -1) if up else range(place + 1, len(rows))
    other = next((each for each in others if among(rows[each])), None)
    if other is not None:
        rows[place], rows[other] = rows[other], rows[place]

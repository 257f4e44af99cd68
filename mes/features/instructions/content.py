"""The content of a revision: its steps, what a step asks for, and how a value has to look. Pure.

A step as it is stored, and as REST takes and gives it:

    {"key": "s1", "title": {"ko": "...", "en": "..."}, "text": {"ko": "...", "en": "..."},
     "picture": SHA-256 or None, "pdf": SHA-256 or None, "fields": [field, ...]}

A field: `key`, `kind` (of `FieldKind`), `label` {ko, en}, `required`, `unit`, `min`, `max` (decimal
text or None, numbers only), `choices` [{ko, en}] (choices only; their keys are "1", "2", ...).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any

STEPS_MAX = 60
FIELDS_MAX = 8
PHOTOS_MAX = 2
"""Most photos of a step: they travel in one entry."""
CHOICES_MAX = 12
TITLE_MAX = 200
TEXT_MAX = 4000
LABEL_MAX = 120
NOTE_MAX = 1000
VALUE_MAX = 500
DECIMAL = re.compile(r"-?[0-9]{1,12}(\.[0-9]{1,6})?")
CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}")
KEY = re.compile(r"[A-Za-z0-9-]{1,40}")
LINES = "\n\t"
"""What a text of several lines may hold besides printable characters."""

Step = Mapping[str, Any]
Field = Mapping[str, Any]


class FieldKind(StrEnum):
    """What a step asks for."""

    TEXT = "text"
    NUMBER = "number"
    YES_NO = "yes_no"
    CHOICE = "choice"
    DATE = "date"
    PHOTO = "photo"


def is_clean(text: str, allowed: str = "") -> bool:
    """Whether a text holds no control characters but the allowed ones."""
    return not any(unicodedata.category(one) in ("Cc", "Cs") and one not in allowed for one in text)


def decimal_text(typed: str) -> str | None:
    """Decimal digits as a number is kept, full-width digits made plain; None: no number."""
    plain = unicodedata.normalize("NFKC", typed).strip().replace("−", "-")
    return plain if DECIMAL.fullmatch(plain) else None


def files_of(steps: Sequence[Step]) -> set[str]:
    """SHA-256 of all pictures and PDFs of steps."""
    return {step[name] for step in steps for name in ("picture", "pdf") if step[name]}


def mistakes_of_draft(steps: Sequence[Step]) -> dict[str, str]:
    """What may not even be saved, by field (`steps.0.fields.1.min`)."""
    found: dict[str, str] = {}
    keys: set[str] = set()
    for place, step in enumerate(steps):
        here = f"steps.{place}"
        if step["key"] in keys:
            found[f"{here}.key"] = "a key stands for one step or field"
        keys.add(step["key"])
        photos = [field for field in step["fields"] if field["kind"] == FieldKind.PHOTO]
        if len(photos) > PHOTOS_MAX:
            found[f"{here}.fields"] = f"a step asks for {PHOTOS_MAX} photos at most"
        for number, field in enumerate(step["fields"]):
            where = f"{here}.fields.{number}"
            if field["key"] in keys:
                found[f"{where}.key"] = "a key stands for one step or field"
            keys.add(field["key"])
            found.update({f"{where}.{name}": text for name, text in _of_limits(field)})
    return found


def mistakes_of_release(names: Mapping[str, str], steps: Sequence[Step]) -> dict[str, str]:
    """What is missing before a revision can be released, by field."""
    found: dict[str, str] = {}
    if not _named(names):
        found["title"] = "give a title"
    if not steps:
        found["steps"] = "add a step"
    for place, step in enumerate(steps):
        here = f"steps.{place}"
        if not _named(step["title"]):
            found[f"{here}.title"] = "give the step a title"
        for number, field in enumerate(step["fields"]):
            where = f"{here}.fields.{number}"
            if not _named(field["label"]):
                found[f"{where}.label"] = "say what is asked for"
            choices = field["choices"]
            if field["kind"] == FieldKind.CHOICE and (
                len(choices) < 2 or not all(_named(choice) for choice in choices)
            ):
                found[f"{where}.choices"] = "name at least two choices"
    return found


def changed_steps(before: Sequence[Step], after: Sequence[Step]) -> list[str]:
    """Keys of the steps that are new or different."""
    known = {step["key"]: step for step in before}
    return [step["key"] for step in after if step != known.get(step["key"])]


def fields_of(steps: Sequence[Step]) -> Iterator[tuple[Step, Field]]:
    """Each field with its step."""
    return ((step, field) for step in steps for field in step["fields"])


def checked_value(field: Field, value: object) -> str | None:
    """A value as it is kept; None: it is none of this kind. Photos are checked elsewhere."""
    kind = FieldKind(field["kind"])
    if kind is FieldKind.YES_NO:
        return {True: "yes", False: "no"}.get(value) if isinstance(value, bool) else None
    if not isinstance(value, str):
        return None
    text = value.strip()
    if kind is FieldKind.NUMBER:
        return decimal_text(text)
    if kind is FieldKind.CHOICE:
        keys = [str(number) for number in range(1, len(field["choices"]) + 1)]
        return text if text in keys else None
    if kind is FieldKind.DATE:
        return text if _is_day(text) else None
    return text if 0 < len(text) <= VALUE_MAX and is_clean(text, LINES) else None


def is_outside(field: Field, value: str) -> bool:
    """Whether a number lies beyond the limits of its field."""
    if field["kind"] != FieldKind.NUMBER:
        return False
    number = Decimal(value)
    low, high = field["min"], field["max"]
    return (low is not None and number < Decimal(low)) or (
        high is not None and number > Decimal(high)
    )


def _of_limits(field: Field) -> Iterator[tuple[str, str]]:
    limits = {name: field[name] for name in ("min", "max") if field[name] is not None}
    if field["kind"] != FieldKind.NUMBER:
        for name in limits:
            yield name, "only numbers have limits"
        return
    for name, value in limits.items():
        if DECIMAL.fullmatch(value) is None:
            yield name, "a number with at most 12 digits and 6 decimals"
            return
    if len(limits) == 2 and Decimal(limits["min"]) > Decimal(limits["max"]):
        yield "max", "the upper limit is below the lower one"


def _named(names: Mapping[str, str]) -> bool:
    return bool(names["ko"].strip() or names["en"].strip())


def _is_day(text: str) -> bool:
    if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text) is None:
        return False
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True

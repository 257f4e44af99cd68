"""What a check found, in the words of a language: for pages, programs and the command line."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from mes.features.imports import words
from mes.features.imports.checking import Checked, Note
from mes.features.imports.kind import Kind
from mes.features.imports.limits import MISTAKES_SHOWN
from mes.features.imports.service import counts
from mes.features.imports.table import Mistake


def shown_check(
    checked: Checked, language: str, most: int | None = MISTAKES_SHOWN
) -> dict[str, Any]:
    """Counts, mistakes with row, column and reason, and notes; JSON-able.

    Args:
        most: mistakes told one by one; None: all.
    """
    return {
        "kind": checked.kind.key,
        "sheet": checked.sheet,
        **counts(checked),
        "mistakes": shown_mistakes(
            checked.kind,
            [(one, checked.letters(one)) for one in checked.mistakes[:most]],
            language,
        ),
        "mistakes_count": len(checked.mistakes),
        "notes": [_note(note, language) for note in checked.notes],
        "blocked": checked.blocked,
        "seen": checked.fingerprint,
    }


def shown_mistakes(
    kind: Kind, mistakes: Iterable[tuple[Mistake, str]], language: str
) -> list[dict[str, Any]]:
    """Each with row, letters, key and name of the column, value, code and sentence.

    Args:
        mistakes: each with the letters of its column in the file, empty when there are none.
    """
    labels = {column.key: words.say(column.label, language) for column in kind.columns}
    choices = {
        column.key: ", ".join(words.say(word, language) for word in column.choices.values())
        for column in kind.columns
    }
    found = []
    for one, letter in mistakes:
        told = one
        if one.code == "choice_unknown":
            told = Mistake(
                row=one.row,
                column=one.column,
                value=one.value,
                code=one.code,
                details={"choices": choices[one.column or ""]},
            )
        found.append(
            {
                "row": one.row,
                "letter": letter or None,
                "column": one.column,
                "title": labels.get(one.column or "", ""),
                "value": one.value,
                "code": one.code,
                "message": words.sentence(told, language),
            }
        )
    return found


def _note(note: Note, language: str) -> str:
    values = dict(note.details)
    if note.code == "missing_columns":
        labels = values["columns"].split("\n")
        values["columns"] = ", ".join(words.say(label, language) for label in labels)
    return words.say(words.NOTES[note.code], language, **values)


def shown_file_problem(code: str, details: dict[str, object], language: str) -> str:
    """Why a file was not read, of a refusal of `files.read_file`; empty for another."""
    if code == "file_not_readable":
        return words.say(words.UNREADABLE.get(str(details.get("why")), ""), language)
    if code == "import_too_large":
        text = words.TOO_LARGE.get(str(details.get("what")), "")
        return words.say(text, language, most=f"{details.get('most'):,}")
    return ""

"""The mistake in an OEE case: which field, and why."""

from __future__ import annotations

from collections.abc import Iterable

from mes.core.refusal import Refusal


class CaseError(Refusal):
    """A mistake in an OEE case.

    Attributes:
        field: path of the offending field, like `states[3][1]`.
        reason: English text that says what is wrong with it.
    """

    field: str

    def __init__(self, field: str, reason: str) -> None:
        super().__init__("oee_case_mistake", f"{field}: {reason}", status=422, field=field)
        self.reason = reason


def choices(names: Iterable[str]) -> str:
    """The end of a message about an unknown name: what would have been right."""
    return "known: " + ", ".join(str(name) for name in names)


def is_name(text: str) -> bool:
    """Whether a text can name something: not empty, and possible to write as UTF-8.

    JSON can escape half of a surrogate pair, which no output could carry.
    """
    return bool(text) and not any("\ud800" <= character <= "\udfff" for character in text)

"""The one exception for business refusals."""

from __future__ import annotations

from collections.abc import Mapping


class Refusal(Exception):
    """An expected refusal: a stable code, a sentence that says what to do, nothing lost.

    Attributes:
        code: stable identifier explained in `docs/errors.md`.
        message: English sentence; screens translate by code.
        status: HTTP status of the answer.
        field: name of the offending input field, None when it is not about one field.
        details: further JSON-able members of the answer.
    """

    def __init__(
        self,
        code: str,
        message: str,
        *,
        status: int = 409,
        field: str | None = None,
        details: Mapping[str, object] | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status
        self.field = field
        self.details = dict(details or {})

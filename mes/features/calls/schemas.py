"""What the routes of calls take."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from mes.core.calls import CallKind
from mes.features.calls.queries import LIMIT, LIMIT_MAX, Asked
from mes.features.commands.schemas import CommandIn, InstantText, NoteText, PageMark
from mes.features.commands.schemas import optional_instant as instant


class CallIn(CommandIn):
    """A call for help."""

    kind: CallKind
    note: NoteText | None = None


class AcknowledgeIn(CommandIn):
    """Somebody comes."""

    expected_min: int | None = Field(
        default=None, ge=0, le=1440, description="In how many minutes; absent: not said."
    )
    note: NoteText | None = None


class RemarkIn(CommandIn):
    """The help was given, or is not needed any more."""

    note: NoteText | None = None


class CallsQuery(BaseModel):
    """Conditions on calls; all are optional."""

    model_config = ConfigDict(populate_by_name=True)

    state: Literal["open", "all"] = Field(
        default="all", description="`open`: those that are neither resolved nor cancelled."
    )
    kind: CallKind | None = None
    line: str | None = None
    work_unit: str | None = None
    from_: InstantText | None = Field(default=None, alias="from", description="Raised since.")
    to: InstantText | None = Field(default=None, description="Raised before.")
    before: PageMark | None = None
    limit: int = Field(default=LIMIT, ge=1, le=LIMIT_MAX)

    def asked(self) -> Asked:
        """As the query takes it."""
        return Asked(
            only_open=self.state == "open",
            kind=self.kind,
            line=self.line,
            work_unit=self.work_unit,
            start=instant(self.from_),
            end=instant(self.to),
            before=self.before,
            limit=self.limit,
        )

"""What the routes of quality checks take."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictStr, StringConstraints

from mes.core.check_due import Occasion
from mes.core.quality import CHARACTERISTICS_MAX, FollowUp, Verdict
from mes.features.commands.schemas import (
    Amount,
    CommandIn,
    InstantText,
    NoteText,
    PageMark,
    Short,
    optional_instant,
)
from mes.features.quality.queries import LIMIT, LIMIT_MAX, Asked
from mes.features.quality.service import ResultDraft

ValueText = Annotated[StrictStr, StringConstraints(max_length=1000)]


class ValueIn(BaseModel):
    """What was found of one characteristic."""

    model_config = ConfigDict(extra="forbid")

    key: Short
    value: ValueText | Amount = Field(
        description="A number or decimal text, `pass` or `fail`, or text; by kind."
    )


class ResultIn(CommandIn):
    """What was found in a check."""

    plan: Short
    version: int = Field(ge=1, lt=2**31, description="The version that was looked at.")
    occasion: Occasion = Field(default=Occasion.EXTRA, description="Why it was made.")
    values: list[ValueIn] = Field(max_length=CHARACTERISTICS_MAX)
    job_order: Short | None = Field(default=None, description="Absent: the job then loaded.")
    follow_up: FollowUp | None = Field(
        default=None, description="What was done about a value out of range; needed for one."
    )
    note: NoteText | None = None
    call_quality: StrictBool = Field(default=False, description="Call quality at the same time.")

    def draft(self) -> ResultDraft:
        """As the service takes it; of a key given twice the last value holds."""
        return ResultDraft(
            plan=self.plan,
            version=self.version,
            values={one.key: one.value for one in self.values},
            occasion=self.occasion,
            job_order=self.job_order,
            follow_up=self.follow_up,
            note=self.note,
            call_quality=self.call_quality,
        )


class VoidIn(CommandIn):
    """Take a result back; `note` says why."""

    note: NoteText | None = None


class ResultsQuery(BaseModel):
    """Conditions on results; all are optional."""

    model_config = ConfigDict(populate_by_name=True)

    from_: InstantText | None = Field(default=None, alias="from", description="Measured since.")
    to: InstantText | None = Field(default=None, description="Measured before.")
    line: Short | None = None
    work_unit: Short | None = None
    item: Short | None = None
    plan: Short | None = None
    verdict: Verdict | None = Field(
        default=None, description="pass or fail, without those that were taken back."
    )
    before: PageMark | None = None
    limit: int = Field(default=LIMIT, ge=1, le=LIMIT_MAX)

    def asked(self) -> Asked:
        """As the query takes it."""
        return Asked(
            start=optional_instant(self.from_),
            end=optional_instant(self.to),
            line=self.line,
            work_unit=self.work_unit,
            item=self.item,
            plan=self.plan,
            verdict=self.verdict,
            before=self.before,
            limit=self.limit,
        )

"""What the routes of quantities take."""

from __future__ import annotations

from pydantic import BaseModel, Field, StrictBool

from mes.features.commands.schemas import (
    Amount,
    CommandIn,
    InstantText,
    NoteText,
    PageMark,
    Short,
    optional_instant,
)
from mes.features.quantities.moves import MoveDraft
from mes.features.quantities.queries import LIMIT, LIMIT_MAX
from mes.features.quantities.service import Entry


class QuantitiesIn(CommandIn):
    """Good and bad pieces with one reason; `startup_scrap` is a share of `scrap`."""

    good: Amount = 0
    scrap: Amount = 0
    rework: Amount = 0
    startup_scrap: Amount = 0
    reason: Short | None = None
    adjustment: StrictBool = Field(
        default=False, description="Corrects what the machine counted; may be negative."
    )
    job_order: Short | None = Field(default=None, description="Absent: the job then loaded.")
    made_at: InstantText | None = Field(default=None, description="Absent: when it is entered.")
    lot: Short | None = Field(
        default=None, description="Code (A-Z, 0-9, -), or `*` for a new one by the rule."
    )
    serial: Short | None = None
    note: NoteText | None = None

    def entry(self) -> Entry:
        """As the service takes it."""
        return Entry(
            good=self.good,
            scrap=self.scrap,
            rework=self.rework,
            startup_scrap=self.startup_scrap,
            reason=self.reason,
            adjustment=self.adjustment,
            job_order=self.job_order,
            note=self.note,
            lot=self.lot,
            serial=self.serial,
            made_at=optional_instant(self.made_at),
        )


class VoidIn(CommandIn):
    """Take an entry back; `note` says why."""

    note: NoteText | None = None


class MoveIn(CommandIn):
    """Move pieces to another job: all made in [from, to), or so many.

    `from_job` absent: pieces that belong to no job. `to` absent: until now. With amounts `made_at`
    may say when they were made; absent: when the job made its last ones.
    """

    from_job: Short | None = None
    to_job: Short
    start: InstantText | None = Field(default=None, alias="from")
    end: InstantText | None = Field(default=None, alias="to")
    good: Amount = 0
    scrap: Amount = 0
    rework: Amount = 0
    made_at: InstantText | None = None
    note: NoteText | None = None

    def draft(self) -> MoveDraft:
        """As the service takes it."""
        return MoveDraft(
            from_job=self.from_job,
            to_job=self.to_job,
            start=optional_instant(self.start),
            end=optional_instant(self.end),
            good=self.good,
            scrap=self.scrap,
            rework=self.rework,
            made_at=optional_instant(self.made_at),
            note=self.note,
        )


class EntriesQuery(BaseModel):
    """A page of entries; `before` is `next` of the page before.

    `kind`: only these, several separated by commas: quantity, move, stop, job, check.
    """

    kind: Short | None = None
    before: PageMark | None = None
    limit: int = Field(default=LIMIT, ge=1, le=LIMIT_MAX)

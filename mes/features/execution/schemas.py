"""What the routes of job orders take."""

from __future__ import annotations

from pydantic import BaseModel, StrictBool

from mes.features.commands.schemas import Amount, CommandIn, NoteText, Short
from mes.features.quantities.service import Entry


class JobsQuery(BaseModel):
    """Which jobs; several states separated by commas."""

    work_unit: Short | None = None
    state: Short | None = None


class StartIn(CommandIn):
    """Start or resume; `together`: beside the jobs already loaded (family tools)."""

    together: StrictBool = False


class PauseIn(CommandIn):
    """Pause, with a reason of domain pause or stop."""

    reason: Short | None = None


class CompleteIn(CommandIn):
    """Complete, with the last pieces if there are any; `reason` is that of the scrap."""

    good: Amount = 0
    scrap: Amount = 0
    rework: Amount = 0
    startup_scrap: Amount = 0
    reason: Short | None = None
    adjustment: StrictBool = False
    note: NoteText | None = None

    def last(self) -> Entry | None:
        """The last pieces; None: there are none."""
        if all(amount in (0, "0", "") for amount in (self.good, self.scrap, self.rework)):
            return None
        return Entry(
            good=self.good,
            scrap=self.scrap,
            rework=self.rework,
            startup_scrap=self.startup_scrap,
            reason=self.reason,
            adjustment=self.adjustment,
            note=self.note,
        )


class CancelJobIn(CommandIn):
    """Take back a dispatch that was not started."""

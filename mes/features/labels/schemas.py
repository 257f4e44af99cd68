"""What the routes of labels take."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StrictInt, StringConstraints

from mes.features.commands.schemas import Amount, CommandIn, Short
from mes.features.labels.compose import COPIES_MAX, Asked

Given = Annotated[str, StringConstraints(max_length=80)]


class LabelsQuery(BaseModel):
    """Which labels; absent: what the lot, else the job has, on one label."""

    lot: Given | None = None
    quantity: Given | None = None
    each: Given | None = Field(default=None, description="What one container holds.")
    copies: int = Field(default=1, ge=1, le=COPIES_MAX)
    size: Given = Field(default="100x60", description="Key of a size, or WIDTHxHEIGHT in mm.")
    dpi: int = Field(default=203, description="203 or 300; of ZPL and PNG.")
    graphics: Given = Field(default="hex", description="Of ZPL: hex or z64.")
    skip: int = Field(default=0, ge=0, le=100, description="Used labels of the first A4 sheet.")
    number: int = Field(default=1, ge=1, description="Which label, of PNG.")

    def asked(self, job_order: str) -> Asked:
        """As the service takes it."""
        return Asked(
            job_order=job_order,
            lot=self.lot,
            quantity=self.quantity,
            each=self.each,
            copies=self.copies,
        )


class PrintIn(CommandIn):
    """Labels to send to a printer."""

    printer: Short
    lot: Given | None = None
    quantity: Amount | None = None
    each: Amount | None = None
    copies: StrictInt = Field(default=1, ge=1, le=COPIES_MAX)
    language: Given | None = Field(default=None, description="ko or en; absent: of the request.")

    def asked(self, job_order: str) -> Asked:
        """As the service takes it."""
        return Asked(
            job_order=job_order,
            lot=self.lot,
            quantity=self.quantity,
            each=self.each,
            copies=self.copies,
        )


class PrintsQuery(BaseModel):
    """How many prints, latest first."""

    model_config = ConfigDict(extra="ignore")

    limit: int = Field(default=100, ge=1, le=500)

"""What a request for figures may say in its URL."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class WindowQuery(BaseModel):
    """A window; without anything it is the current shift."""

    model_config = ConfigDict(populate_by_name=True)

    from_: str | None = Field(
        default=None, alias="from", description="First instant, ISO 8601 with offset or Z."
    )
    to: str | None = Field(default=None, description="The instant after the last.")
    day: str | None = Field(
        default=None, description="Production day YYYY-MM-DD, instead of from and to."
    )
    shift: str | None = Field(default=None, description="Code of a shift of that day.")

    def arguments(self) -> dict[str, str]:
        """The arguments that were given, by their names in the URL."""
        return self.model_dump(by_alias=True, exclude_none=True)


class FigureQuery(WindowQuery):
    """A window, a policy and a moment."""

    policy: str | None = Field(
        default=None, description="KPI profile; that of the site when absent."
    )
    as_of: str | None = Field(
        default=None, description="Compute as if nothing after this instant were known."
    )

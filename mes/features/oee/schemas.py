"""What a request for figures may say in its URL."""

from __future__ import annotations

from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field

from mes.features.oee.periods import PeriodKind
from mes.features.oee.places import Level, LineRule
from mes.features.oee.rollup_query import Group


class View(StrEnum):
    """How much of a result is told."""

    RESULT = "result"
    SHORT = "short"


class Format(StrEnum):
    """In which form."""

    JSON = "json"
    CSV = "csv"


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
    known_until: str | None = Field(
        default=None,
        description="The state is unknown from there on; as a tile showed it that had no data.",
    )
    version: str | None = Field(
        default=None, description="Version of the tile whose case is wanted; repeated in `source`."
    )


class RollupQuery(BaseModel):
    """Which roll-ups are wanted; without anything today's figures of every machine."""

    model_config = ConfigDict(populate_by_name=True)

    level: Level = Field(default=Level.MACHINE, description="What the figures speak of.")
    id: str | None = Field(default=None, description="Code of one place; all of the level else.")
    period: PeriodKind = Field(
        default=PeriodKind.DAY, description="Length of each period; weeks are ISO 8601."
    )
    from_: str | None = Field(
        default=None,
        alias="from",
        description="First production day YYYY-MM-DD, or an instant of it.",
    )
    to: str | None = Field(
        default=None,
        description="Last production day YYYY-MM-DD (included), or the instant after the last.",
    )
    group: Group = Field(default=Group.NONE, description="What each period is taken apart by.")
    policy: str | None = Field(
        default=None, description="KPI profile; that of the site when absent."
    )
    rule: LineRule | None = Field(
        default=None,
        description="Which work units of a line make its figure; each line's own rule when absent.",
    )
    view: View = Field(
        default=View.RESULT, description="Whole results, or the four KPIs and their sums."
    )
    format: Format = Field(default=Format.JSON, description="csv: the short view as a table.")

"""What a request for an explanation or for case files may say in its URL."""

from __future__ import annotations

from pydantic import Field

from mes.core.classes import TimeClass
from mes.features.oee.schemas import FigureQuery, WindowQuery


class ExplainQuery(FigureQuery):
    """A figure, which of its intervals, and maybe one whose facts are wanted."""

    kpi: str | None = Field(default=None, description="Key of a KPI; default oee.")
    class_: TimeClass | None = Field(
        default=None, alias="class", description="Only intervals of this time class."
    )
    page: str | None = Field(default=None, description="Page of the intervals, 50 each, from 1.")
    at: str | None = Field(
        default=None, description="An instant of the interval whose facts are wanted."
    )
    after: str | None = Field(
        default=None,
        description="Counter readings from this instant on: `next` of before.",
    )


class BundleQuery(WindowQuery):
    """Work units or a place, a window, a policy and a moment."""

    work_units: str | None = Field(default=None, description="Codes of work units, with commas.")
    place: str | None = Field(
        default=None, description="Code of a machine, line, area or plant; by the line's own rule."
    )
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
    of_item: str | None = Field(
        default=None, description="Only the share of this item; empty: of none."
    )
    of_order: str | None = Field(
        default=None, description="Only the share of this job order; empty: of none."
    )
    of_shift: str | None = Field(
        default=None, description="Only time in shifts of this code; empty: in none."
    )
    of_crew: str | None = Field(default=None, description="Only time of this crew; empty: of none.")
    of_days: str | None = Field(
        default=None, description="Only time of production days: the first and the last, a comma."
    )
    of_hour: str | None = Field(
        default=None,
        description="Only the hour, cut at shift borders, that begins at this instant.",
    )

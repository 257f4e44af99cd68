"""What a request for case files may say in its URL."""

from __future__ import annotations

from pydantic import Field

from mes.features.oee.schemas import WindowQuery


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

"""The pages of reports, each with the place and period that the reader looks at."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlencode

from mes.features.screens.report.words import _

KEPT = ("place", "period", "day", "shift", "policy")
"""Arguments that go along from one page to the next."""


def report_tabs(arguments: Mapping[str, str]) -> list[tuple[str, str, str]]:
    """(path, address, label) of every page."""
    kept = {name: arguments[name][:80] for name in KEPT if arguments.get(name)}
    query = f"?{urlencode(kept)}" if kept else ""
    return [
        (path, f"{path}{query}", label)
        for path, label in (
            ("/report", _("OEE")),
            ("/timeline", _("Timeline")),
            ("/production", _("Production report")),
            ("/progress", _("Order progress")),
            ("/compare", _("Comparison")),
            ("/trend", _("Trends")),
            ("/reports/schedules", _("Report files")),
        )
    ]

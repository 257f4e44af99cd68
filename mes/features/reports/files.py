"""What the file of a page of figures holds: its tables with their worth, and a sheet about both."""

from __future__ import annotations

from collections.abc import Sequence

from mes.features.reports.grid import Column, Grid, Row, with_worth
from mes.features.screens.report import charts, words
from mes.features.screens.report.frame import Frame
from mes.features.screens.report.marks import Marks
from mes.features.screens.report.periods import Period
from mes.features.screens.report.view import shown_frame
from mes.features.screens.report.words import _


def file_grids(
    frame: Frame, period: Period, grids: Sequence[Grid], marks: Marks, now_us: int
) -> list[Grid]:
    """The grids of a file: each row says what its figures are worth, the last grid the whole."""
    labels = (_("Coverage"), _("State of the figure"))
    worth = [with_worth(grid, marks.state, marks.coverage, labels) for grid in grids]
    return [*worth, about_grid(frame, period, marks, now_us)]


def about_grid(frame: Frame, period: Period, marks: Marks, now_us: int) -> Grid:
    """What the file is about, and the marks of its page."""
    rows = [
        (_("Report"), str(shown_frame(frame, period)["title"])),
        (_("From, plant time"), charts.day_and_clock(period.span.start, frame.zone)),
        (_("To, plant time"), charts.day_and_clock(period.span.end, frame.zone)),
        (_("KPI profile"), frame.policy),
        (_("Read at, plant time"), charts.day_and_clock(now_us, frame.zone)),
        (_("State of the figures"), marks.state),
        (_("Coverage"), f"{words.percent(marks.coverage)} %"),
        *((_("Mark"), one.text) for one in marks.items[1:]),
    ]
    return Grid(
        key="about",
        title=_("About this file"),
        columns=[Column(key="what", label=_("What")), Column(key="value", label=_("Value"))],
        rows=[Row(values=row) for row in rows],
    )

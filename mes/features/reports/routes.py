"""Pages of reports beside the OEE report, and their files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from flask import Blueprint, Response, make_response, redirect, render_template, request
from sqlalchemy.orm import Session

from mes.clock import plant_now_us
from mes.features.checks.suspects import open_count
from mes.features.oee.service import known_unit
from mes.features.production.master_loading import masters
from mes.features.reports.comparison import (
    PERIODS_MAX,
    Comparison,
    Figure,
    Subject,
    compared,
    figure_word,
    subject_word,
)
from mes.features.reports.exports import csv_answer, xlsx_answer
from mes.features.reports.files import file_grids
from mes.features.reports.grid import Grid, shown_grid
from mes.features.reports.production import production_report
from mes.features.reports.progress import order_filter, order_grids, state_word
from mes.features.reports.timeline import (
    shown_hours,
    shown_rows,
    states_grid,
    timelines,
    times_grid,
    whole_of,
)
from mes.features.screens.language import name_of, safe_next, select_language
from mes.features.screens.navigation import may_read_checks
from mes.features.screens.report import charts
from mes.features.screens.report.asked import Chosen, Wanted, choose, wanted_of
from mes.features.screens.report.frame import Frame, Shown
from mes.features.screens.report.framing import frame_of
from mes.features.screens.report.loading import links_of, read_page
from mes.features.screens.report.marks import Marks, marks_of, shown_marks, worth_of
from mes.features.screens.report.periods import PeriodKind
from mes.features.screens.report.view import shown_frame
from mes.features.screens.report.views import delete_view, save_view
from mes.features.screens.report.words import _
from mes.features.work_orders.states import OrderState
from mes.web.roles import Role, actor, require
from mes.web.wiring import reading, transaction

pages = Blueprint("reports", __name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a page of a place and period is about."""

    wanted: Wanted
    chosen: Chosen
    frame: Frame

    @property
    def zone(self) -> str:
        """IANA name of the plant's zone."""
        return self.frame.zone

    @property
    def name(self) -> str:
        """What a file of it is called."""
        period = self.chosen.period
        return f"{self.chosen.code}-{period.kind}-{period.day}"

    def shown(self) -> Shown:
        """What stands around the figures, with the addresses of the files."""
        given = {name: text for name, text in request.args.items() if text}
        query = urlencode(given)
        path = self.wanted.path
        return {
            **shown_frame(self.frame, self.chosen.period),
            "path": path,
            "excel": f"{path}.xlsx?{query}",
            "csv": f"{path}.csv?{query}",
        }


def asked(session: Session, path: str, now_us: int, further: Sequence[str] = ()) -> Asked:
    """What the address of the present request is about.

    Raises:
        Refusal: `place_unknown` (404), `day_invalid`, `policy_unknown` (422).
    """
    kept = {name: request.args.get(name, "")[:80] for name in further}
    wanted = wanted_of(request.args, select_language(), path, kept)
    chosen = choose(session, wanted, now_us)
    given = [known_unit(session, chosen.known, unit, now_us) for unit in chosen.units]
    frame = frame_of(chosen, wanted, links_of(chosen, wanted, given))
    return Asked(wanted=wanted, chosen=chosen, frame=frame)


@pages.get("/production")
def production() -> str:
    """Daily or monthly production report of a place."""
    now_us = plant_now_us()
    with reading() as session:
        about = _production(session, now_us)
        found = production_report(session, about.chosen, about.frame, now_us)
    return render_template(
        "production.html",
        marks=_marks(found.marks),
        report={**about.shown(), "heading": _heading(about.chosen.period.kind)},
        grids=[shown_grid(grid, about.zone) for grid in found.grids],
        printed_at=charts.day_and_clock(now_us, about.zone),
    )


@pages.get("/production.<any(csv, xlsx):kind>")
@pages.get("/report.<any(csv, xlsx):kind>")
def productiongrids_file(kind: str) -> Response:
    """The production report as a file."""
    now_us = plant_now_us()
    with reading() as session:
        about = _production(session, now_us)
        found = production_report(session, about.chosen, about.frame, now_us)
        grids = file_grids(about.frame, about.chosen.period, found.grids, found.marks, now_us)
    return grids_file(kind, grids, about.zone, f"production-{about.name}")


@pages.get("/timeline")
def timeline() -> str:
    """States of all machines of a place, or of one machine hour by hour."""
    now_us = plant_now_us()
    with reading() as session:
        about = asked(session, "/timeline", now_us)
        found = timelines(session, about.chosen, now_us)
        marks = marks_of(session, about.chosen, about.frame, whole_of(found, about.chosen))
    single = len(found) == 1
    return render_template(
        "timeline.html",
        marks=_marks(marks),
        report={
            **about.shown(),
            "kinds": [("shift", _("Shift")), ("day", _("Day"))],
            "single": single,
            "hours": shown_hours(found[0], about.frame) if single else [],
            "rows": shown_rows(found, about.frame),
        },
        grid=shown_grid(states_grid(found, about.frame), about.zone),
    )


@pages.get("/timeline.<any(csv, xlsx):kind>")
def timelinegrids_file(kind: str) -> Response:
    """The states as a file."""
    now_us = plant_now_us()
    with reading() as session:
        about = asked(session, "/timeline", now_us)
        found = timelines(session, about.chosen, now_us)
        marks = marks_of(session, about.chosen, about.frame, whole_of(found, about.chosen))
        tables = [states_grid(found, about.frame), times_grid(found, about.frame)]
        grids = file_grids(about.frame, about.chosen.period, tables, marks, now_us)
    return grids_file(kind, grids, about.zone, f"states-{about.name}")


@pages.get("/compare")
def compare() -> str:
    """One figure of several subjects over several periods."""
    now_us = plant_now_us()
    with reading() as session:
        about, choice, grids, marks = _compared(session, now_us)
    return render_template(
        "compare.html",
        marks=_marks(marks),
        report=about.shown(),
        choice=choice,
        subjects=[(one.value, subject_word(one)) for one in Subject],
        figures=[(one.value, figure_word(one)) for one in Figure],
        periods_max=PERIODS_MAX,
        grids=[shown_grid(grid, about.zone) for grid in grids],
    )


@pages.get("/compare.<any(csv, xlsx):kind>")
def comparegrids_file(kind: str) -> Response:
    """The comparison as a file."""
    now_us = plant_now_us()
    with reading() as session:
        about, _choice, grids, marks = _compared(session, now_us)
        grids = file_grids(about.frame, about.chosen.period, grids, marks, now_us)
    return grids_file(kind, grids, about.zone, f"comparison-{about.name}")


@pages.get("/progress")
def progress() -> str:
    """Progress of work orders."""
    with reading() as session:
        grids, zone = _orders(session)
        waiting = open_count(session)
    chosen = request.args.getlist("state")
    return render_template(
        "progress.html",
        waiting=waiting if may_read_checks() else 0,
        grids=[shown_grid(grid, zone) for grid in grids],
        asked={name: request.args.get(name, "")[:80] for name in ("text", "first", "last")},
        states=[(one.value, state_word(one.value), one.value in chosen) for one in OrderState],
        query=urlencode(list(request.args.items(multi=True))),
    )


@pages.get("/progress.<any(csv, xlsx):kind>")
def progressgrids_file(kind: str) -> Response:
    """The orders as a file."""
    with reading() as session:
        grids, zone = _orders(session)
    return grids_file(kind, grids, zone, "orders")


@pages.post("/views")
@require(*Role, tokens=False)
def keep_view() -> Response:
    """Keep the address of a report page under a name."""
    address = request.form.get("address", "")
    with transaction() as session:
        save_view(session, view_owner(), request.form.get("name", ""), address)
    return make_response(redirect(safe_next(address), 303))


@pages.post("/views/<int:identity>/delete")
@require(*Role, tokens=False)
def forget_view(identity: int) -> Response:
    """Forget a saved view of one's own."""
    with transaction() as session:
        delete_view(session, view_owner(), identity)
    return make_response(redirect(safe_next(request.form.get("address")), 303))


def view_owner() -> str:
    """Whose views the present request may see."""
    who = actor()
    return f"{who.kind.value}:{who.id}"


def _production(session: Session, now_us: int) -> Asked:
    return asked(session, "/production", now_us)


def _compared(session: Session, now_us: int) -> tuple[Asked, Comparison, list[Grid], Marks]:
    about = asked(session, "/compare", now_us, ("what", "figure", "count"))
    given: Mapping[str, str] = about.wanted.further
    choice = Comparison.asked(given["what"], given["figure"], given["count"])
    grids = compared(session, about.chosen, about.frame, choice, now_us)
    page = read_page(session, about.chosen, now_us)
    marks = marks_of(session, about.chosen, about.frame, worth_of(page))
    return about, choice, grids, marks


def _marks(marks: Marks) -> list[Shown]:
    return shown_marks(marks, reads_checks=may_read_checks())


def _orders(session: Session) -> tuple[list[Grid], str]:
    known, now_us, language = masters(session), plant_now_us(), select_language()
    units = known.active_work_units()
    zone = known.sites[0].time_zone if known.sites else "UTC"
    if not units:
        return [], zone
    wanted = order_filter(request.args, request.args.getlist("state"), units[0].plan)
    return order_grids(session, wanted, lambda names: name_of(names, language), now_us), zone


def _heading(kind: PeriodKind) -> str:
    return {
        PeriodKind.DAY: _("Daily production report"),
        PeriodKind.MONTH: _("Monthly production report"),
    }.get(kind, _("Production report"))


def grids_file(kind: str, grids: Sequence[Grid], zone: str, name: str) -> Response:
    """Grids as a file of that ending; with `table` one of them as CSV."""
    if kind == "xlsx":
        return xlsx_answer(grids, zone, name)
    return csv_answer(grids, request.args.get("table", ""), zone, name)

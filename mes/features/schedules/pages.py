"""The page of schedules and report files, and their downloads."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from uuid import uuid4

from apiflask import APIBlueprint
from flask import Response, make_response, redirect, render_template, request, send_file
from sqlalchemy.orm import Session

from mes.clock import plant_now_us
from mes.core.policies import PROFILES
from mes.core.refusal import Refusal
from mes.features.production.master_loading import masters
from mes.features.production.masters import Masters
from mes.features.schedules import service, store
from mes.features.schedules.folders import path_in, root_of
from mes.features.schedules.kinds import DELAY_MAX_MIN, KEPT_MAX, PERIODS, FileKind, FileState
from mes.features.schedules.service import Draft
from mes.features.screens.language import name_of, select_language
from mes.features.screens.report import charts
from mes.features.screens.report.places import place_name, places_to_choose
from mes.features.screens.report.words import _
from mes.models import ReportFile, ReportSchedule
from mes.web.roles import Role, actor, maybe_actor, require
from mes.web.wiring import reading, settings, transaction

pages = APIBlueprint("report_files", __name__, enable_openapi=False)

EDITORS = (Role.MANAGER, Role.SUPERVISOR)
"""Who sets up report files, besides an administrator."""
FIELDS = ("kind", "place", "period", "policy", "language", "folder", "delay_min", "kept")
FIELD_MAX = 200
ADDRESS = "/reports/schedules"


@pages.get(ADDRESS)
@require()
def schedules_page() -> str:
    """Schedules, the form for a new one, and what was made."""
    return _page()


@pages.post(ADDRESS)
@require(*EDITORS, tokens=False)
def add_form() -> Response:
    """Add a schedule."""
    command = _field("command_id") or str(uuid4())
    draft = _draft()
    return _done(
        0, lambda s: service.add_schedule(s, actor().to_json(), draft, command, plant_now_us())
    )


@pages.post(f"{ADDRESS}/<int:identity>")
@require(*EDITORS, tokens=False)
def change_form(identity: int) -> Response:
    """Change a schedule."""
    seen, draft = _seen(), _draft()
    return _done(
        identity,
        lambda s: service.change_schedule(
            s, actor().to_json(), identity, seen, draft, plant_now_us()
        ),
    )


@pages.post(f"{ADDRESS}/<int:identity>/stop")
@require(*EDITORS, tokens=False)
def stop_form(identity: int) -> Response:
    """Make no more files."""
    seen = _seen()
    return _done(identity, lambda s: service.stop_schedule(s, actor().to_json(), identity, seen))


@pages.post(f"{ADDRESS}/<int:identity>/start")
@require(*EDITORS, tokens=False)
def start_form(identity: int) -> Response:
    """Make files again."""
    seen = _seen()
    return _done(
        identity,
        lambda s: service.restart_schedule(s, actor().to_json(), identity, seen, plant_now_us()),
    )


@pages.post("/reports/files/<int:identity>/again")
@require(*EDITORS, tokens=False)
def again_form(identity: int) -> Response:
    """Make a file again that failed, or that was removed."""
    return _done(0, lambda s: store.forget(s, identity))


@pages.get("/reports/files/<int:identity>")
@require()
def download(identity: int) -> Response:
    """A file."""
    with reading() as session:
        name = str(store.one_file(session, identity).name)
    path = path_in(root_of(settings().data_dir), name)
    if not path.is_file():
        raise Refusal("report_file_gone", "somebody removed this file", status=404)
    return send_file(path, as_attachment=True, download_name=path.name)


def _done(at: int, do: Callable[[Session], object]) -> Response:
    """Do something; a refusal stands on the page with what was typed."""
    try:
        with transaction() as session:
            do(session)
    except Refusal as refusal:
        return make_response(_page(at, refusal), refusal.status)
    return make_response(redirect(ADDRESS, 303))


def _page(at: int = 0, problem: Refusal | None = None) -> str:
    """The page; `at`: id of the schedule that `problem` is about, 0: a new one."""
    language = select_language()
    who = maybe_actor()
    with reading() as session:
        known = masters(session)
        schedules = store.all_schedules(session)
        names = {row.id: _schedule_name(known, row, language) for row in schedules}
        zone = known.sites[0].time_zone if known.sites else "UTC"
        return render_template(
            "report-files.html",
            schedules=[
                {"row": row, "name": names[row.id], "policy": row.policy or ""} for row in schedules
            ],
            files=[_shown(row, names, zone) for row in store.files(session)],
            at=at,
            problem=problem,
            problem_text="" if problem is None else problem_word(problem),
            mistakes={} if problem is None else _mistakes(problem),
            typed=request.form if problem is not None else {},
            command_id=_field("command_id") or str(uuid4()),
            kinds=[(one.value, kind_word(one)) for one in FileKind],
            periods=[(one.value, period_word(one.value)) for one in PERIODS],
            places=places_to_choose(known, known.sites[0], lambda n: name_of(n, language))
            if known.sites
            else [],
            policies=[
                ("", _("that of the plant")),
                *((name, name) for name in sorted({*PROFILES, *known.policies})),
            ],
            delay_max=DELAY_MAX_MIN,
            kept_max=KEPT_MAX,
            may_edit=who is not None and who.has(*EDITORS),
        )


def kind_word(kind: FileKind) -> str:
    """Which report as which file."""
    return {
        FileKind.OEE: _("OEE report (Excel)"),
        FileKind.PRODUCTION: _("Production report (Excel)"),
        FileKind.PRODUCTION_CSV: _("Production by machine (CSV)"),
    }[kind]


def period_word(period: str) -> str:
    """After what a file is made."""
    return {
        "shift": _("each shift"),
        "day": _("each production day"),
        "week": _("each week"),
        "month": _("each month"),
    }[period]


def problem_word(problem: Refusal) -> str:
    """Why nothing was saved, in the language of the page."""
    return {
        "schedule_invalid": _("Nothing was saved. Correct the fields that are marked."),
        "schedule_changed": _(
            "Somebody changed this schedule meanwhile. Nothing was saved: what stands now is in"
            " the list; save again if it shall be as you typed."
        ),
        "schedule_unknown": _("There is no such schedule."),
        "schedule_taken": _(
            "A schedule in the list makes these files already. Nothing was added: change that one,"
            " or choose another folder."
        ),
        "schedules_full": _("Too many schedules make files. Stop one that is not needed."),
        "report_file_gone": _("There is no such file any more."),
    }.get(problem.code, problem.message)


def _mistakes(problem: Refusal) -> Mapping[str, str]:
    texts = {
        "kind": _("Choose a report."),
        "place": _("Choose a place that has machines."),
        "period": _("Choose a period."),
        "policy": _("Choose a KPI profile."),
        "language": _("Choose a language."),
        "folder": _("One folder name of letters, digits, spaces, '.', '_', '-'; no '/' and '..'."),
        "delay_min": _("A whole number of minutes from 0 to %(n)s.", n=DELAY_MAX_MIN),
        "kept": _("A whole number from 1 to %(n)s.", n=KEPT_MAX),
    }
    return {field: text for field, text in texts.items() if field in problem.details}


def _schedule_name(known: Masters, row: ReportSchedule, language: str) -> str:
    place = row.place
    if known.sites:
        place = place_name(known, known.sites[0], row.place, lambda names: name_of(names, language))
    return f"{kind_word(FileKind(row.kind))} · {place} · {period_word(row.period)}"


def _shown(row: ReportFile, names: Mapping[int, str], zone: str) -> dict[str, Any]:
    state = FileState(row.state)
    words = {
        FileState.MADE: _("Made"),
        FileState.FAILED: _("Failed"),
        FileState.SKIPPED: _("Skipped"),
        FileState.EXPIRED: _("Removed: older than what is kept"),
    }
    return {
        "id": row.id,
        "schedule": names.get(row.schedule_id, ""),
        "period": row.period_key,
        "state": state.value,
        "word": words[state],
        "standing": row.standing,
        "reason": row.reason,
        "again": row.next_at is not None,
        "name": None if row.name is None else row.name.rpartition("/")[2],
        "folder": None if row.name is None else row.name.rpartition("/")[0],
        "size": f"{row.size / 1024:,.0f}",
        "made_at": charts.day_and_clock(row.made_at, zone),
    }


def _draft() -> Draft:
    return Draft(**{name: _field(name) for name in FIELDS})


def _seen() -> int:
    text = _field("seen")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else -1


def _field(name: str) -> str:
    return request.form.get(name, "").strip()[:FIELD_MAX]

"""The explain page, and the case files of a figure that is a sum."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from apiflask import APIBlueprint
from flask import (
    Blueprint,
    Response,
    current_app,
    render_template,
    request,
    send_file,
    stream_with_context,
)
from sqlalchemy.orm import Session

from mes.clock import plant_now_us
from mes.features.explain.answer import explanation
from mes.features.explain.archive import archive, slot
from mes.features.explain.asked import TEXT_MAX, asked
from mes.features.explain.bundle import (
    Wanted,
    bundle_cases,
    bundle_head,
    file_name,
    wanted_bundle,
)
from mes.features.explain.evidence import evidence
from mes.features.explain.evidence_answer import evidence_answer
from mes.features.explain.evidence_view import shown_evidence
from mes.features.explain.grouped_view import group_asked, shown_group
from mes.features.explain.queries import explained
from mes.features.explain.schemas import BundleQuery, ExplainQuery
from mes.features.explain.spreadsheet import Spreadsheet
from mes.features.explain.view import Frame, shown_explanation
from mes.features.screens.language import select_language
from mes.features.screens.report.asked import choose, wanted_of
from mes.features.screens.setup import EXTENSION, Screens
from mes.web.roles import require
from mes.web.wiring import database, reading

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

pages = Blueprint("explain", __name__)
bp = APIBlueprint("cases", __name__, url_prefix="/api/v1")


@pages.get("/explain")
def explain() -> str:
    """Why a figure is what it is, and with `at` the facts of one of its intervals."""
    wanted = asked(request.args)
    screens: Screens = current_app.extensions[EXTENSION]
    with screens.database.reading() as session:
        found = explained(session, wanted, plant_now_us())
        frame = Frame(found=found, wanted=wanted, language=select_language())
        shown = shown_explanation(frame)
        facts = None
        if found.chosen is not None:
            after = wanted.instant("after")
            held = evidence(session, found.given, found.chosen, as_of=found.as_of, after=after)
            facts = shown_evidence(frame, found.chosen, held)
    return render_template("explain.html", explain=shown, facts=facts)


@pages.get("/explain/group")
def explain_group() -> str:
    """Why a figure by item, order, shift or crew is what it is."""
    language, now_us = select_language(), plant_now_us()
    given = request.args
    screens: Screens = current_app.extensions[EXTENSION]
    with screens.database.reading() as session:
        chosen = choose(session, wanted_of(given, language), now_us)
        wanted = group_asked(
            chosen, given.get("by", ""), given.get("value", "")[:TEXT_MAX], asked(given).kpi
        )
        shown = shown_group(session, chosen, wanted, language, now_us)
    return render_template("explain-group.html", explain=shown)


@pages.get("/report.xlsx")
def report_spreadsheet() -> Response:
    """The report as a spreadsheet, with the arguments of the report page."""
    language = select_language()
    screens: Screens = current_app.extensions[EXTENSION]
    now_us = plant_now_us()
    with tempfile.NamedTemporaryFile(suffix=".xlsx") as file:
        with screens.database.reading() as session:
            chosen = choose(session, wanted_of(request.args, language), now_us)
            Spreadsheet(session, chosen, language, request.host_url).write(Path(file.name), now_us)
        name = f"{chosen.code}-{chosen.period.kind}-{chosen.period.day}.xlsx"
        # the name may go while it is being sent: the open file stays
        return send_file(
            Path(file.name).open("rb"), mimetype=XLSX, as_attachment=True, download_name=name
        )


@bp.get("/work-units/<code>/explain")
@bp.input(ExplainQuery, location="query")
@bp.doc(
    summary="Why a figure of a work unit is what it is",
    description="The KPI with its formula filled in, the time of each class, the intervals with the"
    " rule that classed each; with `at` the facts behind one interval.",
    tags=["oee"],
)
@require()
def get_explanation(code: str, query_data: ExplainQuery) -> dict[str, Any]:
    """What the explain page shows, as JSON; default is OEE of the current shift."""
    wanted = asked({**query_data.arguments(), "work_unit": code})
    with reading() as session:
        found = explained(session, wanted, plant_now_us())
        facts = None
        if found.chosen is not None:
            after = wanted.instant("after")
            held = evidence(session, found.given, found.chosen, as_of=found.as_of, after=after)
            facts = evidence_answer(found, found.chosen, held)
        return {**explanation(found, wanted), "facts": facts}


@bp.get("/cases")
@bp.input(BundleQuery, location="query")
@bp.doc(
    summary="Case files whose sum is a figure",
    description="A bundle (`oee-case-bundle/1`) of the cases of several work units or of a place; "
    "`mes oee case FILE` computes the figure of their sum again.",
    tags=["oee"],
)
@require()
def get_cases(query_data: BundleQuery) -> Response:
    """The bundle, written case by case."""
    arguments = query_data.arguments()
    now_us = plant_now_us()
    with reading() as session:
        wanted = wanted_bundle(session, arguments, now_us)  # refusals come before the first byte

    def text() -> Iterator[str]:
        with reading() as session:
            yield from _text(session, wanted_bundle(session, arguments, now_us))

    answer = Response(stream_with_context(text()), mimetype="application/json")
    answer.headers.set("Content-Disposition", "attachment", filename=file_name(wanted, "json"))
    return answer


@bp.get("/case-archive")
@bp.input(BundleQuery, location="query")
@bp.doc(
    summary="A long figure in parts",
    description="One ZIP file with an index (`oee-case-parts/1`) and the bundles that it names;"
    " `mes oee case FILE` computes the figure of their sum again.",
    tags=["oee"],
)
@require()
def get_case_archive(query_data: BundleQuery) -> Response:
    """The archive, written part by part."""
    arguments = query_data.arguments()
    now_us = plant_now_us()
    with reading() as session:
        wanted = wanted_bundle(session, arguments, now_us, in_parts=True)
    answer = Response(archive(database(), wanted, arguments, now_us), mimetype="application/zip")
    answer.headers.set("Content-Disposition", "attachment", filename=file_name(wanted, "zip"))
    answer.call_on_close(slot())
    return answer


def _text(session: Session, wanted: Wanted) -> Iterator[str]:
    head = json.dumps(bundle_head(wanted), ensure_ascii=False)
    yield f'{head[:-1]}, "cases": ['
    for number, case in enumerate(bundle_cases(session, wanted)):
        yield (", " if number else "") + json.dumps(case, ensure_ascii=False)
    yield "]}\n"

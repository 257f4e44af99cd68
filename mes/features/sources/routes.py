"""Sources for integrators over REST: forms, saving, signals, registers, frames, diagnostics."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from apiflask import APIBlueprint
from flask import Response
from sqlalchemy import select
from sqlalchemy.orm import Session

from connectors.sdk.form import form_of
from connectors.sdk.form_text import as_document
from connectors.sdk.registry import installed, manifests
from connectors.templates.catalogue import Catalogue, catalogue_for
from mes.clock import plant_clock
from mes.core.refusal import Refusal
from mes.features.commands.context import Context
from mes.features.commands.routing import answered
from mes.features.commands.service import Answer
from mes.features.edge_requests.routes import TIMEOUT_S, board, found
from mes.features.sources import service
from mes.features.sources.past import HOUR_US, Window, past
from mes.features.sources.schemas import (
    FramesIn,
    ParametersIn,
    PastQuery,
    RegistersIn,
    RemoveIn,
    SignalsIn,
    SourceChangeIn,
    SourceIn,
    TemplateVersionIn,
)
from mes.features.sources.template_versions import template_of, with_version
from mes.features.sources.templates import broken_templates, templates, written_out
from mes.models import Edge, Source
from mes.web.roles import Role, require
from mes.web.wiring import reading, settings

bp = APIBlueprint("sources", __name__, url_prefix="/api/v1", tag="sources")

Answered = tuple[dict[str, Any], int]


@bp.get("/source-forms")
@require()
def list_forms() -> dict[str, Any]:
    """The form of a source for every protocol that is installed here."""
    forms = []
    for manifest in manifests().values():
        forms.append(
            {
                **as_document(form_of(manifest)),
                "capabilities": sorted(manifest.capabilities),
                "register_areas": [asdict(area) for area in manifest.register_areas],
            }
        )
    return {"items": forms, "next": None}


@bp.get("/connectors")
@require()
def list_connectors() -> dict[str, Any]:
    """Connectors that are installed here; `problem` says why one cannot be used."""
    items = [
        {
            "name": each.name,
            "package": each.package,
            "capabilities": [] if each.manifest is None else sorted(each.manifest.capabilities),
            "problem": each.problem,
        }
        for each in installed()
    ]
    return {"items": items, "next": None}


@bp.get("/device-templates")
@require()
def list_templates() -> dict[str, Any]:
    """Device templates with the parameters that each needs; `broken` cannot be used."""
    found = _catalogue()
    return {"items": templates(found), "broken": broken_templates(found), "next": None}


@bp.post("/device-templates/<template>/<int:version>/source")
@bp.input(ParametersIn)
@require(Role.INTEGRATOR)
def use_template(template: str, version: int, json_data: ParametersIn) -> dict[str, Any]:
    """The source that a template makes of these parameters; nothing is saved."""
    return {"source": written_out(_catalogue(), template, version, json_data.parameters)}


@bp.get("/sources/<source>/configuration")
@require()
def show_configuration(source: str) -> dict[str, Any]:
    """A source as a plant file writes it, and the edge that reads it."""
    with reading() as session:
        return {
            "source": service.configuration(session, source),
            "edge": _edge_of(session, source),
        }


@bp.post("/sources")
@bp.input(SourceIn)
@require(Role.INTEGRATOR)
def create(json_data: SourceIn) -> Answered:
    """Add a source; its edge begins to read it without a restart."""

    def do(session: Session, context: Context) -> Answer:
        return 201, _said(service.create(session, context, json_data.source, _catalogue()))

    return answered("source.create", str(json_data.source.get("id")), json_data, do)


@bp.post("/sources/<source>")
@bp.input(SourceChangeIn)
@require(Role.INTEGRATOR)
def reconfigure(source: str, json_data: SourceChangeIn) -> Answered:
    """Change a source without losing what was read of it; no other source is touched."""

    def do(session: Session, context: Context) -> Answer:
        service.refuse_changed(session, source, json_data.seen)
        saved = service.reconfigure(session, context, source, json_data.source, _catalogue())
        return 200, _said(saved)

    return answered("source.change", source, json_data, do)


@bp.get("/sources/<source>/template")
@require()
def show_template(source: str) -> dict[str, Any]:
    """The template of a source, what differs from it, and what a newer version would change."""
    with reading() as session:
        found = template_of(session, _catalogue(), source)
    return {"template": None if found is None else asdict(found)}


@bp.post("/sources/<source>/template")
@bp.input(TemplateVersionIn)
@require(Role.INTEGRATOR)
def take_version(source: str, json_data: TemplateVersionIn) -> Answered:
    """Take another version of the template of a source; what differed from it stays."""

    def do(session: Session, context: Context) -> Answer:
        wanted = with_version(session, _catalogue(), source, json_data.version)
        return 200, _said(service.reconfigure(session, context, source, wanted))

    return answered("source.template", source, json_data, do)


@bp.post("/sources/<source>/remove")
@bp.input(RemoveIn)
@require(Role.INTEGRATOR)
def remove(source: str, json_data: RemoveIn) -> Answered:
    """Retire a source that no work unit uses; what it delivered stays."""

    def do(session: Session, context: Context) -> Answer:
        return 200, _said(service.remove(session, context, source))

    return answered("source.remove", source, json_data, do)


@bp.get("/signals")
@require()
def list_signals() -> dict[str, Any]:
    """What tags mean, by work unit."""
    with reading() as session:
        return {"items": service.signals(session)}


@bp.post("/work-units/<work_unit>/signals")
@bp.input(SignalsIn)
@require(Role.INTEGRATOR)
def bind(work_unit: str, json_data: SignalsIn) -> Answered:
    """Say what tags mean for a work unit, from now on."""

    def do(session: Session, context: Context) -> Answer:
        service.refuse_changed_signals(session, work_unit, json_data.seen)
        return 200, _said(service.bind(session, context, work_unit, json_data.signals))

    return answered("source.signals", work_unit, json_data, do)


@bp.post("/edges/<edge>/registers")
@bp.input(RegistersIn)
@require(Role.INTEGRATOR)
def registers(edge: str, json_data: RegistersIn) -> dict[str, Any]:
    """Registers of a device, read as every type in every order."""
    return _asked(edge, "registers", json_data.model_dump())


@bp.post("/sources/<source>/frames")
@bp.input(FramesIn)
@require(Role.INTEGRATOR)
def frames(source: str, json_data: FramesIn) -> dict[str, Any]:
    """The frames of a running source after a number; asking keeps the recording going."""
    with reading() as session:
        edge = _edge_of(session, source)
    return _asked(edge, "frames", {"source": source, "after": json_data.after})


@bp.get("/sources/<source>/diagnostics")
@require(Role.INTEGRATOR)
def diagnostics(source: str) -> Response:
    """A file for support about a running source, with secrets removed."""
    with reading() as session:
        edge = _edge_of(session, source)
    document = _asked(edge, "diagnose", {"source": source})
    text = json.dumps(document, ensure_ascii=False, indent=1)
    answer = Response(text, mimetype="application/json")
    answer.headers.set("Content-Disposition", "attachment", filename=f"{source}-diagnostics.json")
    return answer


@bp.get("/sources/<source>/past")
@bp.input(PastQuery, location="query")
@require()
def show_past(source: str, query_data: PastQuery) -> dict[str, Any]:
    """The holes of a source with their reasons, and what its own history has filled."""
    clock = plant_clock()
    now = clock.now_us()
    window = Window(start=now - query_data.hours * HOUR_US, end=now, speed=float(clock.speed))
    with reading() as session:
        return past(session, source, window)


def _catalogue() -> Catalogue:
    """The templates that ship, and those of this plant."""
    return catalogue_for(data=settings().data_dir)


def _asked(edge: str, kind: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
    return found(board().ask(edge, kind, arguments, timeout_s=TIMEOUT_S))


def _edge_of(session: Session, code: str) -> str:
    """The edge that reads a source.

    Raises:
        Refusal: `source_unknown` (404).
    """
    query = select(Edge.code).join(Source, Source.edge_id == Edge.id)
    edge = session.scalar(query.where(Source.code == code, Source.retired_at.is_(None)))
    if edge is None:
        raise Refusal("source_unknown", f"there is no source {code!r}", status=404)
    return edge


def _said(saved: service.Saved) -> dict[str, Any]:
    return asdict(saved)

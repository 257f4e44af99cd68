"""Device templates in and out: lists and templates as files, with every mistake by its line."""

from __future__ import annotations

import base64
from dataclasses import asdict
from typing import Any

from flask import Response

from connectors.sdk.errors import ConfigurationError
from connectors.templates.catalogue import FOLDER, catalogue_for
from connectors.templates.from_source import template_of_source
from connectors.templates.importing import Header, read_content
from connectors.templates.sources import without_template
from connectors.templates.writing import sample_list
from mes.core.refusal import Refusal
from mes.features.audit.service import record
from mes.features.sources import service
from mes.features.sources.routes import bp
from mes.features.sources.schemas import TemplateFileIn, TemplateFileQuery
from mes.features.sources.templates import as_file, take_in, template_named
from mes.web.roles import Role, actor, require
from mes.web.wiring import reading, settings, transaction

__all__ = ["bp"]

BYTE_ORDER_MARK = "\ufeff"
"""Tells Excel that a CSV is UTF-8."""
TYPES = {"csv": "text/csv", "yaml": "application/yaml"}


@bp.get("/device-templates/sample.csv")
@require()
def sample() -> Response:
    """An empty register list with three example rows."""
    return _file(sample_list(), "register-list", "csv")


@bp.get("/device-templates/<template>/<int:version>/file")
@bp.input(TemplateFileQuery, location="query")
@require()
def export_template(template: str, version: int, query_data: TemplateFileQuery) -> Response:
    """A template as a file: whole (`yaml`), or its tags as a register list (`csv`)."""
    found = template_named(catalogue_for(data=settings().data_dir), template, version)
    return _file(as_file(found, query_data.format), found.key, query_data.format)


@bp.get("/sources/<source>/template-file")
@bp.input(TemplateFileQuery, location="query")
@require(Role.INTEGRATOR)
def export_source(source: str, query_data: TemplateFileQuery) -> Response:
    """A template of a source that runs: its map and meanings, without address and secrets."""
    with reading() as session:
        written, signals = service.configuration(session, source), service.signals(session)
    try:
        plain = without_template(written, catalogue_for(data=settings().data_dir))
        found = template_of_source(plain, signals, Header(id=source))
    except ConfigurationError as error:
        raise Refusal(error.code, error.detail, status=422) from error
    return _file(as_file(found, query_data.format), source, query_data.format)


@bp.post("/device-templates/import")
@bp.input(TemplateFileIn)
@require(Role.INTEGRATOR)
def import_file(json_data: TemplateFileIn) -> dict[str, Any]:
    """Read a register list (CSV) or a template (YAML); stored unless it is a dry run or wrong."""
    try:
        content = base64.b64decode(json_data.content, validate=True)
    except ValueError as error:
        message = "the content must be base64"
        raise Refusal("list_unreadable", message, status=422, field="content") from error
    told = None if json_data.header is None else Header(**json_data.header.model_dump())
    found = read_content(json_data.name, content, told, json_data.on_duplicate)
    stored = False
    if not json_data.dry_run:
        stored = take_in(found, settings().data_dir / FOLDER, json_data.on_duplicate)
    if stored and found.template is not None:
        details = {"file": json_data.name, "tags": len(found.template.tags)}
        with transaction() as session:
            record(session, actor().to_json(), "template.import", found.template.key, details)
    return {
        "template": None if found.template is None else found.template.key,
        "tags": 0 if found.template is None else len(found.template.tags),
        "skipped_lines": list(found.skipped),
        "mistakes": [asdict(mistake) for mistake in found.mistakes],
        "stored": stored,
    }


def _file(text: str, name: str, kind: str) -> Response:
    mark = BYTE_ORDER_MARK if kind == "csv" else ""
    answer = Response(mark + text, mimetype=TYPES[kind])
    answer.headers.set("Content-Disposition", "attachment", filename=f"{name}.{kind}")
    return answer

"""Writing the plant in the database as a plant file that, applied again, changes nothing."""

from __future__ import annotations

from io import StringIO
from typing import Any

from ruamel.yaml import YAML
from sqlalchemy.orm import Session

from connectors.templates.catalogue import Catalogue
from mes.features.plant.document import plain
from mes.features.plant.kpi_targets import TARGET
from mes.features.plant.masters import database_objects
from mes.features.plant.objects import CALL, EXCEPTION, WRITE, Objects
from mes.features.plant.policies import POLICY, policy_row
from mes.features.plant.templates import folded


def export(session: Session, templates: Catalogue | None = None) -> str:
    """The plant file of the database as YAML text.

    Args:
        templates: sources that name one of these are written as reference and what differs; None
            writes all of them out.
    """
    yaml = YAML()
    yaml.width = 100
    yaml.allow_unicode = True
    text = StringIO()
    yaml.dump(exported(session, templates), text)
    return text.getvalue()


def exported(session: Session, templates: Catalogue | None = None) -> dict[str, Any]:
    """The plant of the database as the plain values of its plant file, see `export`.

    Empty sections are missing, and so is `site` while there is none; the values belong to the
    caller.
    """
    return document_of(database_objects(session), templates)


def document_of(objects: Objects, templates: Catalogue | None = None) -> dict[str, Any]:
    """The plain values of a plant file with these objects; a copy."""
    document: dict[str, Any] = {"schema": "plant/1"}
    for (kind, code), value in objects.items():
        if kind == "site":
            document["site"] = {"id": code, **value}
    sections = {
        "policies": [policy_row(key, value) for key, value in objects.items() if key[0] == POLICY],
        "calendars": _calendars(objects),
        "reasons": _listed(objects, "reason", "code"),
        "items": _listed(objects, "item", "code"),
        "sources": _sources(objects, templates),
        "writes": _listed(objects, WRITE, "tag"),
        "calls": _listed(objects, CALL, "call"),
        "areas": _listed(objects, "area", "id"),
        "lines": _lines(objects),
        "targets": _listed(objects, TARGET, "place"),
    }
    document.update({name: rows for name, rows in sections.items() if rows})
    whole: dict[str, Any] = plain(document)
    return whole


def _listed(objects: Objects, kind: str, key: str) -> list[dict[str, Any]]:
    return [
        {key: code, **_without_none(value)} for (k, code), value in objects.items() if k == kind
    ]


def _calendars(objects: Objects) -> list[dict[str, Any]]:
    rows = _listed(objects, "calendar", "id")
    for row in rows:
        entries = [
            _without_none({name: part for name, part in value.items() if name != "calendar"})
            for (kind, _), value in objects.items()
            if kind == EXCEPTION and value["calendar"] == row["id"]
        ]
        if entries:
            row["exceptions"] = entries
    return rows


def _without_none(value: dict[str, Any]) -> dict[str, Any]:
    return {name: part for name, part in value.items() if part is not None}


def _sources(objects: Objects, templates: Catalogue | None) -> list[dict[str, Any]]:
    lookup = None if templates is None else templates.get
    rows = []
    for (kind, code), value in objects.items():
        if kind != "source":
            continue
        tags = [
            tag for (k, path), tag in objects.items() if k == "tag" and path.startswith(code + "/")
        ]
        rows.append(folded(value, tags, lookup))
    return rows


def _lines(objects: Objects) -> list[dict[str, Any]]:
    rows = []
    for (kind, code), value in objects.items():
        if kind != "line":
            continue
        units = [
            {"id": unit, **_without_none({k: v for k, v in part.items() if k != "line"})}
            for (k, unit), part in objects.items()
            if k == "work_unit" and part["line"] == code
        ]
        rows.append({"id": code, **_without_none(value), "work_units": units})
    return rows

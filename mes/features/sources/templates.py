"""Device templates for the flow that adds a source: what can be chosen, and what comes of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from connectors.templates.catalogue import Catalogue
from connectors.templates.expansion import REFERENCE, TemplateError, expand
from connectors.templates.importing import Imported, store
from connectors.templates.model import Template
from connectors.templates.register_list import OnDuplicate
from connectors.templates.writing import as_document, as_list, as_yaml
from mes.core.refusal import Refusal
from mes.features.plant.templates import WRITTEN_OUT


def templates(catalogue: Catalogue) -> list[dict[str, Any]]:
    """Every usable template, those that ship first."""
    return [
        {**_shown(each.template), "ships": each.ships}
        for each in catalogue.all()
        if each.template is not None
    ]


def broken_templates(catalogue: Catalogue) -> list[dict[str, Any]]:
    """Templates of the plant that cannot be used, each with its mistakes."""
    return [
        {
            "id": each.id,
            "version": each.version,
            "mistakes": [asdict(mistake) for mistake in each.mistakes],
        }
        for each in catalogue.all()
        if each.template is None
    ]


def as_file(template: Template, kind: str) -> str:
    """A template as the text of a file, `yaml` or `csv` (a register list).

    Raises:
        Refusal: `not_in_a_list` (422): a tag says something that no column holds.
    """
    try:
        return as_list(template) if kind == "csv" else as_yaml(as_document(template))
    except TemplateError as error:
        raise Refusal(error.code, str(error), status=422) from error


def template_named(catalogue: Catalogue, identity: str, version: int) -> Template:
    """One template.

    Raises:
        Refusal: `template_unknown` or `template_broken` (404).
    """
    try:
        return catalogue.get(identity, version)
    except TemplateError as error:
        raise Refusal(error.code, str(error), status=404) from error


def take_in(found: Imported, folder: Path, duplicates: OnDuplicate) -> bool:
    """Put what was read into the folder of the plant's own templates.

    Returns:
        False when nothing was stored: it has mistakes, or one of that id and version stays.

    Raises:
        Refusal: `template_ships` or `template_exists` (409).
    """
    if found.template is None:
        return False
    try:
        return store(found.template, folder, duplicates)
    except TemplateError as error:
        raise Refusal(error.code, str(error), status=409) from error


def written_out(
    catalogue: Catalogue, identity: str, version: int, parameters: Mapping[str, Any]
) -> dict[str, Any]:
    """The source of a template with these parameters, without id, and its reference to it.

    Raises:
        Refusal: `template_unknown` (404) or `template_parameters` (422) with the mistakes.
    """
    reference = {"id": identity, "version": version, "parameters": dict(parameters)}
    template_named(catalogue, identity, version)
    expanded = expand({REFERENCE: reference}, catalogue.get)
    if expanded.problems:
        mistakes = [
            {"field": str(path[-1]), "code": code, "message": words}
            for path, code, words in expanded.problems
        ]
        first = mistakes[0]
        raise Refusal(
            "template_parameters",
            f"{first['field']}: {first['message']}",
            status=422,
            field=first["field"],
            details={"mistakes": mistakes},
        )
    return {**expanded.source, REFERENCE: {**reference, WRITTEN_OUT: True}}


def _shown(template: Template) -> dict[str, Any]:
    return {
        "id": template.id,
        "version": template.version,
        "name": template.name.model_dump(),
        "vendor": template.vendor,
        "model": template.model,
        "variant": template.variant,
        "unverified": list(template.unverified),
        "tags": len(template.tags),
        "parameters": [
            {
                "path": each.name,
                "kind": "choice" if each.choices else _KINDS[each.kind.value],
                "title": each.label.model_dump(),
                "required": each.default is None and not each.optional,
                "default": each.default,
                "choices": list(each.choices),
                "minimum": each.min,
                "maximum": each.max,
            }
            for each in template.parameters
        ],
    }


_KINDS = {"text": "text", "whole": "whole", "yes_no": "switch", "path": "value"}

"""Device templates for the flow that adds a source: what can be chosen, and what comes of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connectors.templates.catalogue import Catalogue
from connectors.templates.expansion import REFERENCE, TemplateError, expand
from connectors.templates.model import Template
from mes.core.refusal import Refusal
from mes.features.plant.templates import WRITTEN_OUT


def templates(catalogue: Catalogue) -> list[dict[str, Any]]:
    """Every usable template, those that ship first."""
    return [_shown(each.template) for each in catalogue.all() if each.template is not None]


def written_out(
    catalogue: Catalogue, identity: str, version: int, parameters: Mapping[str, Any]
) -> dict[str, Any]:
    """The source of a template with these parameters, without id, and its reference to it.

    Raises:
        Refusal: `template_unknown` (404) or `template_parameters` (422) with the mistakes.
    """
    reference = {"id": identity, "version": version, "parameters": dict(parameters)}
    try:
        catalogue.get(identity, version)
    except TemplateError as error:
        raise Refusal(error.code, str(error), status=404) from error
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

"""The plain source behind one that names a template, for whoever runs or tests it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connectors.sdk.documents import field_name
from connectors.sdk.errors import ConfigurationError
from connectors.templates.catalogue import Catalogue
from connectors.templates.expansion import REFERENCE, expand


def without_template(
    document: Mapping[str, object], templates: Catalogue | None = None
) -> Mapping[str, Any]:
    """A source as its connector knows it.

    Args:
        document: a source of a plant file; one that names no template is handed back as it is.
        templates: None: those that ship.

    Raises:
        ConfigurationError: code and place of the first mistake of the reference.
    """
    if REFERENCE not in document:
        return document
    expanded = expand(document, (templates or Catalogue()).get)
    for path, code, words in expanded.problems:
        place = field_name(path)
        raise ConfigurationError(code, f"{place}: {words}", field=place)
    return expanded.source

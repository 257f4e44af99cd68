"""Sources with one mistake, made from a good one."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from connectors.conformance import Mistake
from connectors.conformance.rig import Document

GONE = object()


def mistake(document: Document, path: str, value: object, field: str | None = None) -> Mistake:
    """The source with `value` at `path`; `field` is named where it differs from the path."""
    return Mistake(document=changed(document, path, value), field=field or path)


def changed(document: Document, path: str, value: object) -> Document:
    """A copy with another value at a path such as `tags.0.address`; `GONE` takes it away."""
    copied: Any = copy.deepcopy(dict(document))
    *way, last = [int(part) if part.isdecimal() else part for part in path.split(".")]
    place: Any = copied
    for part in way:
        place = place[part]
    if value is GONE:
        del place[last]
    else:
        place[last] = value
    found: Mapping[str, object] = copied
    return found

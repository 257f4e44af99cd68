"""Where a value lies in a JSON document: names with dots, places in brackets. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

_PART = re.compile(r"(?:(?:^|\.)(?P<name>[^.\[\]]+)|\[(?P<index>\d{1,6})\])")

JsonPathParts = tuple[str | int, ...]


def parse_path(text: str) -> JsonPathParts:
    """The parts of `items[0].value`.

    Raises:
        ValueError: the text is no path.
    """
    parts: list[str | int] = []
    position = 0
    while position < len(text):
        match = _PART.match(text, position)
        if match is None:
            raise ValueError(f"no path: {text!r}")
        parts.append(match["name"] if match["name"] is not None else int(match["index"]))
        position = match.end()
    return tuple(parts)


def follow(document: object, parts: Sequence[str | int]) -> object:
    """What lies at the path.

    Raises:
        LookupError: nothing lies there.
    """
    for part in parts:
        if not isinstance(document, dict if isinstance(part, str) else list):
            raise LookupError(part)
        document = document[part]
    return document

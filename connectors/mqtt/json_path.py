"""Where a value lies in a JSON document: names with dots, places in brackets. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

_PART = re.compile(r"\.(?P<name>[^.\[\]]+)|\[(?P<index>\d{1,6})\]")

JsonPathParts = tuple[str | int, ...]


def parse_path(text: str) -> JsonPathParts:
    """The parts of `items[0].value`.

    Raises:
        ValueError: the text is no path.
    """
    whole = text if text.startswith("[") else f".{text}"
    parts: list[str | int] = []
    position = 0
    while position < len(whole):
        match = _PART.match(whole, position)
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
        if isinstance(part, str) and isinstance(document, dict):
            document = document[part]
        elif isinstance(part, int) and isinstance(document, list):
            document = document[part]  # two kinds of index, not two equal branches
        else:
            raise LookupError(part)
    return document

"""Patterns for browsing: `*` is anything inside one name, `**` any number of names. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable


def path_matcher(pattern: str) -> Callable[[str], bool]:
    """Whether a path of names joined by `/` matches; `?` stands for one character of a name."""
    parts = pattern.strip("/").split("/")
    text = "".join(_part(part, is_last=i == len(parts) - 1) for i, part in enumerate(parts))
    compiled = re.compile(text)
    return lambda path: compiled.fullmatch(path.strip("/")) is not None


def _part(part: str, *, is_last: bool) -> str:
    if part == "**":
        return ".*" if is_last else "(?:[^/]+/)*"
    glob = re.escape(part).replace(r"\*", "[^/]*").replace(r"\?", "[^/]")
    return glob if is_last else glob + "/"

"""Extracts texts from scripts for Babel: every `_("...")`, also inside nested template strings.

Babel's own reader of template strings loses its place at an object literal inside `${...}`; the
scripts write every text as a plain double-quoted literal, so a pattern is enough and exact.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping
from typing import IO

CALL = re.compile(r'(?<![\w.])_\(\s*("(?:[^"\\]|\\.)*")')

Message = tuple[int, str | None, str, list[str]]


def extract(
    source: IO[bytes],
    keywords: Mapping[str, object],
    comment_tags: Collection[str],
    options: Mapping[str, object],
) -> Iterator[Message]:
    """Babel's interface of an extractor: (line, function, text, comments) for each text."""
    text = source.read().decode("utf-8")
    for found in CALL.finditer(text):
        line = text.count("\n", 0, found.start()) + 1
        yield line, None, json.loads(found.group(1)), []

"""Reading YAML with the line of every part, and what a mistake looks like."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.constructor import RoundTripConstructor
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.reader import ReaderError
from ruamel.yaml.scalarbool import ScalarBoolean
from ruamel.yaml.scalarfloat import ScalarFloat
from ruamel.yaml.scanner import RoundTripScanner, ScannerError

BYTES_MAX = 4 * 1024 * 1024
PARTS_MAX = 500_000
"""Most values of a file when each alias is written out."""
TOO_LARGE = f"the file is larger than {BYTES_MAX} bytes"
NOT_OF_YAML = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that no YAML file may hold as they are."""
DEPTH_MAX = 50
TOO_DEEP = f"the file is nested more than {DEPTH_MAX} levels deep, or contains itself by an alias"


class _Shallow(RoundTripScanner):
    """Refuses brackets in brackets beyond `DEPTH_MAX` before they cost time."""

    def fetch_flow_collection_start(self, TokenClass: Any, to_push: str) -> None:
        if self.flow_level >= DEPTH_MAX:
            raise ScannerError(None, None, TOO_DEEP, self.reader.get_mark())
        super().fetch_flow_collection_start(TokenClass, to_push)


class _DatesAsText(RoundTripConstructor):
    """Reads dates as they are written, so that a wrong one is a mistake of its own line."""


_DatesAsText.add_constructor(
    "tag:yaml.org,2002:timestamp", lambda constructor, node: str(node.value)
)


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Mistake:
    """One mistake of a file: where, in which field, and what to do."""

    line: int
    field: str
    code: str
    message: str

    def __str__(self) -> str:
        where = f"{self.field}: " if self.field else ""
        return f"line {self.line}: {where}{self.message} [{self.code}]"


class Document:
    """A YAML document as plain Python values that still knows its lines.

    Args:
        text: the YAML.
        begins_with: the first line that such a file has, for the message.

    Raises:
        Unreadable: the text is no YAML, too large, or no mapping.
    """

    def __init__(self, text: str, begins_with: str = "schema: plant/1") -> None:
        if len(text.encode()) > BYTES_MAX:
            raise Unreadable(1, TOO_LARGE)
        try:
            yaml = YAML(typ="rt")
            yaml.Scanner = _Shallow
            yaml.Constructor = _DatesAsText
            root = yaml.load(text)
        except MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            raise Unreadable((mark.line + 1) if mark else 1, _one_line(error)) from error
        except ReaderError as error:
            line = text.count("\n", 0, error.position) + 1
            raise Unreadable(line, _not_allowed(error.character)) from error
        except RecursionError as error:
            raise Unreadable(1, TOO_DEEP) from error
        except (YAMLError, ValueError) as error:
            raise Unreadable(1, " ".join(str(error).split())) from error
        if not isinstance(root, CommentedMap):
            raise Unreadable(1, f"the file is a mapping that begins with `{begins_with}`")
        _check_size(root)
        self._root = root
        self.data: dict[str, Any] = plain(root)

    def line(self, path: tuple[int | str, ...]) -> int:
        """The line (from 1) of the part at `path`, or of its nearest parent that exists."""
        node: Any = self._root
        line = 1
        for step in path:
            if isinstance(node, CommentedMap) and step in node:
                if step in node.lc.data:  # else it came by a merge
                    line = node.lc.key(step)[0] + 1
            elif isinstance(node, CommentedSeq) and isinstance(step, int) and step < len(node):
                line = node.lc.item(step)[0] + 1
            else:
                continue
            node = node[step]
        return line


class PlainDocument:
    """Values that never were a file, held to the limits of one; all of it lies in line 1.

    Args:
        values: what a file would say; they are copied, and mapping keys become text.

    Raises:
        Unreadable: there is too much of it, or a character that no file may hold.
    """

    def __init__(self, values: Mapping[str, Any]) -> None:
        try:
            text = json.dumps(values, ensure_ascii=False)
        except RecursionError as error:
            raise Unreadable(1, TOO_DEEP) from error
        found = NOT_OF_YAML.search(text)
        if found is not None:
            raise Unreadable(1, _not_allowed(ord(found[0])))
        if len(text.encode()) > BYTES_MAX:
            raise Unreadable(1, TOO_LARGE)
        self.data: dict[str, Any] = json.loads(text, parse_constant=str)
        _check_size(self.data)

    def line(self, path: tuple[int | str, ...]) -> int:
        """There are no lines."""
        return 1


class Unreadable(ValueError):
    """The text is no readable document."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(message)
        self.mistake = Mistake(line=line, field="", code="not_yaml", message=message)


def text_of(file: Path) -> str:
    """The text of a file; of one that is too large no more than that is read.

    Raises:
        Unreadable: it is too large, or not UTF-8.
    """
    with file.open("rb") as opened:
        content = opened.read(BYTES_MAX + 1)
    if len(content) > BYTES_MAX:
        raise Unreadable(1, TOO_LARGE)
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise Unreadable(line, "not UTF-8 text; save the file as UTF-8") from error


def _not_allowed(character: int) -> str:
    return f"the character U+{character:04X} is not allowed"


def _check_size(root: dict[str, Any]) -> None:
    """Refuse what aliases make endless, too deep or too large to hold."""
    waiting: list[tuple[Any, int]] = [(root, 0)]
    parts = 0
    while waiting:
        node, depth = waiting.pop()
        if depth > DEPTH_MAX:
            raise Unreadable(1, TOO_DEEP)
        inside = list(node.values()) if isinstance(node, dict) else node
        if isinstance(inside, list):
            parts += len(inside)
            if parts > PARTS_MAX:
                raise Unreadable(
                    1, f"the file has more than {PARTS_MAX} values, aliases written out"
                )
            waiting.extend((part, depth + 1) for part in inside)


def _one_line(error: MarkedYAMLError) -> str:
    parts = [part for part in (error.context, error.problem) if part]
    return " ".join(" ".join(parts).split()) or "not readable as YAML"


def plain(node: Any) -> Any:
    """The value without its line marks."""
    if isinstance(node, dict):
        return {plain(key): plain(value) for key, value in node.items()}
    if isinstance(node, list):
        return [plain(value) for value in node]
    if isinstance(node, ScalarBoolean):
        return bool(node)
    if isinstance(node, bool):
        return node
    if isinstance(node, int):
        return int(node)
    if isinstance(node, ScalarFloat | Decimal | float):
        return float(node)
    return str(node) if isinstance(node, str) else node


def field_name(path: tuple[int | str, ...]) -> str:
    """A path as people write it: `sources[0].tags[2].type`."""
    name = ""
    for step in path:
        name += f"[{step}]" if isinstance(step, int) else (f".{step}" if name else str(step))
    return name

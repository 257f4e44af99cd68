"""Reading YAML with the line of every part, and what a mistake looks like."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.scalarbool import ScalarBoolean
from ruamel.yaml.scalarfloat import ScalarFloat

BYTES_MAX = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Mistake:
    """One mistake of a plant file: where, in which field, and what to do."""

    line: int
    field: str
    code: str
    message: str

    def __str__(self) -> str:
        where = f"{self.field}: " if self.field else ""
        return f"line {self.line}: {where}{self.message} [{self.code}]"


class Document:
    """A YAML document as plain Python values that still knows its lines.

    Raises:
        Unreadable: the text is no YAML, too large, or no mapping.
    """

    def __init__(self, text: str) -> None:
        if len(text.encode()) > BYTES_MAX:
            raise Unreadable(1, f"the file is larger than {BYTES_MAX} bytes")
        try:
            root = YAML(typ="rt").load(text)
        except MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            raise Unreadable((mark.line + 1) if mark else 1, _one_line(error)) from error
        except (YAMLError, ValueError) as error:
            raise Unreadable(1, " ".join(str(error).split())) from error
        if not isinstance(root, CommentedMap):
            raise Unreadable(1, "a plant file is a mapping that begins with `schema: plant/1`")
        self._root = root
        self.data: dict[str, Any] = plain(root)

    def line(self, path: tuple[int | str, ...]) -> int:
        """The line (from 1) of the part at `path`, or of its nearest parent that exists."""
        node: Any = self._root
        line = 1
        for step in path:
            if isinstance(node, CommentedMap) and step in node:
                line = node.lc.key(step)[0] + 1
            elif isinstance(node, CommentedSeq) and isinstance(step, int) and step < len(node):
                line = node.lc.item(step)[0] + 1
            else:
                continue
            node = node[step]
        return line


class Unreadable(ValueError):
    """The text is no readable plant file."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(message)
        self.mistake = Mistake(line=line, field="", code="not_yaml", message=message)


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

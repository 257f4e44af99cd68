"""Where everything of a label stands, in millimetres; the same for paper, printer and preview.

Texts shrink, then wrap; one that still does not fit is refused, never cut.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import segno

from mes.core.refusal import Refusal
from mes.features.labels.content import Field, Label
from mes.features.labels.font import Face, Faces
from mes.features.labels.sizes import Size

SIZE_MIN_MM = 1.8
"""Smallest type: 14 dots of a printer of 203 dpi, where Hangul can still be read."""
LEADING = 1.18
"""Height of a line in parts of its type size."""
STEP = 0.96
TINY = 1e-6
QUIET = 4
"""Empty modules around a QR code, by its standard."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line of text; `baseline` is its y, `room` the width it may take."""

    x: float
    baseline: float
    size: float
    room: float
    text: str
    bold: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A black rectangle."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """A QR code in a square, quiet zone included."""

    x: float
    y: float
    side: float
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """A label laid out."""

    size: Size
    lines: tuple[Line, ...]
    rules: tuple[Rule, ...]
    code: Code


@dataclass(frozen=True, slots=True, kw_only=True)
class _Box:
    x: float
    y: float
    width: float
    height: float


def lay_out(label: Label, size: Size, faces: Faces) -> Drawing:
    """Lay a label out.

    Raises:
        Refusal: `label_text_too_long` (422), `field` says which text.
    """
    edge = max(1.5, 0.05 * min(size.width_mm, size.height_mm))
    width, height = size.width_mm - 2 * edge, size.height_mm - 2 * edge
    side = min(0.34 * width, 0.5 * height)
    left = width - side - 0.02 * width

    def box(x: float, top: float, wide: float, bottom: float) -> _Box:
        return _Box(x=edge + x, y=edge + top * height, width=wide, height=(bottom - top) * height)

    names = box(0, 0.18, left, 0.41 if label.other_name else 0.5)
    lines = [
        *_placed(label.item, box(0, 0, left, 0.17), faces.bold, bold=True, field="item"),
        *_placed(label.name, names, faces.bold, bold=True, field="name", many=True, share=0.5),
        *_placed(
            label.other_name,
            box(0, 0.41, left, 0.5),
            faces.regular,
            bold=False,
            field="name",
            many=True,
        ),
    ]
    cut = 0.62 * width if label.lot else 0.0
    if label.lot:
        lot = box(0, 0.54, cut - 0.02 * width, 0.75)
        lines += _stacked(label.lot, lot, faces, field="lot")
    lines += _stacked(label.quantity, box(cut, 0.54, width - cut, 0.75), faces, field="quantity")
    lines += _fields(label.fields, box(0, 0.78, width, 1.0), faces)
    thick = max(0.25, 0.006 * height)
    return Drawing(
        size=size,
        lines=tuple(lines),
        rules=tuple(
            Rule(x=edge, y=edge + at * height, width=width, height=thick) for at in (0.52, 0.765)
        ),
        code=Code(x=edge + width - side, y=edge, side=side, text=label.code),
    )


@lru_cache(maxsize=64)
def modules(text: str) -> tuple[bytes, ...]:
    """Rows of a QR code without its quiet zone; a byte other than 0 is black."""
    return tuple(bytes(row) for row in segno.make_qr(text, error="m").matrix)


def black_runs(text: str) -> Iterator[tuple[int, int, int]]:
    """Column, row and length of the black runs of a QR code."""
    for y, row in enumerate(modules(text)):
        x = 0
        while x < len(row):
            if not row[x]:
                x += 1
                continue
            end = x
            while end < len(row) and row[end]:
                end += 1
            yield x, y, end - x
            x = end


def _placed(
    text: str,
    box: _Box,
    face: Face,
    *,
    bold: bool,
    field: str,
    many: bool = False,
    share: float = 1.0,
) -> list[Line]:
    """Lines of a text in its box, as large as they fit.

    Args:
        many: may wrap.
        share: largest type as a share of the height of the box.
    """
    shown = face.drawable(text)
    if not shown:
        return []
    size, lines = max(box.height * share / LEADING, SIZE_MIN_MM), [shown]
    while True:
        lines = _wrapped(shown, face, box.width / size) if many else [shown]
        is_wide = any(face.width(line) * size > box.width + TINY for line in lines)
        if not is_wide and len(lines) * size * LEADING <= box.height + TINY:
            break
        if size <= SIZE_MIN_MM:
            raise _too_long(field)
        size = max(size * STEP, SIZE_MIN_MM)
    step = size * LEADING
    first = box.y + size * (LEADING - face.descent)
    return [
        Line(
            x=box.x,
            baseline=first + number * step,
            size=size,
            room=box.width,
            text=line,
            bold=bold,
        )
        for number, line in enumerate(lines)
    ]


def _wrapped(text: str, face: Face, room: float) -> list[str]:
    """Lines of at most that width (parts of the type size): cut at blanks, else between letters."""
    lines = [""]
    for word in text.split(" "):
        joined = f"{lines[-1]} {word}" if lines[-1] else word
        if face.width(joined) <= room:
            lines[-1] = joined
            continue
        if lines[-1]:
            lines.append("")
        for character in word:
            if lines[-1] and face.width(lines[-1] + character) > room:
                lines.append("")
            lines[-1] += character
    return lines


def _stacked(shown: Field, box: _Box, faces: Faces, *, field: str) -> list[Line]:
    """A small caption with a large value below it."""
    top = 0.3 * box.height
    caption = _Box(x=box.x, y=box.y, width=box.width, height=max(top, SIZE_MIN_MM * LEADING))
    value = _Box(
        x=box.x,
        y=box.y + caption.height,
        width=box.width,
        height=box.height - caption.height,
    )
    return [
        *_placed(shown.caption, caption, faces.regular, bold=False, field=field),
        *_placed(shown.value, value, faces.bold, bold=True, field=field),
    ]


def _fields(fields: Sequence[Field], box: _Box, faces: Faces) -> list[Line]:
    """Two columns of lines; where one is too long for that, one column of wrapped ones."""
    rows = -(-len(fields) // 2)
    width, height = box.width / 2, box.height / max(rows, 1)
    lines: list[Line] = []
    for number, field in enumerate(fields):
        row, column = divmod(number, 2)
        cell = _Box(
            x=box.x + column * width,
            y=box.y + row * height,
            width=width - 0.02 * box.width,
            height=height,
        )
        placed = _in_one_line(field, cell, faces)
        if placed is None:
            return _one_column(fields, box, faces)
        lines += placed
    return lines


def _in_one_line(field: Field, cell: _Box, faces: Faces) -> list[Line] | None:
    caption, value = faces.regular.drawable(field.caption), faces.bold.drawable(field.value)
    before = faces.regular.width(caption) + 0.5
    wide = before + faces.bold.width(value)
    size = min(cell.height / LEADING, cell.width / wide)
    if size < SIZE_MIN_MM:
        return None
    baseline = cell.y + (cell.height + size * (faces.bold.ascent - faces.bold.descent)) / 2
    return [
        Line(
            x=cell.x,
            baseline=baseline,
            size=size,
            room=before * size,
            text=caption,
            bold=False,
        ),
        Line(
            x=cell.x + before * size,
            baseline=baseline,
            size=size,
            room=cell.width - before * size,
            text=value,
            bold=True,
        ),
    ]


def _one_column(fields: Sequence[Field], box: _Box, faces: Faces) -> list[Line]:
    """All fields as one wrapped text, separated by dots."""
    text = " · ".join(f"{field.caption} {field.value}" for field in fields)
    return _placed(text, box, faces.bold, bold=True, field="fields", many=True, share=0.25)


def _too_long(field: str) -> Refusal:
    return Refusal(
        "label_text_too_long",
        f"the {field} is too long for this label; choose a larger size or shorten the text",
        status=422,
        field=field,
        details={"text": field},
    )

"""Labels as dots: what a printer prints, also as the preview."""

from __future__ import annotations

import io
from functools import lru_cache

from PIL import Image, ImageDraw, ImageFont, ImageOps

from mes.features.labels.font import Faces
from mes.features.labels.layout import QUIET, Drawing, black_runs, modules

DOTS_PER_MM = {203: 8.0, 300: 11.8}
"""By the dots per inch that printers are sold with."""
BLACK, WHITE = 1, 0
"""As ZPL has it; on paper and in the preview it is the other way round."""


def picture_of(drawing: Drawing, dpi: int, faces: Faces) -> Image.Image:
    """A label as a picture of one bit a dot; 1 is black."""
    dots = DOTS_PER_MM[dpi]
    size = drawing.size
    picture = Image.new("1", (round(size.width_mm * dots), round(size.height_mm * dots)), WHITE)
    pen = ImageDraw.Draw(picture)
    for rule in drawing.rules:
        x, y = round(rule.x * dots), round(rule.y * dots)
        thick = max(1, round(rule.height * dots))
        pen.rectangle((x, y, x + round(rule.width * dots) - 1, y + thick - 1), fill=BLACK)
    for line in drawing.lines:
        path = (faces.bold if line.bold else faces.regular).path
        ink, left, top = _ink(path, line.size * dots, line.room * dots, line.text)
        at = (round(line.x * dots) + left, round(line.baseline * dots) + top)
        picture.paste(BLACK, (*at, at[0] + ink.width, at[1] + ink.height), ink)
    _draw_code(pen, drawing, dots)
    return picture


def png_of(picture: Image.Image) -> bytes:
    """A picture as PNG, black on white."""
    out = io.BytesIO()
    ImageOps.invert(picture.convert("L")).convert("1").save(out, "PNG")
    return out.getvalue()


@lru_cache(maxsize=512)
def _ink(path: str, size: float, room: float, text: str) -> tuple[Image.Image, int, int]:
    """A line of text as dots, and where its left and top lie from the start of its baseline.

    The type is smaller where rounding to dots made the text too wide. Labels of a batch share most
    of their lines, so that each is drawn once.
    """
    size = int(size * 2) / 2
    while True:
        font = _font(path, size)
        if size <= 1 or font.getlength(text) <= room + 1:
            break
        size -= 0.5
    left, top, right, bottom = (int(side) for side in font.getbbox(text, anchor="ls"))
    ink = Image.new("1", (max(1, right - left), max(1, bottom - top)), WHITE)
    ImageDraw.Draw(ink).text((-left, -top), text, fill=BLACK, font=font, anchor="ls")
    return ink, left, top


@lru_cache(maxsize=128)
def _font(path: str, size: float) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(path, size, layout_engine=ImageFont.Layout.BASIC)


def _draw_code(pen: ImageDraw.ImageDraw, drawing: Drawing, dots: float) -> None:
    """Modules are whole dots, so that no edge is blurred; what is left is more quiet zone."""
    code = drawing.code
    many = len(modules(code.text)) + 2 * QUIET
    side = int(code.side * dots)
    module = max(1, side // many)
    spare = (side - module * many) // 2
    left, top = round(code.x * dots) + spare, round(code.y * dots) + spare
    for x, y, length in black_runs(code.text):
        first = (left + (x + QUIET) * module, top + (y + QUIET) * module)
        last = (first[0] + length * module - 1, first[1] + module - 1)
        pen.rectangle((first, last), fill=BLACK)

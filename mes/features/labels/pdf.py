"""Labels as PDF in exact millimetres: text of an embedded part of the font, codes as vectors."""

from __future__ import annotations

from collections.abc import Iterable

from fpdf import FPDF

from mes.features.labels.font import Faces
from mes.features.labels.layout import QUIET, Drawing, black_runs, modules
from mes.features.labels.sizes import Size

PT_PER_MM = 72 / 25.4
_FAMILY = "label"
_SEAM_MM = 0.01
"""Modules overlap so much that no viewer shows lines between them."""


def pdf_of(
    drawings: Iterable[Drawing], size: Size, faces: Faces, *, title: str, skip: int = 0
) -> bytes:
    """A PDF file of labels, one after the other.

    Args:
        skip: labels of the first sheet that are used already.
    """
    pdf = FPDF(unit="mm", format=size.page_mm)
    pdf.set_title(title)
    pdf.set_creator("Pilot MES")
    pdf.set_margin(0)
    pdf.set_auto_page_break(False)
    pdf.add_font(_FAMILY, fname=faces.regular.path)
    pdf.add_font(_FAMILY, style="B", fname=faces.bold.path)
    pdf.set_fill_color(0)
    for position, drawing in enumerate(drawings, skip):
        if position % size.per_page == 0 or position == skip:
            pdf.add_page()
        _draw(pdf, drawing, *size.corner_mm(position))
    return bytes(pdf.output())


def _draw(pdf: FPDF, drawing: Drawing, left: float, top: float) -> None:
    for rule in drawing.rules:
        pdf.rect(left + rule.x, top + rule.y, rule.width, rule.height, style="F")
    for line in drawing.lines:
        pdf.set_font(_FAMILY, style="B" if line.bold else "", size=line.size * PT_PER_MM)
        pdf.text(left + line.x, top + line.baseline, line.text)
    code = drawing.code
    module = code.side / (len(modules(code.text)) + 2 * QUIET)
    for x, y, length in black_runs(code.text):
        pdf.rect(
            left + code.x + (x + QUIET) * module,
            top + code.y + (y + QUIET) * module,
            length * module + _SEAM_MM,
            module + _SEAM_MM,
            style="F",
        )

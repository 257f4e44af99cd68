"""Sizes of labels: rolls, one label a page, and A4 sheets that hold several. Millimetres."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from mes.core.refusal import Refusal

A4_MM = (210.0, 297.0)
SIDE_MIN_MM = 25
SIDE_MAX_MM = 200
"""Sides of the labels of a printer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """A label, and the sheet that holds it.

    Attributes:
        columns, rows: of labels on a page; 1 and 1: the page is the label.
        gap_mm: between columns; rows touch, and what is left of the page is shared by both edges.
    """

    key: str
    width_mm: float
    height_mm: float
    columns: int = 1
    rows: int = 1
    gap_mm: float = 0.0

    @property
    def per_page(self) -> int:
        """Labels on a page."""
        return self.columns * self.rows

    @property
    def page_mm(self) -> tuple[float, float]:
        """Width and height of a page."""
        return (self.width_mm, self.height_mm) if self.per_page == 1 else A4_MM

    def corner_mm(self, position: int) -> tuple[float, float]:
        """Left and top of a label on its page, counted from 0, by rows."""
        if self.per_page == 1:
            return (0.0, 0.0)
        row, column = divmod(position % self.per_page, self.columns)
        wide = self.columns * self.width_mm + (self.columns - 1) * self.gap_mm
        left, top = (A4_MM[0] - wide) / 2, (A4_MM[1] - self.rows * self.height_mm) / 2
        return left + column * (self.width_mm + self.gap_mm), top + row * self.height_mm


def roll(width_mm: int, height_mm: int) -> Size:
    """Labels of a printer, one after the other."""
    return Size(key=f"{width_mm}x{height_mm}", width_mm=width_mm, height_mm=height_mm)


SIZES: Mapping[str, Size] = {
    size.key: size
    for size in (
        roll(100, 60),
        roll(80, 50),
        roll(60, 40),
        Size(key="a4-8", width_mm=99.1, height_mm=67.7, columns=2, rows=4, gap_mm=2.5),
        Size(key="a4-24", width_mm=63.5, height_mm=33.9, columns=3, rows=8, gap_mm=2.5),
    )
}


def size_of(key: str) -> Size:
    """A size by its key; also a roll that is not listed, such as `75x45`.

    Raises:
        Refusal: `label_size_unknown` (422).
    """
    if key in SIZES:
        return SIZES[key]
    sides = key[:20].split("x")
    if len(sides) == 2 and all(side.isascii() and side.isdigit() for side in sides):
        width, height = (int(side) for side in sides)
        if all(SIDE_MIN_MM <= side <= SIDE_MAX_MM for side in (width, height)):
            return roll(width, height)
    known = ", ".join(SIZES)
    raise Refusal(
        "label_size_unknown",
        f"no label size {key[:20]!r}; known: {known}, or WIDTHxHEIGHT of {SIDE_MIN_MM} to"
        f" {SIDE_MAX_MM} mm",
        status=422,
        field="size",
    )

"""Labels as files: PDF, ZPL, and a picture of one of them."""

from __future__ import annotations

from itertools import chain, repeat

from mes.core.refusal import Refusal
from mes.features.labels.bitmap import DOTS_PER_MM, picture_of, png_of
from mes.features.labels.content import Batch
from mes.features.labels.font import Faces
from mes.features.labels.layout import lay_out
from mes.features.labels.pdf import pdf_of
from mes.features.labels.sizes import Size
from mes.features.labels.zpl import Graphics, zpl_of


def pdf_file(batch: Batch, size: Size, faces: Faces, *, skip: int = 0) -> bytes:
    """All labels as PDF, copies beside each other.

    Args:
        skip: labels of the first sheet that are used already.
    """
    labels = chain.from_iterable(repeat(label, batch.copies) for label in batch.labels())
    drawings = [lay_out(label, size, faces) for label in labels]
    first = skip % size.per_page
    return pdf_of(drawings, size, faces, title=f"{batch.item} {batch.code}", skip=first)


def zpl_file(batch: Batch, size: Size, faces: Faces, *, dpi: int, graphics: str) -> bytes:
    """All labels as ZPL.

    Raises:
        Refusal: `label_choice_invalid` (422).
    """
    _check(dpi, graphics)
    pictures = (picture_of(lay_out(one, size, faces), dpi, faces) for one in batch.labels())
    return zpl_of(pictures, graphics=Graphics(graphics), copies=batch.copies)


def png_file(batch: Batch, size: Size, faces: Faces, *, dpi: int, number: int) -> bytes:
    """One label as a printer would print it.

    Args:
        number: from 1; a larger one shows the last.

    Raises:
        Refusal: `label_choice_invalid` (422).
    """
    _check(dpi, Graphics.HEX)
    labels = batch.labels()
    label = labels[min(number, len(labels)) - 1]
    return png_of(picture_of(lay_out(label, size, faces), dpi, faces))


def _check(dpi: int, graphics: str) -> None:
    if dpi not in DOTS_PER_MM:
        known = ", ".join(map(str, DOTS_PER_MM))
        raise Refusal("label_choice_invalid", f"dpi is one of {known}", status=422, field="dpi")
    if graphics not in set(Graphics):
        known = ", ".join(Graphics)
        message = f"graphics is one of {known}"
        raise Refusal("label_choice_invalid", message, status=422, field="graphics")

"""Labels for tests, and readers of labels that are not ours."""

from __future__ import annotations

import re
from typing import Any

import pypdfium2
import zxingcpp
from PIL import Image
from zebrafy import ZebrafyZPL

from mes.features.labels.content import Batch, Field
from mes.features.labels.font import faces

FACES = faces()


def a_batch(**other: Any) -> Batch:
    """Two boxes of brackets."""
    given: dict[str, Any] = {
        "item": "BRK-1204-L",
        "name": "시트 프레임 브래킷 좌",
        "other_name": "Seat frame bracket, left",
        "lot": Field(caption="로트", value="LOT-261125-001"),
        "quantity": "수량",
        "amounts": ("120 EA", "20 EA"),
        "container": "상자",
        "code": "LOT-261125-001",
        "fields": (
            Field(caption="작업지시", value="WO-261125-001-10"),
            Field(caption="설비", value="프레스 1호기"),
            Field(caption="생산일", value="2026-11-25 주간"),
            Field(caption="작업자", value="김민수, Nguyễn Văn Đức"),
        ),
    }
    return Batch(**(given | other))


def pages_of(pdf: bytes) -> list[pypdfium2.PdfPage]:
    """The pages of a PDF."""
    return list(pypdfium2.PdfDocument(pdf))


def size_mm(page: pypdfium2.PdfPage) -> tuple[float, float]:
    """Width and height of a page."""
    width, height = page.get_size()
    return round(width * 25.4 / 72, 1), round(height * 25.4 / 72, 1)


def text_of(page: pypdfium2.PdfPage) -> str:
    """All text of a page, blanks and line ends left out."""
    return re.sub(r"\s", "", page.get_textpage().get_text_range())


def codes_in(picture: Image.Image) -> list[str]:
    """Texts of all codes in a picture, as an independent decoder reads them."""
    return [found.text for found in zxingcpp.read_barcodes(picture.convert("L"))]


def printed(zpl: bytes) -> list[Image.Image]:
    """What a printer would print, by an independent reader of ZPL; black is 0."""
    pictures = ZebrafyZPL(zpl.decode("ascii")).to_images()
    return [picture.convert("1") for picture in pictures]

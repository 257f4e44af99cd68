"""A label says the same on paper, in the printer and in the preview; nothing of it is cut."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops, ImageOps

from mes.core.refusal import Refusal
from mes.features.labels.bitmap import DOTS_PER_MM, picture_of
from mes.features.labels.content import Field, batch_from_json
from mes.features.labels.files import pdf_file, png_file, zpl_file
from mes.features.labels.font import UNKNOWN, faces
from mes.features.labels.layout import Drawing, lay_out
from mes.features.labels.sizes import SIZES, Size, size_of
from mes.features.labels.zpl import Graphics
from tests.features.labels.labels import (
    FACES,
    a_batch,
    codes_in,
    pages_of,
    printed,
    size_mm,
    text_of,
)

CODE = "LOT-261125-001"
NAMES = st.text(
    st.characters(codec="utf-8", categories=("L", "N", "P", "S", "Zs", "Cf", "M")), max_size=200
)


def drawn(size: Size = SIZES["100x60"], **other: object) -> Drawing:
    return lay_out(a_batch(**other).labels()[0], size, FACES)


def is_inside(drawing: Drawing) -> bool:
    """Whether every line of text lies inside the label, at its own width."""
    size = drawing.size
    for line in drawing.lines:
        face = FACES.bold if line.bold else FACES.regular
        right = line.x + face.width(line.text) * line.size
        top, bottom = line.baseline - line.size * face.ascent, line.baseline + line.size * 0.2
        if line.x < 1 or right > size.width_mm - 1 or top < 0.5 or bottom > size.height_mm - 0.5:
            return False
    return True


@pytest.mark.parametrize("key", ["100x60", "80x50", "60x40", "75x45"])
def test_a_roll_is_one_page_a_label_in_exact_millimetres(key: str) -> None:
    pages = pages_of(pdf_file(a_batch(copies=3), size_of(key), FACES))
    assert len(pages) == 6
    assert size_mm(pages[0]) == tuple(float(side) for side in key.split("x"))
    assert [("120EA" in text_of(page), "20EA" in text_of(page)) for page in pages[3:]] == [
        (False, True)
    ] * 3
    assert codes_in(pages[0].render(scale=4).to_pil()) == [CODE]


def test_the_pdf_holds_the_hangul_as_text_of_an_embedded_part_of_the_font() -> None:
    pdf = pdf_file(a_batch(), SIZES["100x60"], FACES)
    text = text_of(pages_of(pdf)[0])
    for said in (
        "시트프레임브래킷좌",
        CODE,
        "120EA",
        "김민수",
        "NguyenVanDuc",
        "프레스1호기",
        "1/2",
    ):
        assert said in text
    fonts = set(re.findall(rb"/BaseFont /([A-Z+a-z-]+)", pdf))
    assert fonts
    assert all(b"+" in name for name in fonts), "only the glyphs that are used"
    assert len(pdf) < 60_000


def test_a_sheet_holds_its_labels_and_begins_behind_the_used_ones() -> None:
    many = a_batch(amounts=("10 EA",) * 10)
    pages = pages_of(pdf_file(many, SIZES["a4-8"], FACES))
    assert [size_mm(page) for page in pages] == [(210.0, 297.0)] * 2
    assert [text_of(page).count(CODE) for page in pages] == [8, 2]
    pages = pages_of(pdf_file(many, SIZES["a4-8"], FACES, skip=3))
    assert [text_of(page).count(CODE) for page in pages] == [5, 5]
    small = pages_of(pdf_file(many, SIZES["a4-24"], FACES))
    assert len(codes_in(small[0].render(scale=4).to_pil())) == 10


def test_no_label_of_a_sheet_leaves_the_paper_or_lies_on_another() -> None:
    for size in (SIZES["a4-8"], SIZES["a4-24"]):
        corners = [size.corner_mm(number) for number in range(size.per_page)]
        assert len(set(corners)) == size.per_page
        for x, y in corners:
            assert 0 <= x <= 210 - size.width_mm
            assert 0 <= y <= 297 - size.height_mm
        assert corners[1][0] - corners[0][0] >= size.width_mm
        assert corners[size.columns][1] - corners[0][1] >= size.height_mm


@pytest.mark.parametrize("graphics", list(Graphics))
@pytest.mark.parametrize("dpi", list(DOTS_PER_MM))
@pytest.mark.parametrize("key", ["100x60", "60x40", "a4-24"])
def test_an_independent_reader_of_zpl_prints_what_was_drawn(
    key: str, dpi: int, graphics: Graphics
) -> None:
    size = SIZES[key]
    zpl = zpl_file(a_batch(copies=2), size, FACES, dpi=dpi, graphics=graphics)
    dots = DOTS_PER_MM[dpi]
    wide, high = round(size.width_mm * dots), round(size.height_mm * dots)
    assert zpl.count(f"^PW{wide}\n^LL{high}\n".encode()) == 2
    assert zpl.count(b"^PQ2\n") == zpl.count(b"^XA") == zpl.count(b"^XZ") == 2
    for picture, label in zip(printed(zpl), a_batch().labels(), strict=True):
        mine = ImageOps.invert(picture_of(lay_out(label, size, FACES), dpi, FACES).convert("L"))
        theirs = picture.crop((0, 0, wide, high)).convert("L")
        assert ImageChops.difference(mine, theirs).getbbox() is None
        assert codes_in(theirs) == [CODE]


def test_the_preview_is_what_the_printer_prints() -> None:
    size = SIZES["100x60"]
    preview = Image.open(io.BytesIO(png_file(a_batch(), size, FACES, dpi=203, number=2)))
    picture = printed(zpl_file(a_batch(), size, FACES, dpi=203, graphics="z64"))[1]
    assert ImageChops.difference(preview.convert("L"), picture.convert("L")).getbbox() is None


def test_hangul_in_the_picture_is_hangul_and_not_the_box_of_a_missing_letter() -> None:
    size = SIZES["100x60"]
    boxes = drawn(size, name=UNKNOWN * 3)
    hangul = drawn(size, name="가나다")
    assert picture_of(boxes, 203, FACES).tobytes() != picture_of(hangul, 203, FACES).tobytes()
    missing = [chr(code) for code in range(0xAC00, 0xD7A4) if code not in FACES.regular.advances]
    assert missing == []


def test_a_long_name_shrinks_and_wraps_with_every_letter_there() -> None:
    name = "자동차 시트 프레임 브래킷 좌측 보강 조립품 " * 4
    drawing = drawn(name=name)
    assert is_inside(drawing)
    said = text_of(pages_of(pdf_file(a_batch(name=name), SIZES["100x60"], FACES))[0])
    assert said.count("보강조립품") == 4


def test_a_long_machine_or_many_operators_give_the_lines_one_wrapped_block() -> None:
    fields = (
        Field(caption="설비", value="자동화 3라인 프레스 250톤 트랜스퍼 복합 설비 1호기"),
        Field(caption="작업자", value="김민수, 응우옌 반 득, 라흐만 압둘라 칸 +4"),
    )
    drawing = drawn(SIZES["60x40"], fields=fields)
    assert is_inside(drawing)
    text = "".join(line.text for line in drawing.lines)
    assert "복합 설비 1호기" in text
    assert "+4" in text


def test_what_does_not_fit_is_refused_by_name_and_never_cut() -> None:
    for other, field in (
        ({"name": "가" * 200}, "name"),
        ({"item": "X" * 200}, "item"),
        ({"lot": Field(caption="로트", value="LOT-" + "9" * 100)}, "lot"),
        ({"fields": (Field(caption="설비", value="가" * 400),)}, "fields"),
    ):
        with pytest.raises(Refusal) as told:
            drawn(SIZES["60x40"], **other)
        assert (told.value.code, told.value.status) == ("label_text_too_long", 422)
        assert told.value.field == field
    with pytest.raises(Refusal, match="too long"):
        drawn(name="가" * 10_000)


def test_letters_that_the_font_lacks_are_seen_and_nothing_turns_the_text_around() -> None:
    face = FACES.regular
    assert face.drawable("부품 😀 <b>") == f"부품 {UNKNOWN} <b>"
    assert face.drawable("Nguyễn Đức") == "Nguyen Duc"
    assert face.drawable("a\u202eb\u200b\x00c\n\td") == "abc d"
    assert face.drawable("مرحبا") == UNKNOWN * 5
    assert face.drawable("\u1100\u1161") == "가", "letters of a Hangul syllable become one"


@settings(max_examples=60, deadline=None)
@given(name=NAMES, other=NAMES)
def test_whatever_a_name_holds_it_lies_inside_or_is_refused(name: str, other: str) -> None:
    try:
        drawing = drawn(SIZES["80x50"], name=name, other_name=other)
    except Refusal as told:
        if told.code != "label_text_too_long":
            raise
        return
    assert is_inside(drawing)
    picture = picture_of(drawing, 203, FACES)
    assert picture.size == (640, 400)


def test_a_size_is_known_or_refused() -> None:
    assert size_of("75x45").page_mm == (75.0, 45.0)
    for bad in (
        "",
        "10x10",
        "1000x1000",
        "１００x６０",
        "100X60",
        "x",
        "1e2x60",
        "100x60x1",
        "z" * 99,
    ):
        with pytest.raises(Refusal) as told:
            size_of(bad)
        assert told.value.code == "label_size_unknown"


def test_dots_and_kinds_of_pictures_are_known_or_refused() -> None:
    for dpi, graphics in ((600, "hex"), (203, "b64")):
        with pytest.raises(Refusal) as told:
            zpl_file(a_batch(), SIZES["60x40"], FACES, dpi=dpi, graphics=graphics)
        assert told.value.code == "label_choice_invalid"


def test_without_its_font_the_product_says_what_to_do(tmp_path: Path) -> None:
    for path in (tmp_path / "none.ttf", Path(__file__)):
        with pytest.raises(Refusal) as told:
            faces(path)
        assert (told.value.code, told.value.status) == ("label_font_missing", 503)


def test_a_batch_waits_as_json_and_comes_back() -> None:
    for batch in (a_batch(), a_batch(lot=None, copies=4, fields=())):
        assert batch_from_json(batch.to_json()) == batch

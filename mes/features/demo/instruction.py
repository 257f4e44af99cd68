"""A work instruction for the demo plant, with a picture that is drawn here."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

from PIL import Image, ImageDraw

from mes.db import Database
from mes.features.commands.context import Context
from mes.features.instructions import service
from mes.features.instructions.files import keep_file
from mes.features.instructions.queries import instructions
from mes.features.instructions.service import Scope
from mes.features.production.master_loading import masters

CODE = "WI-PRESS-1"
MACHINE = "press-1"
ACTOR = {"kind": "command_line", "id": 0, "label": "demo"}
TITLE = {"ko": "프레스 1호기 작업표준", "en": "Working at press 1"}
SIZE = (1200, 800)
INK, STEEL, PART, MARK = "#14181c", "#9aa3ad", "#2f6fde", "#d92d20"


def add_instruction(database: Database, now_us: int) -> None:
    """Make and release the work instruction, unless the plant has it or no such machine."""
    context = Context(command_id="demo-instruction", actor=ACTOR, at=now_us, now=now_us)
    with database.transaction() as session:
        known = any(one["code"] == CODE for one in instructions(session))
        if known or MACHINE not in masters(session).work_unit_ids:
            return
        service.create_instruction(session, context, CODE, Scope(work_unit=MACHINE), names=TITLE)
        picture = keep_file(session, die_picture(), name="die.png").sha256
        draft = service.save_draft(
            session,
            context,
            CODE,
            seen_version=1,
            names=TITLE,
            note="",
            steps=_steps(picture),
        )
        service.release_draft(session, context, CODE, seen_version=draft.version)


def die_picture() -> bytes:
    """Upper and lower die with the part between them, and where its thickness is measured (PNG)."""
    image = Image.new("RGB", SIZE, "white")
    draw = ImageDraw.Draw(image)
    draw.rectangle((300, 60, 900, 240), fill=STEEL, outline=INK, width=6)
    draw.rectangle((420, 240, 780, 320), fill=STEEL, outline=INK, width=6)
    draw.rectangle((360, 380, 840, 420), fill=PART, outline=INK, width=6)
    draw.rectangle((300, 480, 900, 620), fill=STEEL, outline=INK, width=6)
    draw.rectangle((240, 620, 960, 720), fill=STEEL, outline=INK, width=6)
    for left, right, direction in ((960, 850, -1), (240, 350, 1)):
        draw.line((left, 400, right, 400), fill=MARK, width=10)
        tip = right + direction * 6
        draw.polygon(
            ((tip, 400), (tip - direction * 36, 378), (tip - direction * 36, 422)), fill=MARK
        )
    draw.ellipse((970, 360, 1050, 440), outline=MARK, width=10)
    draw.line((990, 400, 1030, 400), fill=MARK, width=8)
    kept = io.BytesIO()
    image.quantize(16).save(kept, "PNG", optimize=True)
    return kept.getvalue()


def _steps(picture: str) -> list[dict[str, Any]]:
    return [
        _step(
            "prepare",
            ("작업 준비", "Get ready"),
            (
                "안전 장갑과 보안경을 착용합니다.\n금형이 작업지시의 품목과 맞는지 확인합니다.",
                "Put on gloves and goggles.\nCheck that the die belongs to the item of the order.",
            ),
            fields=[
                _field(
                    "die",
                    "yes_no",
                    ("금형 번호가 맞습니까?", "Is it the right die?"),
                    required=True,
                )
            ],
        ),
        _step(
            "first",
            ("첫 제품 두께 측정", "Measure the first part"),
            (
                "첫 제품을 꺼내 표시된 곳의 두께를 잽니다. 규격을 벗어나면 반장을 부릅니다.",
                "Take out the first part and measure it at the mark. Outside the limits: call the"
                " line leader.",
            ),
            picture=picture,
            fields=[
                _field(
                    "thickness",
                    "number",
                    ("두께", "Thickness"),
                    required=True,
                    unit="mm",
                    min="1.9",
                    max="2.1",
                )
            ],
        ),
        _step(
            "run",
            ("연속 작업", "Run"),
            (
                "30분마다 버와 균열을 눈으로 봅니다.\n이상음이 나면 곧바로 멈추고 보전을 부릅니다.",
                "Look for burrs and cracks every 30 minutes.\nStop at once at a strange noise and"
                " call maintenance.",
            ),
        ),
    ]


def _step(
    key: str,
    title: tuple[str, str],
    text: tuple[str, str],
    *,
    picture: str | None = None,
    fields: Sequence[dict[str, Any]] = (),
) -> dict[str, Any]:
    return {
        "key": key,
        "title": _names(title),
        "text": _names(text),
        "picture": picture,
        "pdf": None,
        "fields": list(fields),
    }


def _field(
    key: str, kind: str, label: tuple[str, str], *, required: bool = False, **limits: str
) -> dict[str, Any]:
    empty: dict[str, Any] = {"unit": "", "min": None, "max": None, "choices": []}
    return {
        "key": key,
        "kind": kind,
        "label": _names(label),
        "required": required,
        **empty,
        **limits,
    }


def _names(both: tuple[str, str]) -> dict[str, str]:
    return {"ko": both[0], "en": both[1]}

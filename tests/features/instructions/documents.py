"""Steps, pictures and drafts for the tests of work instructions."""

from __future__ import annotations

import struct
import zlib
from typing import Any

from mes.features.instructions import service
from mes.features.instructions.files import keep_file
from mes.features.instructions.service import Scope
from tests.features.commands.floor import Floor

PDF = b"%PDF-1.4\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer << /Root 1 0 R >>\n%%EOF\n"


def png(width: int = 8, height: int = 8, shade: int = 128) -> bytes:
    """A grey picture."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        checksum = zlib.crc32(kind + data)
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", checksum)

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    rows = b"".join(b"\x00" + bytes([shade]) * width for _ in range(height))
    body = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def field(key: str, kind: str = "number", **other: Any) -> dict[str, Any]:
    """A field of a step, as it is stored."""
    return {
        "key": key,
        "kind": kind,
        "label": {"ko": "두께", "en": "Thickness"},
        "required": False,
        "unit": "",
        "min": None,
        "max": None,
        "choices": [],
        **other,
    }


def step(key: str, title: str = "확인", **other: Any) -> dict[str, Any]:
    """A step, as it is stored."""
    return {
        "key": key,
        "title": {"ko": title, "en": ""},
        "text": {"ko": "", "en": ""},
        "picture": None,
        "pdf": None,
        "fields": [],
        **other,
    }


def names(ko: str = "작업표준서", en: str = "Instruction") -> dict[str, str]:
    return {"ko": ko, "en": en}


def create(
    floor: Floor, code: str, at: int = 0, copy_from: str | None = None, **scope: Any
) -> None:
    """Make a work instruction."""
    floor.do(
        at,
        lambda s, c: service.create_instruction(
            s, c, code, Scope(**scope), names=names(), copy_from=copy_from
        ),
    )


def save(floor: Floor, code: str, *steps: dict[str, Any], seen: int = 1, note: str = "") -> int:
    """Save a draft; its version."""
    return floor.do(
        0,
        lambda s, c: service.save_draft(
            s, c, code, seen_version=seen, names=names(), note=note, steps=list(steps)
        ),
    ).version


def release(floor: Floor, code: str, seen: int, at: int = 0) -> None:
    """Release a draft."""
    floor.do(at, lambda s, c: service.release_draft(s, c, code, seen_version=seen))


def released(floor: Floor, code: str, *steps: dict[str, Any], at: int = 0, **scope: Any) -> None:
    """Make and release a work instruction."""
    create(floor, code, **scope)
    release(floor, code, save(floor, code, *(steps or (step("s1"),))), at)


def revised(
    floor: Floor, code: str, *steps: dict[str, Any], at: int = 0, note: str = "새 값"
) -> None:
    """Release the next revision."""
    floor.do(at, lambda s, c: service.begin_draft(s, c, code))
    release(floor, code, save(floor, code, *steps, note=note), at)


def keep(floor: Floor, content: bytes, **how: Any) -> str:
    """SHA-256 of a file that was kept."""
    return floor.do(0, lambda s, c: keep_file(s, content, **how)).sha256

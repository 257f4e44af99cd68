"""What kind of file bytes are, by their content alone: PNG, JPEG, WebP or PDF. Pure."""

from __future__ import annotations

import struct
from dataclasses import dataclass

PNG = "image/png"
JPEG = "image/jpeg"
WEBP = "image/webp"
PDF = "application/pdf"
PICTURES = (PNG, JPEG, WEBP)
PIXELS_MAX = 40_000_000
"""Most pixels of a picture: a tablet has to unpack all of them."""
EDGE_MAX = 12_000

_PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_JPEG_SIZES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
"""Markers of a JPEG segment that tells height and width."""
_JPEG_BARE = frozenset({0x01, *range(0xD0, 0xDA)})
"""Markers without a length behind them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Media:
    """Kind and size of a file; `width` and `height` in pixels, None: a PDF."""

    media_type: str
    width: int | None = None
    height: int | None = None


def media_of(content: bytes) -> Media | None:
    """What a file is; None: something else, damaged, or a picture without a sensible size."""
    if content.startswith(b"%PDF-"):
        return Media(media_type=PDF) if b"%%EOF" in content[-2048:] else None
    for media_type, read in ((PNG, _png), (JPEG, _jpeg), (WEBP, _webp)):
        try:
            size = read(content)
        except (struct.error, IndexError):
            return None
        if size is not None:
            return _picture(media_type, *size)
    return None


def _picture(media_type: str, width: int, height: int) -> Media | None:
    fits = 0 < width <= EDGE_MAX and 0 < height <= EDGE_MAX and width * height <= PIXELS_MAX
    return Media(media_type=media_type, width=width, height=height) if fits else None


def _png(content: bytes) -> tuple[int, int] | None:
    if not content.startswith(_PNG_SIGNATURE) or content[12:16] != b"IHDR":
        return None
    width, height = struct.unpack(">II", content[16:24])
    return width, height


def _jpeg(content: bytes) -> tuple[int, int] | None:
    if not content.startswith(b"\xff\xd8\xff"):
        return None
    at = 2
    while content[at] == 0xFF:
        marker = content[at + 1]
        if marker == 0xFF:
            at += 1
            continue
        if marker in _JPEG_BARE:
            at += 2
            continue
        if marker in _JPEG_SIZES:
            height, width = struct.unpack(">HH", content[at + 5 : at + 9])
            return width, height
        (length,) = struct.unpack(">H", content[at + 2 : at + 4])
        at += 2 + length
    return None


def _webp(content: bytes) -> tuple[int, int] | None:
    if content[:4] != b"RIFF" or content[8:12] != b"WEBP":
        return None
    kind = content[12:16]
    if kind == b"VP8X":
        wide, high = content[24:27], content[27:30]
        return 1 + int.from_bytes(wide, "little"), 1 + int.from_bytes(high, "little")
    if kind == b"VP8L" and content[20] == 0x2F:
        (bits,) = struct.unpack("<I", content[21:25])
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    if kind == b"VP8 " and content[23:26] == b"\x9d\x01\x2a":
        width, height = struct.unpack("<HH", content[26:30])
        return width & 0x3FFF, height & 0x3FFF
    return None

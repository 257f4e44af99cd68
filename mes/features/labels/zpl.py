"""Labels in ZPL: each a picture (`^GF`), because printers have no Hangul of their own.

Pictures are written as hexadecimal digits with runs (every ZPL printer and emulation reads them)
or compressed (`Z64`, shorter, printers of Zebra).
"""

from __future__ import annotations

import base64
import binascii
import re
import zlib
from collections.abc import Iterable
from enum import StrEnum
from functools import lru_cache

from PIL import Image

_RUN = re.compile(r"(.)\1{2,}")


class Graphics(StrEnum):
    """How pictures are written."""

    HEX = "hex"
    Z64 = "z64"


def zpl_of(pictures: Iterable[Image.Image], *, graphics: Graphics, copies: int = 1) -> bytes:
    """Labels one after the other, in printable ASCII.

    Args:
        pictures: of one bit a dot, 1 is black.
        copies: of each.
    """
    return b"".join(_label(picture, graphics, copies) for picture in pictures)


def _label(picture: Image.Image, graphics: Graphics, copies: int) -> bytes:
    row = (picture.width + 7) // 8
    dots = picture.tobytes()
    total = len(dots)
    if graphics is Graphics.Z64:
        packed = base64.b64encode(zlib.compress(dots))
        data = f":Z64:{packed.decode()}:{binascii.crc_hqx(packed, 0):04X}"
    else:
        data = _hexadecimal(dots, row)
    return (
        f"^XA\n^PW{picture.width}\n^LL{picture.height}\n^LH0,0\n"
        f"^FO0,0^GFA,{total},{total},{row},{data}^FS\n^PQ{copies}\n^XZ\n"
    ).encode("ascii")


def _hexadecimal(dots: bytes, row: int) -> str:
    rows = [_packed_row(dots[at : at + row]) for at in range(0, len(dots), row)]
    written = [
        ":" if number and one == rows[number - 1] else one for number, one in enumerate(rows)
    ]
    return "".join(written)


@lru_cache(maxsize=4096)
def _packed_row(row: bytes) -> str:
    digits = row.hex().upper()
    for tail, mark in (("0", ","), ("F", "!")):
        kept = digits.rstrip(tail)
        if len(kept) < len(digits):
            return _RUN.sub(_run, kept) + mark
    return _RUN.sub(_run, digits)


def _run(found: re.Match[str]) -> str:
    """A run of a digit: `z` is 400, `g` to `y` are 20 to 380, `G` to `Y` are 1 to 19."""
    many = len(found[0])
    written = "z" * (many // 400)
    many %= 400
    if many >= 20:
        written += chr(ord("g") + many // 20 - 1)
    if many % 20:
        written += chr(ord("G") + many % 20 - 1)
    return written + found[1]

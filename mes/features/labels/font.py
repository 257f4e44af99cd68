"""The font of labels: how wide texts are, and which characters it can draw.

It comes with the front end, so that Hangul is printed whatever the machine has installed. A plant
that needs other scripts names another font (`MES_LABEL_FONT`, `MES_LABEL_FONT_BOLD`).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from fontTools.ttLib import TTFont, TTLibError

from mes.core.refusal import Refusal

BUILT_IN = Path(__file__).resolve().parents[2] / "static" / "dist" / "fonts"
UNKNOWN = "\u25a1"
"""What stands for a character that the font does not have: seen, never left out."""
_LETTERS = {"Đ": "D", "đ": "d", "Ł": "L", "ł": "l"}
"""Letters of names whose mark Unicode does not take apart."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Face:
    """A font file; `advances` are widths by character in parts of the font size.

    Attributes:
        ascent, descent: of a line, in parts of the font size, both above 0.
    """

    path: str
    advances: Mapping[int, float]
    ascent: float
    descent: float

    def width(self, text: str) -> float:
        """Width of a text of drawable characters, in parts of the font size."""
        return sum(self.advances[ord(character)] for character in text)

    def drawable(self, text: str) -> str:
        """The text with what can be drawn for each character; white space becomes one blank.

        A letter with a mark that the font lacks becomes the letter; any other character that it
        lacks becomes `UNKNOWN`. Marks that turn the direction of writing are left out.
        """
        found: list[str] = []
        for character in unicodedata.normalize("NFC", " ".join(text.split())):
            if ord(character) in self.advances:
                found.append(character)
            elif unicodedata.category(character) not in ("Cf", "Cc", "Mn"):
                found.append(self._nearest(character))
        return "".join(found)

    def _nearest(self, character: str) -> str:
        plain = unicodedata.normalize("NFKD", _LETTERS.get(character, character))
        kept = "".join(one for one in plain if ord(one) in self.advances)
        return kept or UNKNOWN


@dataclass(frozen=True, slots=True, kw_only=True)
class Faces:
    """Both weights of the font."""

    regular: Face
    bold: Face


def faces(regular: Path | None = None, bold: Path | None = None) -> Faces:
    """The font of labels.

    Args:
        regular: TrueType file of the plant's own; None: the one that comes with the product.
        bold: likewise; None: with a `regular` of the plant's own that one.

    Raises:
        Refusal: `label_font_missing` (503).
    """
    first = regular or BUILT_IN / "NanumGothic-Regular.ttf"
    second = bold or (regular if regular else BUILT_IN / "NanumGothic-Bold.ttf")
    return Faces(regular=_face(str(first)), bold=_face(str(second)))


@lru_cache(maxsize=8)
def _face(path: str) -> Face:
    try:
        with open(path, "rb") as file, TTFont(file, lazy=True, fontNumber=0) as font:
            scale = font["head"].unitsPerEm
            widths = font["hmtx"].metrics
            advances = {code: widths[name][0] / scale for code, name in font.getBestCmap().items()}
            line = font["hhea"]
            face = Face(
                path=path,
                advances=advances,
                ascent=line.ascent / scale,
                descent=-line.descent / scale,
            )
    except (OSError, TTLibError, KeyError) as mistake:
        raise Refusal(
            "label_font_missing",
            f"the font of labels cannot be read ({type(mistake).__name__}): build the front end"
            " (`make assets`), or name a TrueType file in MES_LABEL_FONT",
            status=503,
        ) from mistake
    if ord(UNKNOWN) not in face.advances:
        advances[ord(UNKNOWN)] = 1.0
    return face
